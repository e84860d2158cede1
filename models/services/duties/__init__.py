"""Duties that a date drives: what the sweep 巡检 finds, writes and closes, branch by branch, all of it repeatable."""
