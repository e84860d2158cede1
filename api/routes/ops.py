"""`/ops`: what operations 运行监控 sees and does."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api import reconcile_acts
from api.act_base import now
from api.deps import Action, Caller, DatabaseDep, require
from api.ops_answers import health_of, overview_answer, stuck_page
from api.paging import PagingDep
from api.routes.recording import Recording, recording
from api.schemas.base import PageAnswer
from api.schemas.ops import DriftPageAnswer, OverviewAnswer, ReconcileBody, RunAnswer, StuckAnswer
from models.ops_types import DriftKind, StuckReason
from models.services import jobs
from models.services.desk.once import Facts, once
from models.services.idempotency import Key

router = APIRouter(prefix="/ops", tags=["ops"])
WatcherDep = Annotated[Caller, require(Action.READ_OPS)]


@router.get("/overview")
async def read_overview(request: Request, database: DatabaseDep, _caller: WatcherDep) -> OverviewAnswer:
    """What runs, waits, is due and is stuck, over all institutions; what came and went; what to mend first."""
    health = await health_of(request)

    def answer() -> OverviewAnswer:
        with database.read() as session:
            return overview_answer(session, health, request.app.state.outlooks, now())

    return await run_in_threadpool(answer)


@router.get("/stuck")
def read_stuck(
    database: DatabaseDep, paging: PagingDep, _caller: WatcherDep, reason: StuckReason = StuckReason.OVERDUE
) -> PageAnswer[StuckAnswer]:
    """What is stuck by a reason, the longest due first; what fails, and orphans, as the last comparison saw them."""
    with database.read() as session:
        return stuck_page(session, reason, paging, now())


@router.get("/drift")
def read_drift(
    database: DatabaseDep, paging: PagingDep, _caller: WatcherDep, kind: DriftKind | None = None
) -> DriftPageAnswer:
    """The last comparison of records and engine, and what differed, both sides of it."""
    with database.read() as session:
        return reconcile_acts.page(session, paging, kind)


@router.post("/drift", status_code=202)
def start_reconcile(body: ReconcileBody, by: Annotated[Recording, recording(Action.MANAGE_OPS)]) -> RunAnswer:
    """Compare now; with `repair` what is found is rewritten from workflow state, each with an entry in the trail."""

    def do(session: Session, key: Key) -> Facts:
        return once(session, key, now(), lambda: {"run_id": str(reconcile_acts.start(session, by.caller, body).id)})

    def answer(session: Session, facts: Facts) -> RunAnswer:
        return reconcile_acts.run_answer(session, jobs.get(session, UUID(facts["run_id"])))

    return by.once("reconcile", body, do, answer)
