"""The approval desk around a task: what people do with it that the workflow need not know; never commits."""
