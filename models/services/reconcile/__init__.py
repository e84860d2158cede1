"""Records against engine 对账: what a workflow's state says its case and tasks should be, and where they differ.

Nothing here asks the engine: whoever does brings the state along. Never commits.
"""
