"""One act of operations on one case, whichever it is: what a page sends and what a bulk act does case by case."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from starlette.concurrency import run_in_threadpool

from api import acts, ops_acts, ops_mending
from api.gateway import Gateway
from api.ops_acts import Asking
from models.database import Database
from models.ops_types import OpsAct
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
        await acts.perform(database, gateway, asking.key, prepare)
