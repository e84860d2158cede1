"""What lone approvals are about: each subject says who decides, when it may start, and what its end changes.

A subject registers itself when its module is imported; the opening, the record and the API look it up by name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState, RouteStep
from models.messages.lone_approval import StartApproval
from models.tables.cases import Case

Effect = Callable[[Session, Case, ApprovalState, datetime], None]
OpeningEffect = Callable[[Session, Case, StartApproval, datetime], None]


def no_effect(_: Session, __: Case, ___: ApprovalState, ____: datetime) -> None:
    """The subject changes nothing by this end."""


def nothing_beside(_: Session, __: Case, ___: StartApproval, ____: datetime) -> None:
    """The subject keeps nothing beside the case."""


@dataclass(frozen=True)
class Subject:
    """One kind of lone approval.

    `may_start` raises what forbids the start and `route` gives the steps; both are asked before sending and again in
    the first record. `on_opened` runs in that of the first record, once; `on_approved` and
    `on_rejected` in the transaction of the decision that ends the case.
    """

    name: str
    may_start: Callable[[Session, StartApproval, datetime], None]
    route: Callable[[Session, StartApproval, datetime], tuple[RouteStep, ...]]
    on_approved: Effect = no_effect
    on_rejected: Effect = no_effect
    on_opened: OpeningEffect = nothing_beside
    opened_as: str = "task_opened"
    """Notification template for whoever has the first step."""


_SUBJECTS: dict[str, Subject] = {}


def register(subject: Subject) -> Subject:
    """Make the subject known under its name; registered again, the newer one counts."""
    _SUBJECTS[subject.name] = subject
    return subject


def subject_of(name: str | None) -> Subject:
    """The subject of a name. Raises NOT_FOUND."""
    found = _SUBJECTS.get(name or "")
    if found is None:
        raise DomainError(ErrorCode.NOT_FOUND, what="subject", name=name)
    return found
