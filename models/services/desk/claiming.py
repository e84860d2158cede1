"""领取 / 放回: a task of a group queue becomes one person's, and goes back to its post."""

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.services.desk.acting import Actor, note
from models.services.notifications import emit
from models.stores.desk import DeskStore
from models.stores.people import PeopleStore
from models.tables.cases import Task
from models.types import TaskState


def claim(session: Session, task: Task, actor: Actor) -> None:
    """Take the task from the queue for the person, or for whom it stands in; the first one wins.

    Claiming one's own claim again changes nothing. Raises ALREADY_CLAIMED with who, WRONG_STAGE for a task that waits
    or is not in a queue.
    """
    if task.state is TaskState.CLAIMED and task.assignee_id == actor.for_whom:
        return
    if not DeskStore(session).claim(task.id, actor.for_whom, actor.at):
        raise _lost(session, task)
    note(session, actor, "claim", task.case_id, task_id=task.id)
    _announce(session, task, actor)


def release(session: Session, task: Task, actor: Actor) -> None:
    """Put the task back for its post. Raises NOT_YOUR_TASK when it is another's, WRONG_STAGE when nobody's claim."""
    if task.state is not TaskState.CLAIMED:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=task.step)
    if not DeskStore(session).release(task.id, actor.for_whom):
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=_holder(session, task))
    note(session, actor, "release", task.case_id, task_id=task.id)
    _announce(session, task, actor)


def take_from_holder(session: Session, task: Task, actor: Actor, reason: str) -> None:
    """放回 by operations, whoever claimed it, with a reason. Raises WRONG_STAGE when it is nobody's claim."""
    holder = task.assignee_id
    if holder is None or not DeskStore(session).release(task.id, holder):
        raise DomainError(ErrorCode.WRONG_STAGE, stage=task.step)
    note(session, actor, "release", task.case_id, reason=reason, task_id=task.id, holder_id=holder)
    _announce(session, task, actor._replace(on_behalf_of=holder))


def _lost(session: Session, task: Task) -> DomainError:
    session.refresh(task)
    if task.state is TaskState.CLAIMED:
        return DomainError(ErrorCode.ALREADY_CLAIMED, who=_holder(session, task))
    return DomainError(ErrorCode.WRONG_STAGE, stage=task.step)


def _holder(session: Session, task: Task) -> str:
    account = PeopleStore(session).account(task.assignee_id) if task.assignee_id else None
    return account.name if account else task.role.value


def _announce(session: Session, task: Task, actor: Actor) -> None:
    emit(
        session,
        "task_changed",
        actor.at,
        case_id=task.case_id,
        task_id=task.id,
        role=task.role,
        institution_code=task.institution_code,
    )
    emit(session, "task_changed", actor.at, case_id=task.case_id, task_id=task.id, account_id=actor.for_whom)
