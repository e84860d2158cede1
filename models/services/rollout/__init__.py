"""Records of launches 启动计划: the draft, each act, what opens with it, and who hears of it."""
