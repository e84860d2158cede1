"""What every act on an approval is built from: who may see the task, as whom the caller acts, whom it names."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.acts import Standing
from api.deps import Action, Caller
from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState, PostRef
from models.messages.handing import Target
from models.rulebook import Desk
from models.rules import approval
from models.services.authority import is_authorised
from models.services.case_state import approval_of, is_approval, refuse_closed
from models.services.idempotency import Key
from models.services.rulebooks import rulebook_of
from models.services.stand_ins import StoodFor, acting_for, standing_for
from models.stores.cases import CaseStore
from models.stores.desk import DeskStore
from models.stores.people import PeopleStore
from models.stores.tasks import Person, TaskStore
from models.tables.cases import Case, Task
from models.tables.organisation import Account
from models.types import OPEN_TASK_STATES, CaseKind, Door, TaskState


@dataclass(frozen=True)
class OfCase:
    """A task with its case, of whatever kind, as the records have them now."""

    task: Task
    case: Case


@dataclass(frozen=True)
class OnTask(OfCase):
    """A task of an approval."""

    state: ApprovalState


def person_of(caller: Caller) -> Person:
    """The caller by itself, without whom it stands in for."""
    return Person(caller.account_id, tuple((post.role, post.institution_code) for post in caller.posts))


def inbox_of(session: Session, caller: Caller) -> Person:
    """The caller as the inbox knows it now: with everybody it stands in for (代理)."""
    return person_of(caller)._replace(stands_for=standing_for(session, caller.account_id, now()))


def visible_task(session: Session, caller: Caller, task_id: UUID) -> Task:
    """The task, if it concerns the caller, lies in its scope, or its case was shown to it. Raises NOT_FOUND."""
    task = TaskStore(session).visible(task_id, inbox_of(session, caller), caller.scope(Action.READ_CASES))
    task = task or DeskStore(session).shown_task(task_id, caller.account_id)
    if task is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return task


def visible_case(session: Session, caller: Caller, case_id: UUID) -> Case:
    """The case, if it lies in the caller's scope, was shown to it, or one of its tasks concerns it.

    Raises NOT_FOUND.
    """
    store = CaseStore(session)
    case = store.in_scope(case_id, caller.scope(Action.READ_CASES))
    case = case or DeskStore(session).shown_case(case_id, caller.account_id)
    if case is None and TaskStore(session).concerns(case_id, inbox_of(session, caller)):
        case = store.get(case_id)
        # A launch holds what every branch did; whoever does one part of it reads that part on the page of launches.
        case = None if case is None or case.kind is CaseKind.ROLLOUT else case
    if case is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return case


def of_case(session: Session, caller: Caller, task_id: UUID) -> OfCase:
    """The task with its case, open or not. Raises NOT_FOUND."""
    task = visible_task(session, caller, task_id)
    case = CaseStore(session).get(task.case_id)
    if case is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return OfCase(task, case)


def open_of_case(session: Session, caller: Caller, task_id: UUID) -> OfCase:
    """The same while it is open, for what is done with a task of any kind. Raises as `on_open_task`."""
    found = of_case(session, caller, task_id)
    if is_approval(found.case):
        return on_open_task(session, caller, task_id)
    if found.task.state not in OPEN_TASK_STATES:
        refuse_closed(found.case, found.task)
    return found


def on_task(session: Session, caller: Caller, task_id: UUID) -> OnTask:
    """The task of an approval with its case, open or not. Raises NOT_FOUND, WRONG_STAGE for a service task."""
    found = of_case(session, caller, task_id)
    return OnTask(found.task, found.case, approval_of(found.case))


def on_open_task(session: Session, caller: Caller, task_id: UUID) -> OnTask:
    """The open task with its case. Raises NOT_FOUND, ALREADY_DECIDED with who and when, CASE_CLOSED, STALE_VERSION."""
    found = on_task(session, caller, task_id)
    if found.task.state not in OPEN_TASK_STATES:
        approval.task_of(found.state, task_id)  # raises who decided, or that the case is closed
        raise DomainError(ErrorCode.STALE_VERSION)
    return found


def holds(caller: Caller, task: Task) -> bool:
    """Whether the open task is the caller's own: given to it or claimed by it, or waiting for a post of its own."""
    if task.assignee_id is not None:
        return task.assignee_id == caller.account_id
    return any((post.role, post.institution_code) == (task.role, task.institution_code) for post in caller.posts)


def act_fields(caller: Caller, key: Key, comment: str) -> dict[str, Any]:
    """What every act carries, as the caller itself."""
    return {
        "update_id": key.update_id,
        "content_hash": key.body_hash,
        "actor_id": caller.account_id,
        "actor_name": caller.name,
        "posts": tuple(PostRef(role=post.role, institution_code=post.institution_code) for post in caller.posts),
        "door": caller.door,
        "request_id": caller.request_id,
        "comment": comment,
    }


def fields_on(session: Session, caller: Caller, key: Key, found: OfCase, comment: str) -> dict[str, Any]:
    """The same for an act on a task, as in `fields_on_task`."""
    return fields_on_task(session, act_fields(caller, key, comment), caller, found.task, found.case)


def fields_on_task(session: Session, own: dict[str, Any], caller: Caller, task: Task, case: Case) -> dict[str, Any]:
    """The fields in place of the person the caller stands in for (代理), when the task is not its own.

    Raises ALREADY_CLAIMED when somebody else took it from the queue.
    """
    if holds(caller, task):
        return own
    stood_for = acting_for(session, caller.account_id, task, case, now())
    if stood_for is not None:
        return {**own, **in_place_of(stood_for), "door": Door.STAND_IN}
    if task.state is TaskState.CLAIMED and task.assignee_id is not None:
        raise DomainError(ErrorCode.ALREADY_CLAIMED, who=name_of(session, task.assignee_id))
    return own


def in_place_of(stood_for: StoodFor) -> dict[str, Any]:
    """The fields of an act that say for whom it is done, with that person's posts."""
    return {
        "on_behalf_of": stood_for.principal_id,
        "on_behalf_of_name": stood_for.principal_name,
        "posts": tuple(PostRef(role=role, institution_code=code) for role, code in stood_for.posts),
    }


def same_that_stands(session: Session, error: DomainError, content_hash: str) -> Standing:
    """The open case that refuses a start, where it has this very content already. Raises the refusal for any other."""
    if error.code is ErrorCode.DUPLICATE_CASE:
        case = CaseStore(session).get(UUID(error.context["case_id"]))
        if case is not None and case.content_hash == content_hash:
            return Standing(case.id)
    raise error


def name_of(session: Session, account_id: UUID) -> str:
    """Name of a person; empty when the records know none."""
    account = PeopleStore(session).account(account_id)
    return account.name if account else ""


def desk_rules(session: Session, case: Case) -> Desk:
    """The desk section of the rulebook version that the case pinned."""
    return rulebook_of(session, case.rulebook_version_id).rulebook.desk


def target(session: Session, found: OnTask, account_id: UUID) -> Target:
    """Whom the task is handed to. Raises INVALID_INPUT for nobody we know, BAD_TRANSFER_TARGET for who has left."""
    account = known_person(session, account_id)
    task = found.task
    allowed = is_authorised(session, desk_rules(session, found.case), account_id, task.role, task.institution_code)
    return Target(account_id=account.id, name=account.name, authorised=allowed)


def known_person(session: Session, account_id: UUID, field: str = "to") -> Account:
    """An enabled person. Raises INVALID_INPUT for nobody we know, BAD_TRANSFER_TARGET for who has left."""
    account = PeopleStore(session).account(account_id)
    if account is None:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": field, "reason": "unknown_person"}])
    if account.disabled_at is not None:
        raise DomainError(ErrorCode.BAD_TRANSFER_TARGET, who=account.name)
    return account


def override_fields(caller: Caller, key: Key, comment: str) -> dict[str, Any]:
    """An act of operations: its door marks it for good. Raises REASON_REQUIRED."""
    if not comment.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    return {**act_fields(caller, key, comment), "door": Door.OVERRIDE}


def now() -> datetime:
    """The instant of a request."""
    return datetime.now(UTC)
