"""One act of operations on one case, whichever it is: what a page sends and what a bulk act does case by case."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api import acts, ops_acts, ops_mending
from api.acts import Prepare, Standing
from api.gateway import Gateway
from api.ops_acts import Asking
from api.ops_judging import refuse_lost
from models.database import Database
from models.messages.envelope import Envelope
from models.ops_types import OpsAct
from models.services import idempotency
from models.tables.cases import Case

ON_RUNS: Mapping[OpsAct, Callable[[Database, Gateway, Asking, UUID], Awaitable[Case]]] = {
    OpsAct.RETRY: ops_acts.retry,
    OpsAct.RESET: ops_mending.reset,
    OpsAct.TERMINATE: ops_mending.terminate,
}
"""What is done to the run of a case; the rest are acts on the case itself."""


async def perform(database: Database, gateway: Gateway, asking: Asking, act: OpsAct, case_id: UUID) -> None:
    """Do it once under its key. Raises what the act refuses."""
    if act in ON_RUNS:
        await ON_RUNS[act](database, gateway, asking, case_id)
    elif act is OpsAct.RELEASE:
        await run_in_threadpool(ops_acts.release, database, asking, case_id)
    else:
        of_case = ops_acts.skip if act is OpsAct.SKIP else ops_acts.cancel
        prepare = of_case(asking.caller, asking.key, case_id, reason=asking.reason)
        await acts.perform(database, gateway, asking.key, await on_run(database, gateway, asking, case_id, prepare))


async def on_run(database: Database, gateway: Gateway, asking: Asking, case_id: UUID, prepare: Prepare) -> Prepare:
    """An act that the run of the case carries out, refused with RUN_LOST where there is none: nobody would answer it.

    A request that was taken before is left to its first answer. Raises NOT_FOUND, IDEMPOTENCY_CONFLICT, what `prepare`
    refuses, ENGINE_UNAVAILABLE.
    """
    case = await run_in_threadpool(_asked_first, database, asking, case_id, prepare)
    if case is None:
        return prepare
    look = await gateway.standing(case.workflow_id)

    def prepared(session: Session) -> Envelope | Standing:
        refuse_lost(ops_acts.case_for(session, asking.caller, case_id), look)
        return prepare(session)

    return prepared


def _asked_first(database: Database, asking: Asking, case_id: UUID, prepare: Prepare) -> Case | None:
    """The case of a request that nobody sent before; the rules are asked before the engine, and nothing is kept."""
    with database.read() as session:
        case = ops_acts.case_for(session, asking.caller, case_id)
        if idempotency.find(session, asking.key):
            return None
        prepare(session)
        return case
