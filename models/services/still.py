"""Asked of the tables in the record transaction itself, for cases without approval (decisions.md 7): is the person
still there, does the stand-in still hold, is the task still in the queue."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import Act
from models.services.stand_ins import covers, may_act_for
from models.stores.people import PeopleStore
from models.tables.cases import Case, Task
from models.types import TaskState

ActT = TypeVar("ActT", bound=Act)


def refuse_disabled(session: Session, account_id: UUID, name: str) -> None:
    """Raises NOT_YOUR_TASK for whoever has left."""
    account = PeopleStore(session).account(account_id)
    if account is None or account.disabled_at is not None:
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=name)


def refuse_stand_in(session: Session, case: Case, act: Act, row: Task | None, at: datetime) -> None:
    """代理: in force at this instant, covering this case, within the stand-in's own authority for the task.

    Raises NOT_YOUR_TASK.
    """
    principal = act.on_behalf_of
    if principal is None:
        return
    if row is None:
        allowed = covers(session, principal, act.actor_id, case, at)
    else:
        allowed = may_act_for(session, principal, act.actor_id, row, case=case, at=at)
    if not allowed:
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=act.on_behalf_of_name or act.actor_name)
    refuse_disabled(session, principal, act.on_behalf_of_name or "")


def refuse_claimed(session: Session, row: Task | None, act: Act) -> None:
    """领取: a task taken from the queue is that person's, and its stand-in's. Raises ALREADY_CLAIMED with who."""
    if row is None or row.state is not TaskState.CLAIMED:
        return
    if row.assignee_id not in {act.actor_id, act.on_behalf_of}:
        holder = PeopleStore(session).account(row.assignee_id) if row.assignee_id else None
        raise DomainError(ErrorCode.ALREADY_CLAIMED, who=holder.name if holder else "")


def posts_still_held(session: Session, act: ActT) -> ActT:
    """The act with those of its posts that are held now."""
    held = {(role, place.code) for role, place in PeopleStore(session).posts(act.on_behalf_of or act.actor_id)}
    still = tuple(post for post in act.posts if (post.role, post.institution_code) in held)
    return act if still == act.posts else act.model_copy(update={"posts": still})
