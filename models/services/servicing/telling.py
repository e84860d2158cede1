"""Who hears of a service case: whose turn it is, and the branch head of what is serious."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.messages.approval import Act, OpenTask
from models.messages.service import ServiceState
from models.messages.service_acts import AssignService
from models.rules.seats import HEAD_OFFICE_SCOPE
from models.rules.service import is_serious, lead_post, people_of
from models.services.notifications import emit, notify
from models.services.servicing.effects.base import Step
from models.services.servicing.posts import who_may_act
from models.services.stand_ins import who_hears
from models.stores.case_names import case_name
from models.stores.cases import CaseStore
from models.stores.people import PeopleStore
from models.stores.services import ServiceStore
from models.tables.cases import Case
from models.types import Door, Role

OPENED, HANDED, SERIOUS, NOBODY = "task_opened", "task_transferred", "complaint_serious", "nobody_to_act"
CLOSED = "service_closed"


def tell_opened(session: Session, case: Case, state: ServiceState, start: Act) -> None:
    """The first task of a case, to everybody whose turn it is; whoever took it in knows already."""
    for task in state.tasks:
        _announce(session, case, state, task, OPENED, by=start, at=case.opened_at)
    if is_serious(state):
        _tell_lead(session, case, state, by=start, at=case.opened_at)


def tell_step(session: Session, case: Case, step: Step) -> None:
    """Everything that one act changed for somebody."""
    known = {task.task_id: task for task in step.before.tasks}
    for task in step.after.tasks:
        old = known.get(task.task_id)
        if old is None or (old.assignee_id, old.role) != (task.assignee_id, task.role):
            template = HANDED if isinstance(step.act, AssignService) else OPENED
            _announce(session, case, step.after, task, template, by=step.act, at=step.at)
        elif old != task:
            _emit(session, "task_changed", case, task, step.at)
    still = {task.task_id for task in step.after.tasks}
    for task in step.before.tasks:
        if task.task_id not in still:
            _emit(session, "task_closed", case, task, step.at)
    if step.after.outcome is not None and step.before.outcome is None:
        _tell_taker(session, case, step)
    if is_serious(step.after) and not is_serious(step.before):
        _tell_lead(session, case, step.after, by=step.act, at=step.at)


def shown_name(act: Act) -> str:
    """B 代 A where somebody stands in; nobody's name where the programme acts."""
    if act.door is Door.SYSTEM:
        return ""
    return f"{act.actor_name} 代 {act.on_behalf_of_name}" if act.on_behalf_of_name else act.actor_name


def _announce(
    session: Session, case: Case, state: ServiceState, task: OpenTask, template: str, *, by: Act, at: datetime
) -> None:
    """Tell whoever may act on the task, and who stands in for them (代理), but not whoever did it; once per event."""
    people = who_may_act(session, state, task)
    template = NOBODY if people and people <= _operations(session) else template
    told = who_hears(session, case, people, at) - {by.actor_id}
    key = f"{template}:{task.task_id}:{task.version}"
    _notify(session, case, state, told, template=template, key=key, by=by, at=at, task_id=task.task_id)
    _emit(session, "task_opened", case, task, at)


def _tell_lead(session: Session, case: Case, state: ServiceState, *, by: Act, at: datetime) -> None:
    """重大投诉: the branch head hears of it, whoever works on it."""
    told = who_hears(session, case, PeopleStore(session).holder_ids(*lead_post(state)), at) - {by.actor_id}
    _notify(session, case, state, told, template=SERIOUS, key=f"{SERIOUS}:{case.id}:{state.version}", by=by, at=at)


def _tell_taker(session: Session, case: Case, step: Step) -> None:
    """Whoever took it in hears that it is over, unless they closed it themselves; the programme needs no telling."""
    intake = CaseStore(session).decision_at(case.id, 0)
    item = ServiceStore(session).items([case.id]).get(case.id)
    what = step.after.service or step.after.sheet
    if intake is None or item is None or what is None or intake.actor_id in {None, *people_of(step.act)}:
        return
    notify(
        session,
        to=[intake.actor_id] if intake.actor_id else [],
        template=CLOSED,
        key=f"{CLOSED}:{case.id}:{step.after.step_no}",
        at=step.at,
        case_id=case.id,
        context={
            "customer_no": case.number,
            "customer_name": case_name(session, case),
            "service": what.value,
            "record_no": item.record_no,
            "reference_no": item.reference_no,
            "outcome": step.after.outcome.value if step.after.outcome else "",
            "by": step.after.handler_name or "",
        },
    )


def _notify(
    session: Session,
    case: Case,
    state: ServiceState,
    to: Collection[UUID],
    *,
    template: str,
    key: str,
    by: Act,
    at: datetime,
    task_id: UUID | None = None,
) -> None:
    """Nothing of what the customer said leaves the case."""
    task = state.tasks[0] if state.tasks else None
    notify(
        session,
        to=sorted(to),
        template=template,
        key=key,
        at=at,
        case_id=case.id,
        task_id=task_id,
        context={
            "customer_no": case.number,
            "customer_name": case_name(session, case),
            "step": task.step if task else "",
            "role": task.role.value if task else "",
            "by": shown_name(by),
            "due_at": task.deadline.due_at.isoformat() if task else "",
        },
    )


def _operations(session: Session) -> frozenset[UUID]:
    return PeopleStore(session).holder_ids(Role.OPS, HEAD_OFFICE_SCOPE)


def _emit(session: Session, kind: str, case: Case, task: OpenTask, at: datetime) -> None:
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
