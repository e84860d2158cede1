"""`/ops/runs`: a run that no record knows 孤儿流程, and its end."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import acts, ops_acts, ops_mending
from api.deps import Action, Caller, DatabaseDep, GatewayDep, SettingsDep, require
from api.engine_pages import engine_href
from api.ops_case import event_answers
from api.routes.sending import Sending, sending
from api.schemas.ops import OrphanAnswer, OrphanBody

router = APIRouter(prefix="/ops/runs", tags=["ops"])


@router.get("")
async def read_orphan(
    database: DatabaseDep,
    gateway: GatewayDep,
    settings: SettingsDep,
    _caller: Annotated[Caller, require(Action.READ_OPS)],
    workflow_id: Annotated[str, Query(min_length=1, max_length=128)],
) -> OrphanAnswer:
    """A run that no record knows, by its workflow; of any other there is nothing to see here."""
    run = await ops_mending.orphan(database, gateway, workflow_id)
    return OrphanAnswer(
        workflow_id=workflow_id,
        kind=run.kind,
        started_at=run.started_at,
        engine_href=engine_href(settings, workflow_id),
        events=event_answers(await gateway.history(workflow_id)),
    )


@router.post("/terminate", status_code=204)
async def terminate_orphan(body: OrphanBody, by: Annotated[Sending, sending(Action.MANAGE_OPS)]) -> Response:
    """终止: the run ends; there is no record that could change."""
    ops_mending.check_confirmed(confirmed=body.confirmed)
    key = acts.key_for(by.caller, by.key, f"ops-run:{body.workflow_id}", body.model_dump(mode="json"))
    asking = ops_acts.Asking(by.caller, key, body.reason)
    await ops_mending.terminate_orphan(by.database, by.gateway, asking, body.workflow_id)
    return Response(status_code=204)
