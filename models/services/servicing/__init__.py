"""Records of service cases 服务: green channel 附件三, care touchpoints 附件四, inquiries and complaints 附件五."""
