"""Who stands behind an act: a person with an account, or a reserved actor that no account may be."""

from uuid import UUID

from models.messages.approval import Act
from models.types import CUSTOMER_ID, CUSTOMER_LINK, SYSTEM_SLA, SYSTEM_SLA_ID

_RESERVED = {SYSTEM_SLA_ID: SYSTEM_SLA, CUSTOMER_ID: CUSTOMER_LINK}
_SYSTEM = "system:"


def is_person(actor_id: UUID) -> bool:
    """Whether an account stands behind the id."""
    return actor_id not in _RESERVED


def account_of(act: Act) -> UUID | None:
    """The account behind an act; None for a reserved actor, whom the records name instead."""
    return act.actor_id if is_person(act.actor_id) else None


def actor_of(act: Act) -> str:
    """The actor as the audit names it: an account id or a reserved name."""
    return str(act.actor_id) if is_person(act.actor_id) else name_of(act)


def name_of(act: Act) -> str:
    """The name the records keep: of a person its own, of a reserved actor the reserved one."""
    if is_person(act.actor_id) or act.actor_name.startswith(_SYSTEM):
        return act.actor_name
    return _RESERVED[act.actor_id]
