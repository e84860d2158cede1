"""重置 and 终止: a run that cannot be mended otherwise is started again from its record, or cut off.

What is asked for is judged, then written down with its reason, then done: a crash on the way leaves a trail and a run
that is still on the stuck list, and the same request again goes on from there.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api.act_base import act_fields, now
from api.gateway import Gateway, WorkflowGoneError
from api.gateway.reads import Look, Run, RunStatus
from api.ops_acts import Asking, case_for
from api.ops_judging import fails, refuse_reset, refuse_terminate
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.approval import Act
from models.messages.envelope import Starting
from models.ops_types import KINDS_WITH_RECORDS, DriftKind
from models.services import audit, ending, idempotency
from models.services.desk.acting import invalid
from models.services.desk.once import Facts, once
from models.services.idempotency import Kept
from models.services.reconcile import runs
from models.services.restarting import start_again
from models.stores.audit import AuditStore
from models.stores.cases import CaseStore
from models.stores.reconcile import ReconcileStore
from models.tables.cases import Case
from models.types import Door

RESET, RUN_ENDED = "ops.reset", "ops.run_terminated"
AT_WORK = timedelta(seconds=10)
"""What a reset or an end takes at most, from its entry in the trail to the engine's answer."""
_MENDED = (DriftKind.RUN_MISSING, DriftKind.RECORD_MISSING, DriftKind.RUN_FAILING)


def check_confirmed(*, confirmed: bool) -> None:
    """Raises INVALID_INPUT: what nothing brings back is confirmed besides its reason."""
    if not confirmed:
        raise invalid("confirmed", "missing")


async def reset(database: Database, gateway: Gateway, asking: Asking, case_id: UUID) -> Case:
    """重置: what is left of the run ends, and another one goes on where the record stands.

    Raises NOT_FOUND, REASON_REQUIRED, IDEMPOTENCY_CONFLICT, and as `refuse_reset`; ENGINE_UNAVAILABLE,
    NOT_YET_CONFIRMED.
    """
    case, tries, again = await run_in_threadpool(_asked, database, asking, case_id)
    looked, look = now(), await gateway.standing(case.workflow_id)
    if again and case.outcome is not None:
        return case  # the first request of this key did it; the case came to its end since
    if not again:
        refuse_reset(case, look, tries)
    start = await run_in_threadpool(_note_reset, database, asking, case, (look, looked))
    if look.status is RunStatus.RUNNING and not fails(look, tries):
        return case  # the first request of this key did it
    await _end(gateway, case.workflow_id, look, _because(asking, RESET))
    try:
        await gateway.send(start)
    except WorkflowGoneError as error:
        raise await run_in_threadpool(_ended_itself, database, asking, case_id) from error
    await run_in_threadpool(_settle, database, case.workflow_id)
    return case


async def terminate(database: Database, gateway: Gateway, asking: Asking, case_id: UUID) -> Case:
    """终止: the record ends as cut off, then the run; of a case that is closed only the run.

    Raises NOT_FOUND, REASON_REQUIRED, IDEMPOTENCY_CONFLICT, and as `refuse_terminate`; ENGINE_UNAVAILABLE.
    """
    case, tries, again = await run_in_threadpool(_asked, database, asking, case_id)
    looked, look = now(), await gateway.standing(case.workflow_id)
    if not again:
        refuse_terminate(case, look, tries, looked)
    await run_in_threadpool(_cut_off, database, asking, case, looked)
    await _end(gateway, case.workflow_id, look, _because(asking, ending.TERMINATED))
    await run_in_threadpool(_settle, database, case.workflow_id)
    return await run_in_threadpool(_case, database, asking, case_id)


async def orphan(database: Database, gateway: Gateway, workflow_id: str) -> Run:
    """A run that no record knows. Raises NOT_FOUND for any other, RUN_IN_ORDER for one that has just begun."""
    look = await gateway.standing(workflow_id)
    known = await run_in_threadpool(_is_known, database, workflow_id)
    if known or look.seen is None or look.status is not RunStatus.RUNNING or look.seen.kind not in KINDS_WITH_RECORDS:
        raise DomainError(ErrorCode.NOT_FOUND)
    if look.seen.started_at > now() - runs.OPENING:
        raise DomainError(ErrorCode.RUN_IN_ORDER)
    return Run(workflow_id, look.seen.kind, look.seen.started_at, look.seen.run_id)


async def terminate_orphan(database: Database, gateway: Gateway, asking: Asking, workflow_id: str) -> None:
    """终止 of a run that no record knows: nothing but the run ends.

    Raises as `orphan`, and REASON_REQUIRED, IDEMPOTENCY_CONFLICT; ENGINE_UNAVAILABLE.
    """
    if not asking.reason:
        raise DomainError(ErrorCode.REASON_REQUIRED)
    noted = await run_in_threadpool(_noted, database, asking)
    if noted is None:
        looked, run = now(), await orphan(database, gateway, workflow_id)
        noted = await run_in_threadpool(_note_orphan, database, asking, run, looked)
    await gateway.terminate(workflow_id, noted["run_id"], _because(asking, RUN_ENDED))
    await run_in_threadpool(_settle, database, workflow_id)


def _asked(database: Database, asking: Asking, case_id: UUID) -> tuple[Case, int, bool]:
    """The case, after how many tries it fails, and whether this very request was taken before."""
    if not asking.reason:
        raise DomainError(ErrorCode.REASON_REQUIRED)
    with database.read() as session:
        case = case_for(session, asking.caller, case_id)
        return case, runs.watch(session, now()).failing_tries, idempotency.find(session, asking.key) is not None


def _noted(database: Database, asking: Asking) -> Facts | None:
    with database.read() as session:
        found = idempotency.find(session, asking.key)
        return found.answer if isinstance(found, Kept) else None


def _is_known(database: Database, workflow_id: str) -> bool:
    with database.read() as session:
        return bool(ReconcileStore(session).known([workflow_id]))


def _case(database: Database, asking: Asking, case_id: UUID) -> Case:
    with database.read() as session:
        return case_for(session, asking.caller, case_id)


def _ended_itself(database: Database, asking: Asking, case_id: UUID) -> DomainError:
    """What refuses a reset of a run that came to its own end after it was looked at."""
    outcome = _case(database, asking, case_id).outcome
    return DomainError(ErrorCode.CASE_CLOSED, outcome=outcome.value) if outcome else DomainError(ErrorCode.RUN_AHEAD)


def _act(asking: Asking) -> Act:
    return Act(**{**act_fields(asking.caller, asking.key, asking.reason), "door": Door.OVERRIDE})


def _note_reset(database: Database, asking: Asking, case: Case, seen: tuple[Look[BaseModel], datetime]) -> Starting:
    look, looked = seen
    told = {"status": look.status.value, "activity": look.trouble.activity if look.trouble else None}
    with database.write() as session:
        start = start_again(session, _held(session, case), _act(asking))
        once(session, asking.key, now(), lambda: _write(session, asking, (RESET, looked), case, told))
        return start


def _cut_off(database: Database, asking: Asking, case: Case, looked: datetime) -> None:
    def do(session: Session) -> Facts:
        if case.outcome is not None:
            return _write(session, asking, (RUN_ENDED, looked), case, {})
        _held(session, case)
        ending.terminate(session, case.id, _act(asking), now())
        return {"case_id": str(case.id)}

    with database.write() as session:
        once(session, asking.key, now(), lambda: do(session))


def _held(session: Session, case: Case) -> Case:
    """The case as it was judged, held. Raises NOT_FOUND; CASE_CLOSED, RUN_IN_ORDER where it moved since."""
    row = CaseStore(session).locked(case.id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    if row.outcome is not None and case.outcome is None:
        raise DomainError(ErrorCode.CASE_CLOSED, outcome=row.outcome.value)
    if row.version != case.version:
        raise DomainError(ErrorCode.RUN_IN_ORDER)
    return row


def _write(
    session: Session, asking: Asking, act: tuple[str, datetime], case: Case, seen: Mapping[str, str | None]
) -> Facts:
    about, (action, looked) = ("case", str(case.id)), act
    _refuse_twice(session, action, about, looked)
    _audit(session, asking, action, about, seen)
    return {"case_id": str(case.id)}


def _refuse_twice(session: Session, action: str, about: tuple[str, str], looked: datetime) -> None:
    """Somebody else is just doing it. Raises RUN_IN_ORDER: it is done, and recorded, once.

    Of one whose process died on the way nothing is left to wait for after `AT_WORK`.
    """
    if any(entry.action == action and entry.at >= looked - AT_WORK for entry in AuditStore(session).of(*about)):
        raise DomainError(ErrorCode.RUN_IN_ORDER)


def _note_orphan(database: Database, asking: Asking, run: Run, looked: datetime) -> Facts:
    def do(session: Session) -> Facts:
        _refuse_twice(session, RUN_ENDED, ("run", run.workflow_id), looked)
        seen = {"kind": run.kind, "started_at": run.started_at.isoformat()}
        _audit(session, asking, RUN_ENDED, ("run", run.workflow_id), seen)
        return {"run_id": run.run_id}

    with database.write() as session:
        return once(session, asking.key, now(), lambda: do(session))


def _audit(
    session: Session, asking: Asking, action: str, about: tuple[str, str], before: Mapping[str, str | None]
) -> None:
    audit.append(
        session,
        actor=str(asking.caller.account_id),
        action=action,
        object_kind=about[0],
        object_id=about[1],
        door=Door.OVERRIDE,
        before=dict(before),
        reason=asking.reason,
        request_id=asking.caller.request_id,
    )


def _settle(database: Database, workflow_id: str) -> None:
    with database.write() as session:
        ReconcileStore(session).mended(workflow_id, _MENDED, now())


async def _end(gateway: Gateway, workflow_id: str, look: Look[BaseModel], because: str) -> None:
    """End the very run that was looked at."""
    if look.status is RunStatus.RUNNING and look.seen is not None:
        await gateway.terminate(workflow_id, look.seen.run_id, because)


def _because(asking: Asking, action: str) -> str:
    """What the engine is told: which act it was, never what people typed."""
    return f"{action} {asking.key.update_id}"
