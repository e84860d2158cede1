"""Records of the approval chain 审批链: one transaction per act, the same for every kind of case."""
