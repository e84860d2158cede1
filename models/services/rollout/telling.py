"""Who hears of a launch: whose part opens, is handed over or put off, and head office at the end."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.messages.approval import Act
from models.messages.rollout import PartTask, ReassignPart, RecordRolloutStep, RescheduleItem
from models.rules.redating import moved
from models.rules.seats import HEAD_OFFICE_SCOPE
from models.services.alarms import holders
from models.services.notifications import emit, notify
from models.services.servicing.posts import OPERATIONS
from models.services.servicing.telling import shown_name
from models.services.stand_ins import who_hears
from models.stores.people import PeopleStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case
from models.types import Outcome, Role

OPENED, HANDED, PUT_OFF, FINISHED, NOBODY = (
    "task_opened",
    "task_transferred",
    "rollout_put_off",
    "rollout_done",
    "nobody_to_act",
)


def tell_step(session: Session, case: Case, message: RecordRolloutStep, opened: tuple[PartTask, ...]) -> None:
    """Everything that one act changed for somebody."""
    for task in opened:
        _announce(session, case, message, task, OPENED)
    kept = {task.task_id: task for task in message.after.tasks}
    for old in message.before.tasks:
        if old.task_id not in kept:
            _emit(session, "task_closed", case, old, message.at)
    if isinstance(message.act, ReassignPart):
        _announce(session, case, message, kept[message.act.task_id], HANDED)
    if isinstance(message.act, RescheduleItem):
        _tell_put_off(session, case, message)
    if message.after.outcome is Outcome.COMPLETED:
        _tell_head_office(session, case, message)


def _announce(session: Session, case: Case, message: RecordRolloutStep, task: PartTask, template: str) -> None:
    people = _people(session, case, task, message.at)
    template = NOBODY if (task.role, task.institution_code) == OPERATIONS else template
    told = people - {message.act.actor_id}
    _notify(session, case, message, told, task, template=template)
    _emit(session, "task_opened", case, task, message.at)


def _tell_put_off(session: Session, case: Case, message: RecordRolloutStep) -> None:
    for move in moved(message.before, message.after):
        task = next(task for task in message.after.tasks if task.task_id == move.task.task_id)
        told = _people(session, case, task, message.at) - {message.act.actor_id}
        _notify(session, case, message, told, task, template=PUT_OFF, was_due_at=move.before)
        _emit(session, "task_changed", case, task, message.at)


def _tell_head_office(session: Session, case: Case, message: RecordRolloutStep) -> None:
    people = PeopleStore(session).holder_ids(Role.HQ_VIP, HEAD_OFFICE_SCOPE)
    notify(
        session,
        to=sorted(people),
        template=FINISHED,
        key=f"{FINISHED}:{case.id}",
        at=message.at,
        case_id=case.id,
        context={"by": shown_name(message.act), "year": str(case.year)},
    )


def _people(session: Session, case: Case, task: PartTask, at: datetime) -> frozenset[UUID]:
    row = TaskStore(session).get(task.task_id)
    if row is not None:
        return holders(session, case, row, at)
    return who_hears(session, case, PeopleStore(session).holder_ids(task.role, task.institution_code), at)


def _notify(
    session: Session,
    case: Case,
    message: RecordRolloutStep,
    to: Collection[UUID],
    task: PartTask,
    *,
    template: str,
    was_due_at: datetime | None = None,
) -> None:
    act: Act = message.act
    row = TaskStore(session).get(task.task_id)
    notify(
        session,
        to=sorted(to),
        template=template,
        key=f"{template}:{task.task_id}:{task.version}",
        at=message.at,
        case_id=case.id,
        task_id=task.task_id,
        context={
            "customer_no": task.part.institution_code,
            "customer_name": row.customer_name if row else "",
            "step": task.step,
            "role": task.role.value,
            "by": shown_name(act),
            "due_at": task.deadline.due_at.isoformat(),
            "was_due_at": was_due_at.isoformat() if was_due_at else "",
        },
    )


def _emit(session: Session, kind: str, case: Case, task: PartTask, at: datetime) -> None:
    """Open pages of the person it lies with, or of everybody at its post."""
    holder = task.assignee_id
    emit(
        session,
        kind,
        at,
        case_id=case.id,
        task_id=task.task_id,
        account_id=holder,
        role=None if holder else task.role,
        institution_code=None if holder else task.institution_code,
    )
