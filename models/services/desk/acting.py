"""Who does something around a task, and its entry in the audit."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.services import audit
from models.stores.case_names import case_name
from models.tables.cases import Case, Task
from models.types import Door


class Actor(NamedTuple):
    """A person at an instant; `on_behalf_of` is whom it stands in for (代理) here."""

    account_id: UUID
    name: str
    door: Door
    at: datetime
    request_id: str | None = None
    on_behalf_of: UUID | None = None
    on_behalf_of_name: str | None = None

    @property
    def for_whom(self) -> UUID:
        """Whose task it is: the principal's, or the person's own."""
        return self.on_behalf_of or self.account_id

    @property
    def shown_name(self) -> str:
        """B 代 A where it stands in, else the name."""
        return f"{self.name} 代 {self.on_behalf_of_name}" if self.on_behalf_of_name else self.name


def note(
    session: Session, actor: Actor, action: str, case_id: UUID, *, reason: str | None = None, **facts: Any
) -> None:
    """Append what was done to the audit, in this transaction; facts are ids and enumerations, no personal data."""
    audit.append(
        session,
        actor=str(actor.account_id),
        on_behalf_of=str(actor.on_behalf_of) if actor.on_behalf_of else None,
        action=action,
        object_kind="case",
        object_id=str(case_id),
        door=actor.door,
        after={name: str(value) for name, value in facts.items()},
        reason=reason,
        request_id=actor.request_id,
        at=actor.at,
    )


def about(session: Session, case: Case, task: Task | None, actor: Actor, text: str = "") -> dict[str, str]:
    """What a notification tells of the case and of who acted."""
    facts = {
        "customer_no": case.number,
        "customer_name": case_name(session, case),
        "step": task.step if task else case.stage.value,
        "by": actor.shown_name,
        "text": text,
    }
    return facts | {"due_at": task.due_at.isoformat()} if task else facts


def invalid(field: str, reason: str) -> DomainError:
    """One field to correct."""
    return DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": field, "reason": reason}])
