"""What the record of one act has in common for every kind of case: the row it is held on and the row it leaves."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models.messages.approval import Act, ApprovalState, PastAct
from models.messages.rollout import RolloutPast
from models.messages.service import ServicePast
from models.services.actors import account_of, name_of
from models.services.approval.diverged import RecordDivergedError
from models.services.case_state import CaseState
from models.stores.cases import CaseStore
from models.tables.cases import Case, Decision


def held(session: Session, case_id: UUID) -> Case:
    """The case, held against other writers until this transaction ends. Raises RecordDivergedError without one."""
    case = CaseStore(session).locked(case_id)
    if case is None:
        raise RecordDivergedError(f"case {case_id} has no record")
    return case


def check_version(case: Case, version: int) -> None:
    """Raises RecordDivergedError when workflow and record are not at the same point."""
    if case.version != version:
        raise RecordDivergedError(f"case {case.id}: record at {case.version}, workflow at {version}")


def write_case(case: Case, after: CaseState, at: datetime) -> None:
    """The row as the state has it. A case that was closed and is opened again has neither outcome nor end."""
    case.stage, case.round, case.version = after.stage, after.round, after.version
    if isinstance(after, ApprovalState):
        case.tier, case.seat_kind = after.tier, after.seat_kind
    case.state = after.model_dump(mode="json")
    if after.outcome is None:
        case.outcome, case.closed_at = None, None
    elif case.outcome is None:
        case.outcome, case.closed_at, case.open_key, case.in_reserve_since = after.outcome, at, None, None


def decision_row(
    case: Case, act: Act, after: CaseState, past: PastAct | ServicePast | RolloutPast, round_no: int
) -> Decision:
    """The row of an accepted act with the state it led to; what one kind of act has besides is set on it."""
    return Decision(
        case_id=case.id,
        step_no=past.step_no,
        task_id=past.task_id,
        update_id=act.update_id,
        act=past.act,
        stage=past.stage,
        round=round_no,
        actor_id=account_of(act),
        actor_name=name_of(act),
        on_behalf_of=act.on_behalf_of,
        on_behalf_of_name=act.on_behalf_of_name,
        to_name=past.to_name,
        door=act.door,
        comment=act.comment or None,
        content_hash=act.content_hash,
        effect=after.model_dump(mode="json"),
        at=past.at,
    )


def summary(case: Case) -> dict[str, Any]:
    """What the audit trail compares of any case."""
    return {"stage": case.stage.value, "round": case.round, "tier": case.tier.value}
