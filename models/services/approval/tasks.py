"""Task rows of a case: opened, moved, closed, and the one for operations where nobody can act (无人可办)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sqlmodel import Session

from models.messages.approval import NOBODY_TO_ACT, ApprovalState, OpenTask, PastAct
from models.messages.calendar import CalendarSnapshot
from models.messages.rollout import RolloutPast, RolloutState
from models.messages.service import ServicePast, ServiceState
from models.rules.approval import DECLARED, barred_people, is_paused
from models.rules.calendar import add_working_days
from models.rules.redating import OPERATIONS_ALLOWANCE_WORKING_DAYS
from models.rules.seats import HEAD_OFFICE_SCOPE
from models.services.actors import is_person
from models.services.task_ids import new_task_id
from models.stores.case_names import case_name
from models.stores.people import PeopleStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Task
from models.types import Role, TaskState

OPERATIONS_SEAT = "ops"
_BY_THE_CASE: Mapping[UUID, str] = {}
_State: TypeAlias = ApprovalState | ServiceState | RolloutState
"""All hold open tasks, and name with each act the task it closed."""
Past: TypeAlias = PastAct | ServicePast | RolloutPast


def with_operations(
    session: Session, state: ApprovalState, at: datetime, calendar: Callable[[], CalendarSnapshot]
) -> ApprovalState:
    """The state with a task for operations beside an open task that nobody may take; never a silent pass.

    The calendar is asked for only when there is somebody to alarm: that is the rare case.
    """
    if any(task.step == NOBODY_TO_ACT for task in state.tasks):
        return state
    if all(who_may_act(session, state, task) for task in state.tasks):
        return state
    alarm = OpenTask(
        task_id=new_task_id(),
        step=NOBODY_TO_ACT,
        role=Role.OPS,
        institution_code=HEAD_OFFICE_SCOPE,
        opened_at=at,
        deadline=add_working_days(calendar(), at, OPERATIONS_ALLOWANCE_WORKING_DAYS),
        signer_id=OPERATIONS_SEAT,
    )
    return state.model_copy(update={"tasks": (*state.tasks, alarm)})


def who_may_act(session: Session, state: ApprovalState, task: OpenTask) -> frozenset[UUID]:
    """Who may take the open task by its own name or post, now: enabled, and nobody whom four eyes refuse."""
    people = PeopleStore(session)
    # A post held only by the declarant, or by whoever took the step before, is as good as empty.
    barred = frozenset[UUID]() if task.step in {DECLARED, NOBODY_TO_ACT} else barred_people(state)
    holder = holder_of(task)
    if holder is None:
        return people.holder_ids(task.role, task.institution_code) - barred
    account = people.account(holder)
    enabled = account is not None and account.disabled_at is None
    return frozenset({holder}) - (frozenset() if task.delegate_id else barred) if enabled else frozenset()


def holder_of(task: OpenTask) -> UUID | None:
    """The person the task lies with: its delegate, else its assignee; None while it waits in a queue."""
    return task.delegate_id or task.assignee_id


def open_tasks(
    session: Session, case: Case, tasks: Sequence[OpenTask], round_no: int, named: Mapping[UUID, str] = _BY_THE_CASE
) -> None:
    """Insert the rows of new tasks; `named` are those that are about something of their own, not about the case."""
    if not tasks:
        return
    name = case_name(session, case)
    for task in tasks:
        TaskStore(session).add(new_row(case, named.get(task.task_id, name), task, round_no))


def move_tasks(session: Session, before: _State, after: _State, at: datetime) -> None:
    """Close what is no longer open: the decided task as done, its companions as cancelled; move what stays open."""
    store, still_open = TaskStore(session), {task.task_id: task for task in after.tasks}
    for task in before.tasks:
        row = store.get(task.task_id)
        if row is None:
            continue
        if task.task_id in still_open:
            move_row(row, task, still_open[task.task_id])
        else:
            close_row(row, after.acts[-1], at)
        store.add(row)


def close_row(row: Task, act: Past, at: datetime) -> None:
    """Close the row of a task by the act that ended it."""
    decided = row.id == act.task_id
    row.state = TaskState.DONE if decided else TaskState.CANCELLED
    # Only the decided task is somebody's doing; its companions just fall away.
    row.closed_at, row.closed_by = at, act.actor_id if decided and is_person(act.actor_id) else None
    row.version += 1


def move_row(row: Task, old: OpenTask, new: OpenTask) -> None:
    """Move the row of a task that stays open through an act."""
    moved = (row.role, row.institution_code) != (new.role, new.institution_code)
    row.role, row.institution_code = new.role, new.institution_code
    if moved or holder_of(old) != holder_of(new):
        row.assignee_id, row.claimed_at, row.state = holder_of(new), None, TaskState.OPEN
    row.delegated_by = new.delegated_by
    if new.waiting:
        row.state = TaskState.WAITING
    elif row.state is TaskState.WAITING:
        row.state = TaskState.CLAIMED if row.claimed_at else TaskState.OPEN
    row.paused_since = new.pauses[-1].paused_at if is_paused(new) else None
    redate_row(row, new)


def redate_row(row: Task, task: OpenTask) -> None:
    """Give the row the deadline of its task, and the version that moves with it."""
    row.due_at, row.provisional = task.deadline.due_at, task.deadline.provisional
    row.calendar_version, row.version = task.deadline.calendar_version, task.version


def new_row(case: Case, customer_name: str, task: OpenTask, round_no: int) -> Task:
    """The row of a task that opens; it holds nothing of the case that may change later, but its tier and round."""
    return Task(
        id=task.task_id,
        case_id=case.id,
        kind=case.kind,
        step=task.step,
        title=f"{case.kind.value}:{task.step}",
        state=TaskState.WAITING if task.waiting else TaskState.OPEN,
        version=task.version,
        round=round_no,
        customer_no=case.number,
        customer_name=customer_name,
        tier=case.tier,
        institution_code=task.institution_code,
        role=task.role,
        assignee_id=task.assignee_id,
        signer_id=task.signer_id,
        opened_at=task.opened_at,
        due_at=task.deadline.due_at,
        provisional=task.deadline.provisional,
        calendar_version=task.deadline.calendar_version,
    )
