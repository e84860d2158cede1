"""What operations does to a case 运营干预: always with a reason, through the case's own workflow."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api import chain_acts
from api.act_base import desk_rules, known_person, now
from api.acts import Prepare, Standing
from api.deps import Action, Caller
from api.gateway import Gateway, WorkflowGoneError
from api.service_acts import on_service, service_case
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.envelope import Envelope
from models.messages.handing import Target
from models.messages.service_acts import AssignService, CancelService, SkipTouchpoint, StopTouchpoint
from models.services import audit
from models.services.authority import is_authorised
from models.services.case_state import is_approval, is_service, waiting_task
from models.services.desk import claiming
from models.services.desk.acting import Actor
from models.services.desk.once import Facts, once
from models.services.idempotency import Key
from models.stores.cases import CaseStore
from models.stores.desk import DeskStore
from models.tables.cases import Case
from models.types import CaseKind, Door, Role, TaskState

RETRIED = "ops.retried"


@dataclass(frozen=True)
class Asking:
    """Who asks, under which key, why."""

    caller: Caller
    key: Key
    reason: str


def case_for(session: Session, caller: Caller, case_id: UUID) -> Case:
    """A case as operations sees it. Raises NOT_FOUND."""
    case = CaseStore(session).in_scope(case_id, caller.scope(Action.READ_OPS))
    if case is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return case


def reassign(caller: Caller, key: Key, case_id: UUID, *, to: UUID, reason: str) -> Prepare:
    """改派 of what the case waits for. Raises WRONG_STAGE where nothing waits, REASON_REQUIRED, BAD_TRANSFER_TARGET."""

    def prepare(session: Session) -> Envelope | Standing:
        case = case_for(session, caller, case_id)
        if is_service(case):
            target = _target(session, case, to)
            build = on_service(caller, key, case_id, lambda own: AssignService(**_because(own, reason), to=target))
            return build(session)
        task = waiting_task(case) if is_approval(case) else None
        if task is None:
            raise DomainError(ErrorCode.WRONG_STAGE, stage=case.stage.value)
        act = chain_acts.reassign(caller, key, task.task_id, version=task.version, to=to, comment=reason)
        return act(session)

    return prepare


def skip(caller: Caller, key: Key, case_id: UUID, *, reason: str) -> Prepare:
    """跳过 of a touchpoint: the only kind that may be left out. Raises WRONG_STAGE for any other, REASON_REQUIRED."""
    return _on_touchpoint(caller, key, case_id, reason, SkipTouchpoint)


def cancel(caller: Caller, key: Key, case_id: UUID, *, reason: str) -> Prepare:
    """取消 of what nobody owes or wants any more, as far as the rules of its kind know a cancellation.

    An approval is withdrawn 撤销 as its declarant could. Raises REASON_REQUIRED, WRONG_STAGE, TOO_LATE_TO_WITHDRAW,
    OWN_CASE, CASE_CLOSED; NOT_ALLOWED for a launch, which head office alone calls off.
    """

    def prepare(session: Session) -> Envelope | Standing:
        case = case_for(session, caller, case_id)
        if case.kind is CaseKind.ROLLOUT:
            raise DomainError(ErrorCode.NOT_ALLOWED, who=Role.HQ_VIP.value)
        if is_approval(case):
            return chain_acts.withdraw_for(caller, key, case, comment=reason)
        kind = StopTouchpoint if case.kind is CaseKind.CARE_TOUCHPOINT else CancelService
        return on_service(caller, key, case_id, lambda own: kind(**_because(own, reason)))(session)

    return prepare


def release(database: Database, asking: Asking, case_id: UUID) -> None:
    """放回: what a case waits for goes back from whoever claimed it to the post.

    Raises NOT_FOUND, REASON_REQUIRED, WRONG_STAGE where nobody claimed it: what a person was named for is handed on.
    """
    if not asking.reason:
        raise DomainError(ErrorCode.REASON_REQUIRED)
    with database.write() as session:
        once(session, asking.key, now(), lambda: _released(session, asking, case_id))


def _released(session: Session, asking: Asking, case_id: UUID) -> Facts:
    case, caller = case_for(session, asking.caller, case_id), asking.caller
    open_rows = DeskStore(session).open_tasks(case.id)
    row = next((task for task in open_rows if task.state is TaskState.CLAIMED), None)
    if row is None:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=case.stage.value)
    by = Actor(caller.account_id, caller.name, Door.OVERRIDE, now(), caller.request_id)
    claiming.take_from_holder(session, row, by, asking.reason)
    return {"task_id": str(row.id)}


async def retry(database: Database, gateway: Gateway, asking: Asking, case_id: UUID) -> Case:
    """重试 of what fails in the case's run, now; told in the trail with what was tried again.

    Raises NOT_FOUND, REASON_REQUIRED, WRONG_STAGE where nothing fails, CASE_CLOSED when the run is over, RUN_LOST
    where it should not be.
    """
    if not asking.reason:
        raise DomainError(ErrorCode.REASON_REQUIRED)

    def found() -> Case:
        with database.read() as session:
            return case_for(session, asking.caller, case_id)

    case = await run_in_threadpool(found)
    try:
        activities = await gateway.retry(case.workflow_id)
    except WorkflowGoneError as error:
        if case.outcome is None:
            raise DomainError(ErrorCode.RUN_LOST) from error
        raise DomainError(ErrorCode.CASE_CLOSED, outcome=case.outcome.value) from error
    if not activities:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=case.stage.value)
    await run_in_threadpool(_note, database, asking, case, activities)
    return case


def _on_touchpoint(
    caller: Caller, key: Key, case_id: UUID, reason: str, kind: type[SkipTouchpoint] | type[StopTouchpoint]
) -> Prepare:
    def prepare(session: Session) -> Envelope | Standing:
        case = case_for(session, caller, case_id)
        if case.kind is not CaseKind.CARE_TOUCHPOINT:
            raise DomainError(ErrorCode.WRONG_STAGE, stage=case.stage.value)
        return on_service(caller, key, case_id, lambda own: kind(**_because(own, reason)))(session)

    return prepare


def _because(own: dict[str, Any], reason: str) -> dict[str, Any]:
    if not reason:
        raise DomainError(ErrorCode.REASON_REQUIRED)
    return {**own, "comment": reason}


def _target(session: Session, case: Case, to: UUID) -> Target:
    """Raises INVALID_INPUT for nobody we know, BAD_TRANSFER_TARGET for who may not do it."""
    account, task = known_person(session, to), waiting_task(service_case(session, case.id))
    if task is None:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=case.stage.value)
    desk = desk_rules(session, case)
    if not is_authorised(session, desk, account.id, task.role, task.institution_code):
        raise DomainError(ErrorCode.BAD_TRANSFER_TARGET, who=account.name)
    return Target(account_id=account.id, name=account.name, authorised=True)


def _note(database: Database, asking: Asking, case: Case, activities: tuple[str, ...]) -> None:
    def write(session: Session) -> dict[str, str]:
        audit.append(
            session,
            actor=str(asking.caller.account_id),
            action=RETRIED,
            object_kind="case",
            object_id=str(case.id),
            door=Door.OVERRIDE,
            after={"activities": list(activities)},
            reason=asking.reason,
            request_id=asking.caller.request_id,
        )
        return {"case_id": str(case.id)}

    with database.write() as session:
        once(session, asking.key, now(), lambda: write(session))
