"""One accepted act on a service case in one transaction, insert-or-adopt by step (decisions.md 2, 6, 7)."""

from typing import Any

from sqlmodel import Session

from models.messages.calendar import CalendarSnapshot
from models.messages.service import RecordServiceStep, ServiceRecorded, ServiceState
from models.rules import service
from models.services import audit
from models.services.actors import actor_of, is_person
from models.services.approval.tasks import move_tasks, open_tasks
from models.services.calendars import case_calendar
from models.services.case_steps import check_version, decision_row, held, summary, write_case
from models.services.idempotency import settle_by_update
from models.services.servicing.checks import check_still_allowed
from models.services.servicing.effects.base import Step
from models.services.servicing.effects.registry import effect_of
from models.services.servicing.telling import tell_step
from models.services.task_ids import new_task_id
from models.stores.cases import CaseStore
from models.tables.cases import Case, Decision

OK = 200


def record_step(session: Session, message: RecordServiceStep) -> ServiceRecorded:
    """Insert the act with everything that follows from it, or return the one that stands for the step.

    Raises NOT_YOUR_TASK when the person may no longer act, ALREADY_CLAIMED, BAD_TRANSFER_TARGET,
    LINK_USED_OR_EXPIRED, and what the kind refuses; RecordDivergedError when workflow and record disagree.
    """
    case = held(session, message.before.case_id)
    standing = CaseStore(session).decision_at(case.id, message.after.step_no)
    if standing is not None:
        return _standing(session, case, standing, message)
    check_version(case, message.before.version)
    check_still_allowed(session, case, message.before, message.act, message.at)
    step, before = _step(session, case, message), _summary(case)
    effect_of(case.kind).guard(session, case, message.before, message.act)
    _write(session, case, step)
    effect_of(case.kind).stepped(session, case, step)
    _audit(session, case, step, before)
    tell_step(session, case, step)
    if is_person(message.act.actor_id):
        settle_by_update(session, message.act.update_id, OK, {"case_id": str(case.id), "version": case.version})
    update_id, calendar = message.act.update_id, _calendar_now(session, case, message)
    return ServiceRecorded(state=step.after, by=step.past, update_id=update_id, calendar=calendar)


def _standing(session: Session, case: Case, decision: Decision, message: RecordServiceStep) -> ServiceRecorded:
    state, update_id = ServiceState.model_validate(decision.effect), decision.update_id
    by = next(past for past in state.acts if past.step_no == decision.step_no)
    calendar, adopted = _calendar_now(session, case, message), update_id != message.act.update_id
    return ServiceRecorded(state=state, by=by, update_id=update_id, adopted=adopted, calendar=calendar)


def _calendar_now(session: Session, case: Case, message: RecordServiceStep) -> CalendarSnapshot | None:
    """A closed case is told of no published calendar: opened again, it goes on with the one in force."""
    return case_calendar(session, case, message.at) if message.before.outcome is not None else None


def _step(session: Session, case: Case, message: RecordServiceStep) -> Step:
    def calendar() -> CalendarSnapshot:
        return case_calendar(session, case, message.at)

    newest = _calendar_now(session, case, message)
    after = service.redated(message.after, newest) if newest else message.after
    after = service.with_open_task(after, new_task_id, message.at)
    return Step(message.before, after, message.act, calendar, message.at)


def _write(session: Session, case: Case, step: Step) -> None:
    store, after = CaseStore(session), step.after
    store.add(decision_row(case, step.act, after, step.past, after.round))
    move_tasks(session, step.before, after, step.at)
    write_case(case, after, step.at)
    store.add(case)
    known = {task.task_id for task in step.before.tasks}
    open_tasks(session, case, tuple(task for task in after.tasks if task.task_id not in known), after.round)


def _summary(case: Case) -> dict[str, Any]:
    state = ServiceState.model_validate(case.state)
    return summary(case) | {"handler_id": str(state.handler_id) if state.handler_id else None, "late": state.late}


def _audit(session: Session, case: Case, step: Step, before: dict[str, Any]) -> None:
    """Who did what, and where the case stands since; nothing that people typed."""
    act = step.act
    audit.append(
        session,
        actor=actor_of(act),
        on_behalf_of=str(act.on_behalf_of) if act.on_behalf_of else None,
        action=step.past.act,
        object_kind="case",
        object_id=str(case.id),
        door=act.door,
        before=before,
        after=_summary(case),
        request_id=act.request_id,
        at=step.at,
    )
