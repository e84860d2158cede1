"""The book of a case: who closed a task, whose hand is in an act, and the next line."""

from datetime import datetime
from uuid import UUID

from models.errors import DomainError, ErrorCode
from models.messages.approval import Act, ActName, ApprovalState, OpenTask, PastAct, SignOff
from models.types import Verdict

_KEEPS_UNDO = frozenset({"pause", "resume", "acknowledge"})
"""Acts after which the last decision may still be taken back: they judge nothing."""


def task_of(state: ApprovalState, task_id: UUID) -> OpenTask:
    """The open task; raises ALREADY_DECIDED with who and when, CASE_CLOSED, or STALE_VERSION for any other."""
    for task in state.tasks:
        if task.task_id == task_id:
            return task
    for past in reversed(state.acts):
        if past.task_id == task_id or task_id in past.closed:
            raise already_decided(past)
    refuse_closed(state)
    raise DomainError(ErrorCode.STALE_VERSION)


def refuse_closed(state: ApprovalState) -> None:
    """Raises CASE_CLOSED when the case has an outcome."""
    if state.outcome is not None:
        raise DomainError(ErrorCode.CASE_CLOSED, outcome=state.outcome.value)


def refuse_stale(task: OpenTask, version: int) -> None:
    """Raises STALE_VERSION when the act was made on an older look at the task."""
    if version != task.version:
        raise DomainError(ErrorCode.STALE_VERSION)


def refuse_without_reason(act: Act) -> None:
    """Raises REASON_REQUIRED when the comment is empty."""
    if not act.comment.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)


def already_decided(past: PastAct) -> DomainError:
    """The refusal that names who decided, what, and when."""
    verb = past.verdict.value if past.verdict else past.act
    return DomainError(ErrorCode.ALREADY_DECIDED, who=past.actor_name, when=past.at.isoformat(), verb=verb)


def people_of(act: Act | PastAct | SignOff) -> frozenset[UUID]:
    """Everybody whose hand is in it: who acted, and for whom (B 代 A)."""
    return frozenset({act.actor_id} if act.on_behalf_of is None else {act.actor_id, act.on_behalf_of})


def accepted(
    state: ApprovalState,
    act: Act,
    at: datetime,
    name: ActName,
    change: dict[str, object],
    *,
    task_id: UUID | None = None,
    closed: tuple[UUID, ...] = (),
    to_name: str | None = None,
    verdict: Verdict | None = None,
) -> ApprovalState:
    """The state with `change` and one more act; the last decision cannot be taken back any more, unless kept."""
    past = PastAct(
        step_no=state.step_no + 1,
        act=name,
        stage=state.stage,
        round=state.round,
        task_id=task_id,
        closed=closed,
        actor_id=act.actor_id,
        actor_name=act.actor_name,
        on_behalf_of=act.on_behalf_of,
        door=act.door,
        to_name=to_name,
        verdict=verdict,
        at=at,
    )
    book: dict[str, object] = {"step_no": past.step_no, "version": state.version + 1, "acts": (*state.acts, past)}
    undo: dict[str, object] = {} if name in _KEEPS_UNDO else {"undo": None}
    return state.model_copy(update={**undo, **book, **change})


def with_task(state: ApprovalState, changed: OpenTask) -> tuple[OpenTask, ...]:
    """The open tasks with one of them changed."""
    return tuple(changed if task.task_id == changed.task_id else task for task in state.tasks)
