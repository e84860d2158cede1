"""`/cases`: every kind of case, and what its declarant may do to it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api import acts, qualification_acts
from api.case_answers import case_answer, case_row_answer
from api.deps import Action, Caller, DatabaseDep, GatewayDep, IdempotencyKeyDep, require
from api.paging import PagingDep
from api.schemas.base import PageAnswer
from api.schemas.cases import CaseActBody, CaseAnswer, CaseRowAnswer
from models.database import Database
from models.stores.cases import CaseFilter, CaseStore
from models.types import CaseKind, Stage, Tier

router = APIRouter(prefix="/cases", tags=["cases"])
ReaderDep = Annotated[Caller, require(Action.READ_CASES)]
DeclarantDep = Annotated[Caller, require(Action.WITHDRAW_CASE)]


@router.get("")
def list_cases(
    database: DatabaseDep,
    paging: PagingDep,
    caller: ReaderDep,
    *,
    kind: CaseKind | None = None,
    stage: Stage | None = None,
    tier: Tier | None = None,
    year: int | None = None,
    customer_no: Annotated[str | None, Query(max_length=32)] = None,
    institution_code: Annotated[str | None, Query(max_length=32)] = None,
) -> PageAnswer[CaseRowAnswer]:
    """Cases of the caller's institutions, newest first."""
    wanted = CaseFilter(kind, stage, tier, year, customer_no, institution_code)
    with database.read() as session:
        rows = CaseStore(session).page(
            caller.scope(Action.READ_CASES), wanted, after=paging.instant_and_id(), limit=paging.fetch
        )
        shown, cursor = paging.cut(rows, lambda row: (row.opened_at.isoformat(), str(row.id)))
        return PageAnswer(items=[case_row_answer(row) for row in shown], next_cursor=cursor)


@router.get("/{case_id}")
def read_case(case_id: UUID, database: DatabaseDep, caller: ReaderDep) -> CaseAnswer:
    """A case with clock, path and timeline."""
    with database.read() as session:
        case = qualification_acts.visible_case(session, caller, case_id)
        return case_answer(session, case, with_score=caller.may(Action.READ_SCORES))


@router.post("/{case_id}/withdraw")
async def withdraw(
    case_id: UUID,
    body: CaseActBody,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: DeclarantDep,
) -> CaseRowAnswer:
    """撤销 by the declarant, until branch approval opened."""
    idempotency = acts.key_for(caller, key, f"withdraw:{case_id}", body.model_dump(mode="json"))
    prepare = qualification_acts.withdraw(caller, idempotency, case_id, version=body.version, comment=body.comment)
    await acts.perform(database, gateway, idempotency, prepare)
    return _row(database, caller, case_id)


@router.post("/{case_id}/resubmit")
async def resubmit(
    case_id: UUID,
    body: CaseActBody,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: DeclarantDep,
) -> CaseRowAnswer:
    """重新提交 by the declarant, after a return to it."""
    idempotency = acts.key_for(caller, key, f"resubmit:{case_id}", body.model_dump(mode="json"))
    prepare = qualification_acts.resubmit(caller, idempotency, case_id, version=body.version, comment=body.comment)
    await acts.perform(database, gateway, idempotency, prepare)
    return _row(database, caller, case_id)


def _row(database: Database, caller: Caller, case_id: UUID) -> CaseRowAnswer:
    with database.read() as session:
        return case_row_answer(qualification_acts.visible_case(session, caller, case_id))
