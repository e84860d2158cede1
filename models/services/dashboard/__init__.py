"""Dashboards 看板: where the reader stands, one function per panel, and the rows behind each number."""
