"""终止 in the records: the last act of a case whose run cannot be mended, in one transaction with its audit entry.

It stands as the act after the last one, so a run that is alive after all finds it there and ends by it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import Act
from models.messages.rollout import RolloutState
from models.messages.service import ServiceState
from models.messages.service_acts import CancelService, StopTouchpoint
from models.rules.ending import check_terminable, terminated
from models.services import audit
from models.services.actors import actor_of
from models.services.approval.tasks import move_tasks
from models.services.calendars import case_calendar
from models.services.case_state import CaseState, state_of
from models.services.case_steps import decision_row, summary, write_case
from models.services.notifications import emit, notify
from models.services.servicing.effects.base import Step
from models.services.servicing.effects.registry import effect_of
from models.stores.case_names import case_name
from models.stores.cases import CaseStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case
from models.types import CaseKind

TERMINATED = "ops.terminated"


@dataclass(frozen=True)
class _Ending:
    """The last step of a case on its way into the records."""

    case: Case
    act: Act
    before: CaseState
    after: CaseState
    at: datetime


def terminate(session: Session, case_id: UUID, act: Act, at: datetime) -> Case:
    """End the case as cut off. Raises NOT_FOUND, and as `check_terminable`."""
    case = CaseStore(session).locked(case_id)
    if case is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    before = state_of(case)
    check_terminable(case.kind, before)
    after = terminated(before, act, at, case_calendar(session, case, at))
    step, told, seen = _Ending(case, act, before, after, at), _who_hears(session, case, before), summary(case)
    _write(session, step)
    _tell(session, step, told)
    _audit(session, step, seen)
    return case


def _write(session: Session, step: _Ending) -> None:
    case, after = step.case, step.after
    row = decision_row(case, step.act, after, after.acts[-1], after.round)
    if isinstance(after, RolloutState):
        row.effect = {}  # as every act on a launch: the state stands in the case alone
    CaseStore(session).add(row)
    move_tasks(session, step.before, after, step.at)
    write_case(case, after, step.at)
    CaseStore(session).add(case)
    _write_served(session, step)


def _write_served(session: Session, step: _Ending) -> None:
    """What a case that serves a customer leaves in its own rows is what its cancellation would leave."""
    case, before, after = step.case, step.before, step.after
    if not isinstance(before, ServiceState) or not isinstance(after, ServiceState):
        return
    fields = {**step.act.model_dump(exclude={"kind"}), "version": before.version}
    as_if = CancelService(**fields) if case.kind is CaseKind.GREEN_CHANNEL else StopTouchpoint(**fields)
    served = Step(before, after, as_if, lambda: case_calendar(session, case, step.at), step.at)
    effect_of(case.kind).stepped(session, case, served)


def _who_hears(session: Session, case: Case, state: CaseState) -> frozenset[UUID]:
    """Whoever began it, and everybody who loses a task by it."""
    rows = [TaskStore(session).get(task.task_id) for task in state.tasks]
    holders = {row.assignee_id for row in rows if row is not None and row.assignee_id is not None}
    return frozenset(holders | {case.declared_by})


def _tell(session: Session, step: _Ending, told: frozenset[UUID]) -> None:
    case, act = step.case, step.act
    about = {"customer_no": case.number, "customer_name": case_name(session, case)}
    notify(
        session,
        to=sorted(told - {act.actor_id}),
        template="case_terminated",
        key=f"case_terminated:{case.id}",
        at=step.at,
        case_id=case.id,
        context={**about, "by": act.actor_name, "text": act.comment},
    )
    for task in step.before.tasks:
        whose: dict[str, Any] = {"account_id": task.assignee_id}
        if task.assignee_id is None:
            whose = {"role": task.role, "institution_code": task.institution_code}
        emit(session, "task_closed", step.at, case_id=case.id, task_id=task.task_id, **whose)


def _audit(session: Session, step: _Ending, seen: dict[str, Any]) -> None:
    case, act = step.case, step.act
    audit.append(
        session,
        actor=actor_of(act),
        action=TERMINATED,
        object_kind="case",
        object_id=str(case.id),
        door=act.door,
        before=seen,
        after=summary(case) | {"outcome": str(case.outcome)},
        reason=act.comment,
        request_id=act.request_id,
        at=step.at,
    )
