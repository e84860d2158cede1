"""`/ops/bulk` 批量处理: one act of operations on many cases, previewed, followed and stopped."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlmodel import Session

from api import ops_bulk as bulk
from api.act_base import now
from api.deps import Action, Caller, DatabaseDep, GatewayDep, require
from api.routes.recording import Recording, recording
from api.schemas.ops import OpsBulkAnswer, OpsBulkBody, OpsBulkPreviewAnswer, OpsBulkPreviewBody
from models.services import ops_bulk
from models.services.desk.once import Facts, once
from models.services.idempotency import Key

router = APIRouter(prefix="/ops/bulk", tags=["ops"])
ActingDep = Annotated[Recording, recording(Action.MANAGE_OPS)]


@router.post("/preview")
async def preview(
    body: OpsBulkPreviewBody,
    database: DatabaseDep,
    gateway: GatewayDep,
    caller: Annotated[Caller, require(Action.MANAGE_OPS)],
) -> OpsBulkPreviewAnswer:
    """What each case would come to now; nothing is done."""
    found = await bulk.preview(database, gateway, caller, bulk.wish(body.act, body.case_ids, body.to))
    return OpsBulkPreviewAnswer(items=[bulk.preview_item(item) for item in found])


@router.post("", status_code=202)
def start(body: OpsBulkBody, by: ActingDep) -> OpsBulkAnswer:
    """Ask for it; each case is then done for itself, and one that refuses does not stop the others."""

    def do(session: Session, key: Key) -> Facts:
        wanted = bulk.wish(body.act, body.case_ids, body.to, body.reason)
        return once(session, key, now(), lambda: {"bulk_id": str(bulk.ask(session, by.caller, wanted).id)})

    def answer(session: Session, facts: Facts) -> OpsBulkAnswer:
        return bulk.bulk_answer(session, ops_bulk.get(session, UUID(facts["bulk_id"])))

    return by.once("ops-bulk", body, do, answer)


@router.get("/{bulk_id}")
def read(bulk_id: UUID, database: DatabaseDep, _caller: Annotated[Caller, require(Action.READ_OPS)]) -> OpsBulkAnswer:
    """How far it is, and what became of each case so far."""
    with database.read() as session:
        return bulk.bulk_answer(session, ops_bulk.get(session, bulk_id))


@router.post("/{bulk_id}/stop")
def stop(bulk_id: UUID, by: ActingDep) -> OpsBulkAnswer:
    """停止: what is under way is finished, nothing more is begun."""

    def do(session: Session, key: Key) -> Facts:
        def stopped() -> Facts:
            ops_bulk.stop(session, ops_bulk.get(session, bulk_id), by.caller.by)
            return {"bulk_id": str(bulk_id)}

        return once(session, key, now(), stopped)

    return by.once(
        f"ops-bulk-stop:{bulk_id}",
        None,
        do,
        lambda session, _facts: bulk.bulk_answer(session, ops_bulk.get(session, bulk_id)),
    )
