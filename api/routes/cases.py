"""`/cases`: every kind of case, and what its declarant may do to it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api import chain_acts
from api.act_base import visible_case
from api.case_answers import case_answer, case_row_answer
from api.deps import Action, Caller, DatabaseDep, require
from api.paging import PagingDep
from api.routes.sending import Sending, sending
from api.schemas.base import PageAnswer
from api.schemas.cases import CaseActBody, CaseAnswer, CaseRowAnswer
from api.schemas.desk import ResubmitBody
from models.stores.cases import CaseFilter, CaseStore
from models.types import CaseKind, Stage, Tier

router = APIRouter(prefix="/cases", tags=["cases"])
ReaderDep = Annotated[Caller, require(Action.READ_CASES)]
DeclarantDep = Annotated[Sending, sending(Action.WITHDRAW_CASE)]


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
    """A case with clock, path and timeline; also one that was copied to the caller, or that it was asked about."""
    with database.read() as session:
        case = visible_case(session, caller, case_id)
        return case_answer(session, case, with_score=caller.may(Action.READ_SCORES))


@router.post("/{case_id}/withdraw")
async def withdraw(case_id: UUID, body: CaseActBody, by: DeclarantDep) -> CaseRowAnswer:
    """撤销 by the declarant, until branch approval opened."""
    return await by.on_case(
        "withdraw",
        case_id,
        body,
        lambda key: chain_acts.withdraw(by.caller, key, case_id, version=body.version, comment=body.comment),
    )


@router.post("/{case_id}/resubmit")
async def resubmit(case_id: UUID, body: ResubmitBody, by: DeclarantDep) -> CaseRowAnswer:
    """重新提交 by the declarant after a return, with what it changed; sign-offs it did not touch may be kept."""
    return await by.on_case(
        "resubmit",
        case_id,
        body,
        lambda key: chain_acts.resubmit(
            by.caller,
            key,
            case_id,
            version=body.version,
            comment=body.comment,
            reason=body.reason,
            corrections=body.corrections,
        ),
    )
