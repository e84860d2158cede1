"""Use cases of the satisfaction survey 满意度调查 (附件六)."""
