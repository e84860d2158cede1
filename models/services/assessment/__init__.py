"""Assessment 考核 of branches: reckoned live, kept in versions, confirmed, vetoed, appealed against."""
