"""批量处理 of stuck cases: previewed, asked for, and done beside the requests, each case authorised and audited alone.

One case that refuses does not stop the others. A process that dies leaves the job to the next one, which goes on with
the case that was under way under the same key, so that nothing is done twice.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api import acts, ops_acts
from api.acts import Prepare
from api.bulk import at_most
from api.deps import Action, Caller
from api.gateway import Gateway
from api.ops_doing import on_run, perform
from api.ops_judging import refuse_lost
from api.ops_offers import ASKED, Standing, asked_key, refuse
from api.problems import sentence
from api.schemas.ops import OpsBulkAnswer, OpsBulkItemAnswer
from api.security.guard import caller_as
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.ops_types import BulkAct, OpsAct
from models.services import jobs, ops_bulk
from models.services.desk.acting import invalid
from models.services.idempotency import Key
from models.services.jobs import JobLostError
from models.services.ops_bulk import Wish
from models.stores.cases import CaseStore
from models.tables.cases import Case
from models.tables.jobs import Job
from models.types import Door

EVERY_SECONDS = 2.0
AT_ONCE = 8
"""Looks at runs beside each other for a preview."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Previewed:
    """A case before anything is done: as the caller sees it, and what would refuse the act."""

    case_id: UUID
    case: Case | None
    refusal: DomainError | None


def wish(act: BulkAct, case_ids: Sequence[UUID], to: UUID | None, reason: str = "") -> Wish:
    """Each case once, in the order given."""
    return Wish(act, tuple(dict.fromkeys(case_ids)), reason.strip(), to)


def ask(session: Session, caller: Caller, wanted: Wish) -> Job:
    """The job. Raises REASON_REQUIRED, INVALID_INPUT for no case, too many, or 改派 to nobody."""
    if not wanted.case_ids:
        raise invalid("case_ids", "missing")
    if len(wanted.case_ids) > at_most(session):
        raise invalid("case_ids", "too_many_items")
    if wanted.act is BulkAct.REASSIGN and wanted.to is None:
        raise invalid("to", "missing")
    return ops_bulk.ask(session, wanted, caller.account_id, caller.by)


async def preview(database: Database, gateway: Gateway, caller: Caller, wanted: Wish) -> list[Previewed]:
    """What each case would come to now, in the order of the wish."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(case_id: UUID) -> Previewed:
        async with gate:
            return await _preview(database, gateway, caller, wanted, case_id)

    return list(await asyncio.gather(*map(one, wanted.case_ids)))


def preview_item(found: Previewed) -> OpsBulkItemAnswer:
    """The same as JSON."""
    return _item(found.case_id, found.case, found.refusal)


def bulk_answer(session: Session, job: Job) -> OpsBulkAnswer:
    """A job as JSON, with what became of each case so far."""
    wanted, kept = ops_bulk.wish_of(job), ops_bulk.results(job)
    cases = CaseStore(session).by_ids({UUID(item["case_id"]) for item in kept})
    items = []
    for item in kept:
        refusal = DomainError(ErrorCode(item["code"]), **item["context"]) if "code" in item else None
        items.append(_item(UUID(item["case_id"]), cases.get(UUID(item["case_id"])), refusal))
    fields = job.model_dump(include={"state", "done", "total", "created_at", "finished_at"})
    stopped = ops_bulk.is_stopped(job)
    return OpsBulkAnswer(bulk_id=job.id, act=wanted.act, reason=wanted.reason, stopped=stopped, items=items, **fields)


def _item(case_id: UUID, case: Case | None, refusal: DomainError | None) -> OpsBulkItemAnswer:
    known = {"kind": case.kind, "number": case.number, "workflow_id": case.workflow_id} if case else {}
    refused = {"code": refusal.code, "detail": sentence(refusal.code, refusal.context)} if refusal else {}
    return OpsBulkItemAnswer(case_id=case_id, **known, **refused)


async def _preview(database: Database, gateway: Gateway, caller: Caller, wanted: Wish, case_id: UUID) -> Previewed:
    case = None
    try:
        case = await run_in_threadpool(_seen, database, caller, case_id)
        look = await gateway.standing(case.workflow_id)
        await run_in_threadpool(_try, database, caller, wanted, Standing(case, look))
    except DomainError as error:
        return Previewed(case_id, case, error)
    return Previewed(case_id, case, None)


def _seen(database: Database, caller: Caller, case_id: UUID) -> Case:
    with database.read() as session:
        return ops_acts.case_for(session, caller, case_id)


def _try(database: Database, caller: Caller, wanted: Wish, found: Standing) -> None:
    """What the records, the rules and the run say to the act; nothing is kept and nothing is sent."""
    with database.read() as session:
        if wanted.act is not BulkAct.REASSIGN:
            refuse(session, caller, found, OpsAct(wanted.act))
            return
        refuse_lost(found.case, found.look)
        key, trial = asked_key(caller.account_id), wanted._replace(reason=wanted.reason or ASKED)
        _reassigned(caller, key, trial, found.case.id)(session)


def _reassigned(caller: Caller, key: Key, wanted: Wish, case_id: UUID) -> Prepare:
    if wanted.to is None:
        raise invalid("to", "missing")
    return ops_acts.reassign(caller, key, case_id, to=wanted.to, reason=wanted.reason)


async def act_in_bulk_for_ever(database: Database, gateway: Gateway) -> None:
    """Take up what operations asks for, until cancelled."""
    while True:
        try:
            found = await run_in_threadpool(_waiting, database)
            if found is not None:
                await act_in_bulk(database, gateway, found)
        except (OperationalError, JobLostError) as error:
            _log.warning("bulk acts wait", error=type(error).__name__)
        await asyncio.sleep(EVERY_SECONDS)


def _waiting(database: Database) -> UUID | None:
    with database.read() as session:
        return jobs.find_free(session, [ops_bulk.JOB_KIND])


async def act_in_bulk(database: Database, gateway: Gateway, job_id: UUID) -> None:
    """Do the job, unless another process does. Raises JobLostError when another took it over meanwhile."""
    if not await run_in_threadpool(_claim, database, job_id):
        return
    while (case_id := await run_in_threadpool(_next, database, job_id)) is not None:
        refusal = await _act(database, gateway, job_id, case_id)
        await run_in_threadpool(_note, database, job_id, case_id, refusal)


def _claim(database: Database, job_id: UUID) -> bool:
    with database.write() as session:
        return jobs.claim(session, job_id)


def _next(database: Database, job_id: UUID) -> UUID | None:
    with database.write() as session:
        return ops_bulk.next_case(session, job_id)


def _note(database: Database, job_id: UUID, case_id: UUID, refusal: DomainError | None) -> None:
    with database.write() as session:
        ops_bulk.note(session, job_id, case_id, refusal)


async def _act(database: Database, gateway: Gateway, job_id: UUID, case_id: UUID) -> DomainError | None:
    """One case, as its own act of whoever asked, with the posts it holds now."""
    try:
        caller, wanted = await run_in_threadpool(_asked, database, job_id)
        key = acts.key_for(caller, f"{job_id}:{case_id}", f"ops-{wanted.act.value}:{case_id}", wanted.reason)
        asking = ops_acts.Asking(caller, key, wanted.reason)
        if wanted.act is BulkAct.REASSIGN:
            prepare = _reassigned(caller, key, wanted, case_id)
            await acts.perform(database, gateway, key, await on_run(database, gateway, asking, case_id, prepare))
        else:
            await perform(database, gateway, asking, OpsAct(wanted.act), case_id)
    except DomainError as error:
        return error
    return None


def _asked(database: Database, job_id: UUID) -> tuple[Caller, Wish]:
    """Raises SIGN_IN_REQUIRED or NOT_ALLOWED when whoever asked may do it no more."""
    with database.read() as session:
        job = ops_bulk.get(session, job_id)
        if job.created_by is None:
            raise DomainError(ErrorCode.NOT_ALLOWED, who="OPS")
        caller = caller_as(session, job.created_by, Door.PAGE)
        if not caller.may(Action.MANAGE_OPS):
            raise DomainError(ErrorCode.NOT_ALLOWED, who="OPS")
        return caller, ops_bulk.wish_of(job)
