"""The records of each kind of service case, by kind."""

from models.services.servicing.effects import complaint, green_channel, touchpoint
from models.services.servicing.effects.base import Effect
from models.types import CaseKind

__all__ = ["effect_of"]

_EFFECTS: dict[CaseKind, Effect] = {
    CaseKind.GREEN_CHANNEL: green_channel.EFFECT,
    CaseKind.COMPLAINT: complaint.EFFECT,
    CaseKind.CARE_TOUCHPOINT: touchpoint.EFFECT,
}


def effect_of(kind: CaseKind) -> Effect:
    """What a kind does. Raises KeyError for what is no service case."""
    return _EFFECTS[kind]
