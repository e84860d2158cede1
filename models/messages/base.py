"""Base of everything that crosses Temporal: frozen, one per call, additive only."""

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """Frozen; unknown fields of a newer writer are ignored, so old and new code read each other's messages."""

    model_config = ConfigDict(frozen=True)
