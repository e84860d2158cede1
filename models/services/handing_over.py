"""What becomes of the open tasks of a person who leaves (停用): back to the post, or to operations to reassign."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from models.messages.approval import NOBODY_TO_ACT
from models.rules.approval import DECLARED
from models.rules.seats import HEAD_OFFICE_SCOPE
from models.services.approval.tasks import holder_of
from models.services.case_state import state_of
from models.services.notifications import notify
from models.stores.people import PeopleStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Task
from models.tables.organisation import Account
from models.types import Role, TaskState


class Left(NamedTuple):
    """Tasks that the post has again, as (institution, role) of each, and how many operations has to reassign."""

    released: list[tuple[str, Role]]
    kept: int


def hand_over_tasks(session: Session, account: Account, at: datetime) -> Left:
    """Give back what the workflow lets the post take; of everything else operations is told, once per leaving.

    A task that lies with the person by name (签批人, 转办, 委派, 改派) stays so: released, its post would see a task
    that the workflow refuses to it.
    """
    released, kept = [], 0
    for row in TaskStore(session).assigned_to(account.id):
        if _is_the_posts(session, row):
            row.assignee_id, row.claimed_at = None, None
            row.state = TaskState.OPEN if row.state is TaskState.CLAIMED else row.state
            TaskStore(session).add(row)
            released.append((row.institution_code, Role(row.role)))
        else:
            _tell_operations(session, row, account, at)
            kept += 1
    session.flush()
    return Left(released, kept)


def _is_the_posts(session: Session, row: Task) -> bool:
    """A claim from the queue, or a resubmission, which any colleague of the declarant may take up."""
    if row.step == DECLARED or row.state is TaskState.CLAIMED:
        return True
    state = state_of(session.get_one(Case, row.case_id))
    return not any(task.task_id == row.id and holder_of(task) is not None for task in state.tasks)


def _tell_operations(session: Session, row: Task, account: Account, at: datetime) -> None:
    """Operations at head office may reassign it; who delegated it may call it back."""
    people = PeopleStore(session).holder_ids(Role.OPS, HEAD_OFFICE_SCOPE) | {row.delegated_by}
    left_at = account.disabled_at or at
    notify(
        session,
        to=sorted(person for person in people if person is not None),
        template=NOBODY_TO_ACT,
        key=f"{NOBODY_TO_ACT}:{row.id}:{account.id}:{left_at.isoformat()}",
        at=at,
        case_id=row.case_id,
        task_id=row.id,
        context={
            "customer_no": row.customer_no,
            "customer_name": row.customer_name,
            "step": row.step,
            "role": row.role.value,
            "by": account.name,
            "due_at": row.due_at.isoformat(),
        },
    )
