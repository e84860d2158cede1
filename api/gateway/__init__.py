"""The one place that talks to the engine, and knows what the engine's errors mean (house.md 5): acts and reads."""

from api.gateway.acts import Answer, Gateway, WorkflowGoneError

__all__ = ["Answer", "Gateway", "WorkflowGoneError"]
