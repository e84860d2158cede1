"""Service spend 服务投入, 附件七: estimates, figures, approvals above the limit."""
