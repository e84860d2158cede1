"""One accepted act in one transaction, insert-or-adopt by step (decisions.md 2, 6, 7, 8), for every kind of case."""

from typing import Any, NamedTuple

from sqlmodel import Session

from models.messages.approval import NOBODY_TO_ACT, Act, ApprovalState, Correct, Decide, PastAct, Recorded, Resubmit
from models.messages.calendar import CalendarSnapshot
from models.messages.qualification import RecordBreach, RecordStep
from models.rules.approval import task_of
from models.services import audit
from models.services.actors import actor_of, is_person
from models.services.approval import changes, evidence, hooks
from models.services.approval.checks import check_still_allowed
from models.services.approval.diverged import RecordDivergedError
from models.services.approval.signers import with_open_tasks
from models.services.approval.tasks import move_tasks, open_tasks, with_operations
from models.services.approval.telling import tell_step
from models.services.calendars import case_calendar
from models.services.case_steps import check_version, decision_row, held, summary, write_case
from models.services.idempotency import settle_by_update
from models.services.rulebooks import rulebook_of
from models.stores.cases import CaseStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Decision
from models.tables.rulebook import RulebookVersion
from models.types import OPEN_TASK_STATES, SYSTEM_SLA, Door

__all__ = ["RecordDivergedError", "enter_reserve", "record_breach", "record_step"]

OK = 200


class _Kept(NamedTuple):
    """What is kept beside a decision: the diff of a resubmission, the digest of what the decider saw."""

    changes: str | None = None
    evidence: str | None = None


def record_step(session: Session, message: RecordStep) -> Recorded:
    """Insert the act with everything that follows from it, or return the one that stands for the step.

    Raises NOT_YOUR_TASK when the person may no longer act, ALREADY_CLAIMED, BAD_TRANSFER_TARGET, INVALID_INPUT, and at
    the final approval QUOTA_EXCEEDED and NOT_ELIGIBLE.
    """
    case = held(session, message.before.case_id)
    standing = CaseStore(session).decision_at(case.id, message.after.step_no)
    if standing is not None:
        return _standing(standing, message.act.update_id)
    check_version(case, message.before.version)
    # Held until the end: the session forgets rows that nobody holds, and would read the whole rulebook six times.
    rules = rulebook_of(session, case.rulebook_version_id)
    check_still_allowed(session, case, message)
    before = _summary(case)
    kept = _Kept(_changes(session, case, message), _evidence(session, case, message, rules.version))
    after = _follow_up(session, case, message)
    _write(session, case, message, after, kept)
    _audit(session, case, message, after.acts[-1], before)
    tell_step(session, case, message, after)
    if is_person(message.act.actor_id):
        settle_by_update(session, message.act.update_id, OK, {"case_id": str(case.id), "version": case.version})
    return Recorded(state=after, by=after.acts[-1], update_id=message.act.update_id)


def _standing(decision: Decision, update_id: str) -> Recorded:
    state = ApprovalState.model_validate(decision.effect)
    by = next(past for past in state.acts if past.step_no == decision.step_no)
    return Recorded(state=state, by=by, update_id=decision.update_id, adopted=decision.update_id != update_id)


def _changes(session: Session, case: Case, message: RecordStep) -> str | None:
    return changes.take_over(session, case, message.act) if isinstance(message.act, Resubmit) else None


def _evidence(session: Session, case: Case, message: RecordStep, rules: RulebookVersion) -> str | None:
    """Of a judgement on the case only: acknowledging an alarm judges nothing."""
    if not isinstance(message.act, Decide):
        return None
    task = task_of(message.before, message.act.task_id)
    if task.step == NOBODY_TO_ACT:
        return None
    return evidence.keep(session, case, evidence.Seen(message.before, task, rules), message.at)


def _follow_up(session: Session, case: Case, message: RecordStep) -> ApprovalState:
    act, after = message.act, message.after
    hooks.stepped(session, case, after, message.at)
    if after.outcome is not None:
        hooks.ended(session, case, after, message.at)
    if isinstance(act, Correct | Resubmit) and act.corrections:
        hooks.corrected(session, case, act.corrections, after, message.at)

    def calendar() -> CalendarSnapshot:
        return message.calendar or case_calendar(session, case, message.at)

    after = with_open_tasks(session, after, message.at, calendar)
    if after.acts[-1].act == "acknowledge":
        return after  # operations knows: telling it again at once would never end
    return with_operations(session, after, message.at, calendar)


def _summary(case: Case) -> dict[str, Any]:
    """What the audit trail compares of a case; taken before anything of the step touches it."""
    return summary(case) | {"value": str(case.value)}


def _write(session: Session, case: Case, message: RecordStep, after: ApprovalState, kept: _Kept) -> None:
    CaseStore(session).add(_decision(case, message.act, after, kept))
    move_tasks(session, message.before, after, message.at)
    write_case(case, after, message.at)
    CaseStore(session).add(case)
    known = {task.task_id for task in message.before.tasks}
    open_tasks(session, case, tuple(task for task in after.tasks if task.task_id not in known), after.round)


def _audit(session: Session, case: Case, message: RecordStep, past: PastAct, before: dict[str, Any]) -> None:
    act = message.act
    audit.append(
        session,
        actor=actor_of(act),
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


def _decision(case: Case, act: Act, after: ApprovalState, kept: _Kept) -> Decision:
    past = after.acts[-1]
    row = decision_row(case, act, after, past, past.round)
    row.verdict = past.verdict
    if isinstance(act, Decide):
        row.return_to, row.approve_as = act.return_to, act.approve_as
    row.evidence_digest, row.changes = kept.evidence, kept.changes
    return row


def enter_reserve(session: Session, message: RecordStep) -> None:
    """候补: the seat was refused; the case waits, its task stays open, a freed seat lets it try again."""
    case = CaseStore(session).locked(message.before.case_id)
    if case is None or case.in_reserve_since is not None:
        return
    case.in_reserve_since = message.at
    session.add(case)
    audit.append(
        session,
        actor=actor_of(message.act),
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
