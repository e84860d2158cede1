"""`/qualifications`: declare, read."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from api import acts, qualification_acts
from api.case_answers import case_answer, next_task_id
from api.deps import Action, Caller, DatabaseDep, GatewayDep, IdempotencyKeyDep, require
from api.schemas.cases import CaseAnswer, DeclareBody, DeclaredAnswer
from models.database import Database
from models.services.qualification.declaration import Request
from models.stores.cases import CaseStore

router = APIRouter(prefix="/qualifications", tags=["qualifications"])


@router.post("", status_code=201)
async def declare(
    body: DeclareBody,
    response: Response,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: Annotated[Caller, require(Action.DECLARE)],
) -> DeclaredAnswer:
    """申报: 201 with the new case; the same open declaration again is 200 with that case, another 409."""
    idempotency = acts.key_for(caller, key, "declare", body.content())
    wanted = Request(
        body.customer_no, body.year, body.tier, body.seat, body.reason, body.late_reason, tuple(body.signers)
    )
    done = await acts.perform(database, gateway, idempotency, qualification_acts.declare(caller, idempotency, wanted))
    response.status_code = done.status
    return await run_in_threadpool(_declared, database, done.case_id)


def _declared(database: Database, case_id: UUID) -> DeclaredAnswer:
    with database.read() as session:
        case = CaseStore(session).get(case_id)
        return DeclaredAnswer(case_id=case_id, next_task_id=next_task_id(case) if case else None)


@router.get("/{case_id}")
def read_qualification(
    case_id: UUID, database: DatabaseDep, caller: Annotated[Caller, require(Action.READ_CASES)]
) -> CaseAnswer:
    """A qualification with clock, path and timeline."""
    with database.read() as session:
        case = qualification_acts.visible_case(session, caller, case_id)
        return case_answer(session, case, with_score=caller.may(Action.READ_SCORES))
