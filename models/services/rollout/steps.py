"""One accepted act on a launch in one transaction, insert-or-adopt by step (decisions.md 2, 6, 7)."""

from typing import Any

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.rollout import (
    CompletePart,
    OnRollout,
    PartTask,
    PlanRollout,
    ReassignPart,
    RecordRolloutStep,
    RolloutPast,
    RolloutRecorded,
    RolloutState,
)
from models.rules import rollout
from models.services import audit
from models.services.approval.diverged import RecordDivergedError
from models.services.approval.tasks import move_tasks, open_tasks
from models.services.authority import is_authorised
from models.services.calendars import case_calendar
from models.services.case_state import launch_of
from models.services.case_steps import decision_row, held, summary, write_case
from models.services.idempotency import settle_by_update
from models.services.rollout.opening import refuse_unknown_branches, refuse_without_post
from models.services.rollout.tasks import names_of, newly_open
from models.services.rollout.telling import tell_step
from models.services.rulebooks import rulebook_of
from models.services.still import posts_still_held, refuse_claimed, refuse_disabled, refuse_stand_in
from models.stores.cases import CaseStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Decision
from models.types import OPEN_TASK_STATES

OK = 200


def record_step(session: Session, message: RecordRolloutStep) -> RolloutRecorded:
    """Insert the act with everything that follows from it, or return the one that stands for the step.

    Raises NOT_ALLOWED and NOT_YOUR_TASK when the person may no longer act, ALREADY_CLAIMED, BAD_TRANSFER_TARGET,
    INVALID_INPUT for branches that are none; RecordDivergedError when workflow and record disagree.
    """
    case = held(session, message.before.case_id)
    standing = CaseStore(session).decision_at(case.id, message.after.step_no)
    if standing is not None:
        return _standing(case, standing, message)
    if launch_of(case).step_no != message.before.step_no:
        raise RecordDivergedError(f"launch {case.id}: record at another step than {message.before.step_no}")
    _check_still_allowed(session, case, message)
    calendar = case_calendar(session, case, message.at)
    opened = newly_open(session, message.after, message.at, calendar)
    after = rollout.with_tasks(message.after, opened)
    _write(session, case, message, after, opened)
    _audit(session, case, message, after)
    tell_step(session, case, message, opened)
    settle_by_update(session, message.act.update_id, OK, {"case_id": str(case.id), "version": after.version})
    return RolloutRecorded(by=_past(after), update_id=message.act.update_id, opened=opened)


def _standing(case: Case, decision: Decision, message: RecordRolloutStep) -> RolloutRecorded:
    """The workflow is one step behind at most, for it does one act after another: the state stands in the case."""
    state = launch_of(case)
    if state.step_no != decision.step_no:
        raise RecordDivergedError(f"launch {case.id}: record at {state.step_no}, asked for {decision.step_no}")
    adopted = decision.update_id != message.act.update_id
    return RolloutRecorded(by=_past(state), update_id=decision.update_id, adopted=adopted, state=state)


def _past(state: RolloutState) -> RolloutPast:
    return state.acts[-1]


def _check_still_allowed(session: Session, case: Case, message: RecordRolloutStep) -> None:
    act = message.act
    refuse_disabled(session, act.actor_id, act.actor_name)
    if isinstance(act, OnRollout | ReassignPart):
        refuse_without_post(session, act)
    if isinstance(act, PlanRollout):
        refuse_unknown_branches(session, act.branches)
    if isinstance(act, ReassignPart):
        _check_target(session, case, message.before, act)
    if isinstance(act, CompletePart):
        _check_holder(session, case, message, act)


def _check_holder(session: Session, case: Case, message: RecordRolloutStep, act: CompletePart) -> None:
    row = TaskStore(session).locked(act.task_id)
    if row is None or row.state not in OPEN_TASK_STATES:
        raise RecordDivergedError(f"task {act.task_id} is not open in the records")
    refuse_stand_in(session, case, act, row, message.at)
    refuse_claimed(session, row, act)
    now = posts_still_held(session, act)
    if now is not act:
        rollout.check(message.before, now)


def _check_target(session: Session, case: Case, before: RolloutState, act: ReassignPart) -> None:
    desk = rulebook_of(session, case.rulebook_version_id).rulebook.desk
    task = next(task for task in before.tasks if task.task_id == act.task_id)
    if not is_authorised(session, desk, act.to.account_id, task.role, task.institution_code):
        raise DomainError(ErrorCode.BAD_TRANSFER_TARGET, who=act.to.name)


def _write(
    session: Session, case: Case, message: RecordRolloutStep, after: RolloutState, opened: tuple[PartTask, ...]
) -> None:
    store = CaseStore(session)
    row = decision_row(case, message.act, after, _past(after), after.round)
    row.effect = {}  # hundreds of acts: the state stands in the case alone
    store.add(row)
    move_tasks(session, message.before, message.after, message.at)
    write_case(case, after, message.at)
    store.add(case)
    tasks = rulebook_of(session, case.rulebook_version_id).rulebook.rollout.tasks
    named = {task.number: task.name_zh for task in tasks}
    open_tasks(session, case, opened, after.round, names_of(opened, named))


def _audit(session: Session, case: Case, message: RecordRolloutStep, after: RolloutState) -> None:
    """Who did what, and where the launch stands since; of what people typed only head office's reason."""
    act, past = message.act, _past(after)
    audit.append(
        session,
        actor=str(act.actor_id),
        on_behalf_of=str(act.on_behalf_of) if act.on_behalf_of else None,
        action=past.act,
        object_kind="case",
        object_id=str(case.id),
        door=act.door,
        before=_summary(message.before),
        after={**summary(case), **_summary(after), **_about(message)},
        reason=None if isinstance(act, CompletePart) else act.comment.strip() or None,
        request_id=act.request_id,
        at=message.at,
    )


def _summary(state: RolloutState) -> dict[str, Any]:
    dates = {str(item.number): [item.from_on.isoformat(), item.to_on.isoformat()] for item in state.items}
    return {"stage": state.stage.value, "done": len(state.done), "dates": dates}


def _about(message: RecordRolloutStep) -> dict[str, Any]:
    task_id = getattr(message.act, "task_id", None)
    task = next((task for task in message.before.tasks if task.task_id == task_id), None)
    return task.part.model_dump(mode="json") if task else {}
