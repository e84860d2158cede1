"""Task rows of a case: opened, closed, and the one for operations where nobody can act (无人可办)."""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from models.messages.approval import NOBODY_TO_ACT, ApprovalState, OpenTask
from models.messages.calendar import CalendarSnapshot
from models.rules.approval import barred_people
from models.rules.calendar import add_working_days, local_date
from models.rules.seats import HEAD_OFFICE_SCOPE
from models.services.calendars import snapshot
from models.services.rulebooks import rulebook_of
from models.stores.people import PeopleStore
from models.stores.tasks import TaskStore
from models.tables.book import Customer
from models.tables.cases import Case, Task
from models.tables.columns import new_id
from models.types import Role, TaskState

OPERATIONS_ALLOWANCE_WORKING_DAYS = 1


def case_calendar(session: Session, case: Case, at: datetime) -> CalendarSnapshot:
    """The working calendar as the case's own rulebook version reads it."""
    rulebook = rulebook_of(session, case.rulebook_version_id).rulebook
    return snapshot(session, rulebook.working_time, local_date(at))


def with_operations(
    session: Session, state: ApprovalState, at: datetime, calendar: Callable[[], CalendarSnapshot]
) -> ApprovalState:
    """The state with a task for operations beside an open task that nobody may take; never a silent pass.

    The calendar is asked for only when there is somebody to alarm: that is the rare case.
    """
    if any(task.step == NOBODY_TO_ACT for task in state.tasks):
        return state
    if all(_somebody_may_act(session, state, task) for task in state.tasks):
        return state
    alarm = OpenTask(
        task_id=new_id(),
        step=NOBODY_TO_ACT,
        role=Role.OPS,
        institution_code=HEAD_OFFICE_SCOPE,
        opened_at=at,
        deadline=add_working_days(calendar(), at, OPERATIONS_ALLOWANCE_WORKING_DAYS),
    )
    return state.model_copy(update={"tasks": (*state.tasks, alarm)})


def _somebody_may_act(session: Session, state: ApprovalState, task: OpenTask) -> bool:
    people = PeopleStore(session)
    if task.assignee_id is not None:
        assignee = people.account(task.assignee_id)
        return assignee is not None and assignee.disabled_at is None
    # A post held only by the declarant, or by whoever took the step before, is as good as empty.
    return bool(people.holder_ids(task.role, task.institution_code) - barred_people(state))


def open_tasks(session: Session, case: Case, tasks: tuple[OpenTask, ...], round_no: int) -> None:
    """Insert the rows of new tasks."""
    if not tasks:
        return
    customer = session.get(Customer, case.customer_no)
    for task in tasks:
        TaskStore(session).add(_row(case, customer.name if customer else case.customer_no, task, round_no))


def close_tasks(session: Session, before: ApprovalState, after: ApprovalState, at: datetime) -> None:
    """Close what is no longer open: the decided task as done, its companions as cancelled; versions move."""
    store, still_open = TaskStore(session), {task.task_id: task for task in after.tasks}
    decided = after.acts[-1].task_id
    for task in before.tasks:
        row = store.get(task.task_id)
        if row is None:
            continue
        if task.task_id in still_open:
            row.version = still_open[task.task_id].version
        else:
            row.state = TaskState.DONE if task.task_id == decided else TaskState.CANCELLED
            # Only the decided task is somebody's doing; its companions just fall away.
            row.closed_at, row.closed_by = at, after.acts[-1].actor_id if task.task_id == decided else None
            row.version += 1
        store.add(row)


def _row(case: Case, customer_name: str, task: OpenTask, round_no: int) -> Task:
    return Task(
        id=task.task_id,
        case_id=case.id,
        kind=case.kind,
        step=task.step,
        title=f"{case.kind.value}:{task.step}",
        state=TaskState.OPEN,
        version=task.version,
        round=round_no,
        customer_no=case.customer_no,
        customer_name=customer_name,
        tier=case.tier,
        institution_code=task.institution_code,
        role=task.role,
        assignee_id=task.assignee_id,
        opened_at=task.opened_at,
        due_at=task.deadline.due_at,
        provisional=task.deadline.provisional,
        calendar_version=task.deadline.calendar_version,
    )
