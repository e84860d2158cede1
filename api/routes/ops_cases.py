"""`/ops/cases`: the search over all cases, one case with its run, and what operations does to it, with a reason."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool

from api import acts, ops_acts, ops_mending
from api.acts import Prepare
from api.deps import Action, Caller, DatabaseDep, GatewayDep, SettingsDep, require
from api.ops_case import case_ops_answer, search_answer, watched
from api.ops_doing import on_run
from api.paging import PagingDep
from api.routes.sending import Sending, sending
from api.schemas.base import PageAnswer
from api.schemas.cases import CaseRowAnswer
from api.schemas.ops import CaseOpsAnswer, OpsCaseRowAnswer, OpsReassignBody, ReasonBody, TerminateBody
from models.settings import Settings

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
    await ops_acts.retry(by.database, by.gateway, _asking(by, "retry", case_id, body), case_id)
    return await _answer(by, case_id, settings)


@router.post("/{case_id}/reassign")
async def reassign(case_id: UUID, body: OpsReassignBody, by: ActingDep) -> CaseRowAnswer:
    """改派 of what the case waits for."""
    asking = _asking(by, "reassign", case_id, body)
    prepare = ops_acts.reassign(by.caller, asking.key, case_id, to=body.to, reason=body.reason)
    return await _on_run(by, "reassign", case_id, body, prepare)


@router.post("/{case_id}/skip")
async def skip(case_id: UUID, body: ReasonBody, by: ActingDep) -> CaseRowAnswer:
    """跳过: a touchpoint alone may be left out."""
    asking = _asking(by, "skip", case_id, body)
    return await _on_run(by, "skip", case_id, body, ops_acts.skip(by.caller, asking.key, case_id, reason=body.reason))


@router.post("/{case_id}/cancel")
async def cancel(case_id: UUID, body: ReasonBody, by: ActingDep) -> CaseRowAnswer:
    """取消, as far as the rules of its kind know a cancellation; an approval is withdrawn in its declarant's place."""
    asking = _asking(by, "cancel", case_id, body)
    prepare = ops_acts.cancel(by.caller, asking.key, case_id, reason=body.reason)
    return await _on_run(by, "cancel", case_id, body, prepare)


@router.post("/{case_id}/release")
async def release(case_id: UUID, body: ReasonBody, by: ActingDep, settings: SettingsDep) -> CaseOpsAnswer:
    """放回 of what somebody claimed to its post."""
    await run_in_threadpool(ops_acts.release, by.database, _asking(by, "release", case_id, body), case_id)
    return await _answer(by, case_id, settings)


@router.post("/{case_id}/reset")
async def reset(case_id: UUID, body: ReasonBody, by: ActingDep, settings: SettingsDep) -> CaseOpsAnswer:
    """重置: a run that is gone, broken off or fails is started again where its record stands."""
    await ops_mending.reset(by.database, by.gateway, _asking(by, "reset", case_id, body), case_id)
    return await _answer(by, case_id, settings)


@router.post("/{case_id}/terminate")
async def terminate(case_id: UUID, body: TerminateBody, by: ActingDep, settings: SettingsDep) -> CaseOpsAnswer:
    """终止: a case whose run cannot be mended ends as cut off; nothing brings it back."""
    ops_mending.check_confirmed(confirmed=body.confirmed)
    await ops_mending.terminate(by.database, by.gateway, _asking(by, "terminate", case_id, body), case_id)
    return await _answer(by, case_id, settings)


def _asking(by: Sending, act: str, case_id: UUID, body: ReasonBody) -> ops_acts.Asking:
    key = acts.key_for(by.caller, by.key, f"ops-{act}:{case_id}", body.model_dump(mode="json"))
    return ops_acts.Asking(by.caller, key, body.reason)


async def _on_run(by: Sending, act: str, case_id: UUID, body: ReasonBody, prepare: Prepare) -> CaseRowAnswer:
    ready = await on_run(by.database, by.gateway, _asking(by, act, case_id, body), case_id, prepare)
    return await by.on_case(f"ops-{act}", case_id, body, lambda _key: ready)


async def _answer(by: Sending, case_id: UUID, settings: Settings) -> CaseOpsAnswer:
    return case_ops_answer(await watched(by.database, by.gateway, by.caller, case_id), settings)
