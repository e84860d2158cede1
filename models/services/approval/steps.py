"""One accepted act in one transaction, insert-or-adopt by step (decisions.md 2, 6, 7, 8)."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import (
    Act,
    ApprovalState,
    Correct,
    Decide,
    PastAct,
    Recorded,
    Resubmit,
)
from models.messages.qualification import RecordBreach, RecordStep
from models.rules.approval import task_of
from models.services import audit
from models.services.approval.tasks import case_calendar, close_tasks, open_tasks, with_operations
from models.services.idempotency import settle_by_update
from models.services.qualification import memberships, seats
from models.services.qualification.rescore import record_correction, refuse_ineligible
from models.stores.cases import CaseStore
from models.stores.people import PeopleStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Decision
from models.types import OPEN_TASK_STATES, SYSTEM_SLA, Door, Outcome, Role

OK = 200


class RecordDivergedError(RuntimeError):
    """Workflow and record disagree about the case's version: an incident, never papered over."""


def record_step(session: Session, message: RecordStep) -> Recorded:
    """Insert the act with everything that follows from it, or return the one that stands for the step.

    Raises NOT_YOUR_TASK when the person may no longer act, QUOTA_EXCEEDED and NOT_ELIGIBLE at the final approval.
    """
    store = CaseStore(session)
    case = store.locked(message.before.case_id)
    if case is None:
        raise RecordDivergedError(f"case {message.before.case_id} has no record")
    standing = store.decision_at(case.id, message.after.step_no)
    if standing is not None:
        return _standing(standing, message.act.update_id)
    if case.version != message.before.version:
        raise RecordDivergedError(f"case {case.id}: record at {case.version}, workflow at {message.before.version}")
    _check_still_allowed(session, message)
    before = _summary(case)
    after = _follow_up(session, case, message)
    _write(session, case, message, after, before)
    settle_by_update(session, message.act.update_id, OK, {"case_id": str(case.id), "version": case.version})
    return Recorded(state=after, by=after.acts[-1], update_id=message.act.update_id)


def _standing(decision: Decision, update_id: str) -> Recorded:
    state = ApprovalState.model_validate(decision.effect)
    by = next(past for past in state.acts if past.step_no == decision.step_no)
    return Recorded(state=state, by=by, update_id=decision.update_id, adopted=decision.update_id != update_id)


def _check_still_allowed(session: Session, message: RecordStep) -> None:
    act, people = message.act, PeopleStore(session)
    if isinstance(act, Resubmit) and act.actor_id != message.before.declared_by:
        return _check_heir(session, message.before, act)
    if not isinstance(act, Decide | Correct):
        return _check_enabled(people, act)
    task, row = task_of(message.before, act.task_id), TaskStore(session).get(act.task_id)
    if row is None or row.state not in OPEN_TASK_STATES:
        raise RecordDivergedError(f"task {act.task_id} is not open in the records")
    if people.holds(act.actor_id, task.role, task.institution_code):
        return None
    if row.assignee_id != act.actor_id:
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=task.role.value)
    return _check_enabled(people, act)


def _check_heir(session: Session, before: ApprovalState, act: Resubmit) -> None:
    """The declarant left: its task was given back to the post, and whoever holds that may take it up."""
    row = TaskStore(session).get(before.tasks[0].task_id)
    released = row is not None and row.assignee_id is None
    if not released or not PeopleStore(session).holds(act.actor_id, Role.MGR, before.declarant_institution):
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=before.acts[0].actor_name)


def _check_enabled(people: PeopleStore, act: Act) -> None:
    account = people.account(act.actor_id)
    if account is None or account.disabled_at is not None:
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=act.actor_name)


def _follow_up(session: Session, case: Case, message: RecordStep) -> ApprovalState:
    after = message.after
    if after.outcome is Outcome.APPROVED:
        refuse_ineligible(session, case, after)
        number = seats.take(session, case, after, message.at)
        memberships.grant(session, case, after, number, message.at)
    if isinstance(message.act, Correct):
        record_correction(session, case, message.act, after, message.at)
    if after.acts[-1].act == "acknowledge":
        return after  # operations knows: telling it again at once would never end
    return with_operations(session, after, message.at, lambda: case_calendar(session, case, message.at))


def _summary(case: Case) -> dict[str, Any]:
    """What the audit trail compares of a case; taken before anything of the step touches it."""
    return {"stage": case.stage.value, "round": case.round, "tier": case.tier.value, "value": str(case.value)}


def _write(session: Session, case: Case, message: RecordStep, after: ApprovalState, before: dict[str, Any]) -> None:
    act, past = message.act, after.acts[-1]
    CaseStore(session).add(_decision(case, act, past, after))
    close_tasks(session, message.before, after, message.at)
    _move(case, after, message.at)
    CaseStore(session).add(case)
    known = {task.task_id for task in message.before.tasks}
    open_tasks(session, case, tuple(task for task in after.tasks if task.task_id not in known), after.round)
    audit.append(
        session,
        actor=str(act.actor_id),
        on_behalf_of=str(act.on_behalf_of) if act.on_behalf_of else None,
        action=past.verdict.value if past.verdict else past.act,
        object_kind="case",
        object_id=str(case.id),
        door=act.door,
        before=before,
        after=_summary(case),
        request_id=act.request_id,
        at=message.at,
    )


def _decision(case: Case, act: Act, past: PastAct, after: ApprovalState) -> Decision:
    return Decision(
        case_id=case.id,
        step_no=past.step_no,
        task_id=past.task_id,
        update_id=act.update_id,
        act=past.act,
        stage=past.stage,
        round=past.round,
        actor_id=act.actor_id,
        actor_name=act.actor_name,
        on_behalf_of=act.on_behalf_of,
        door=act.door,
        verdict=past.verdict,
        comment=act.comment or None,
        return_to=act.return_to if isinstance(act, Decide) else None,
        approve_as=act.approve_as if isinstance(act, Decide) else None,
        content_hash=act.content_hash,
        effect=after.model_dump(mode="json"),
        at=past.at,
    )


def _move(case: Case, after: ApprovalState, at: datetime) -> None:
    case.stage, case.round, case.version = after.stage, after.round, after.version
    case.tier, case.seat_kind = after.tier, after.seat_kind
    case.state = after.model_dump(mode="json")
    if after.outcome is not None:
        case.outcome, case.closed_at, case.open_key, case.in_reserve_since = after.outcome, at, None, None


def enter_reserve(session: Session, message: RecordStep) -> None:
    """候补: the seat was refused; the case waits, its task stays open, a freed seat lets it try again."""
    case = CaseStore(session).locked(message.before.case_id)
    if case is None or case.in_reserve_since is not None:
        return
    case.in_reserve_since = message.at
    session.add(case)
    audit.append(
        session,
        actor=str(message.act.actor_id),
        action="enter_reserve",
        object_kind="case",
        object_id=str(case.id),
        door=message.act.door,
        at=message.at,
    )


def record_breach(session: Session, message: RecordBreach) -> None:
    """Mark the task as overdue, once; a task that was closed meanwhile is left alone."""
    CaseStore(session).locked(message.case_id)  # a redelivery may run beside the first attempt
    row = TaskStore(session).get(message.task_id)
    if row is None or row.breached_at is not None or row.state not in OPEN_TASK_STATES:
        return
    row.breached_at = message.due_at
    session.add(row)
    audit.append(
        session,
        actor=SYSTEM_SLA,
        action="breach",
        object_kind="case",
        object_id=str(message.case_id),
        door=Door.SYSTEM,
        after={"task_id": str(message.task_id), "due_at": message.due_at.isoformat()},
    )
