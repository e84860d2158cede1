"""`/ops/cases`: the search over all cases, one case with its run, and what operations does to it, with a reason."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api import acts, ops_acts
from api.deps import Action, Caller, DatabaseDep, GatewayDep, SettingsDep, require
from api.ops_case import case_ops_answer, search_answer, watched
from api.paging import PagingDep
from api.routes.sending import Sending, sending
from api.schemas.base import PageAnswer
from api.schemas.cases import CaseRowAnswer
from api.schemas.ops import CaseOpsAnswer, OpsCaseRowAnswer, OpsReassignBody, ReasonBody

router = APIRouter(prefix="/ops/cases", tags=["ops"])
WatcherDep = Annotated[Caller, require(Action.READ_OPS)]
ActingDep = Annotated[Sending, sending(Action.MANAGE_OPS)]


@router.get("")
def search_cases(
    database: DatabaseDep, paging: PagingDep, _caller: WatcherDep, q: Annotated[str, Query(max_length=128)] = ""
) -> PageAnswer[OpsCaseRowAnswer]:
    """Cases of any kind by number, customer's name or workflow, newest first."""
    with database.read() as session:
        return search_answer(session, q, paging)


@router.get("/{case_id}")
async def read_case(
    case_id: UUID, database: DatabaseDep, gateway: GatewayDep, settings: SettingsDep, caller: WatcherDep
) -> CaseOpsAnswer:
    """What the case waits for, what fails, the next timer, every event of its run."""
    return case_ops_answer(await watched(database, gateway, caller, case_id), settings)


@router.post("/{case_id}/retry")
async def retry(case_id: UUID, body: ReasonBody, by: ActingDep, settings: SettingsDep) -> CaseOpsAnswer:
    """重试: what fails is tried again at once."""
    key = acts.key_for(by.caller, by.key, f"ops-retry:{case_id}", body.model_dump(mode="json"))
    await ops_acts.retry(by.database, by.gateway, ops_acts.Asking(by.caller, key, body.reason), case_id)
    return case_ops_answer(await watched(by.database, by.gateway, by.caller, case_id), settings)


@router.post("/{case_id}/reassign")
async def reassign(case_id: UUID, body: OpsReassignBody, by: ActingDep) -> CaseRowAnswer:
    """改派 of what the case waits for."""
    return await by.on_case(
        "ops-reassign",
        case_id,
        body,
        lambda key: ops_acts.reassign(by.caller, key, case_id, to=body.to, reason=body.reason),
    )


@router.post("/{case_id}/skip")
async def skip(case_id: UUID, body: ReasonBody, by: ActingDep) -> CaseRowAnswer:
    """跳过: a touchpoint alone may be left out."""
    return await by.on_case(
        "ops-skip", case_id, body, lambda key: ops_acts.skip(by.caller, key, case_id, reason=body.reason)
    )


@router.post("/{case_id}/cancel")
async def cancel(case_id: UUID, body: ReasonBody, by: ActingDep) -> CaseRowAnswer:
    """取消: of a touchpoint that nobody owes any more."""
    return await by.on_case(
        "ops-cancel", case_id, body, lambda key: ops_acts.cancel(by.caller, key, case_id, reason=body.reason)
    )
