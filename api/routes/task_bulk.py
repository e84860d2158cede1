"""`POST /tasks/bulk-decide`: 批量同意, one result per item."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from api import bulk
from api.bulk import Item, Result
from api.case_answers import case_row_answer
from api.deps import Action
from api.problems import problem_of
from api.routes.sending import Sending, sending
from api.schemas.desk import BulkAnswer, BulkBody, BulkResultAnswer
from models.database import Database
from models.stores.cases import CaseStore
from models.tables.cases import Case

router = APIRouter(prefix="/tasks", tags=["tasks"])
OK = 200
NOTHING = UUID(int=0)


@router.post("/bulk-decide")
async def bulk_decide(body: BulkBody, by: Annotated[Sending, sending(Action.ACT_ON_TASKS)]) -> BulkAnswer:
    """批量同意 of at most 50 tasks: each its own act, a refusal of one does not stop the others."""
    items = [Item(item.task_id, item.version) for item in body.items]
    results = await bulk.decide(by.database, by.gateway, by.caller, by.key, items=items, comment=body.comment)
    return await run_in_threadpool(_answer, by.database, results)


def _answer(database: Database, results: list[Result]) -> BulkAnswer:
    with database.read() as session:
        cases = CaseStore(session).by_ids({result.case_id for result in results if result.case_id})
        return BulkAnswer(items=[_result(result, cases.get(result.case_id or NOTHING)) for result in results])


def _result(result: Result, case: Case | None) -> BulkResultAnswer:
    problem = problem_of(result.error) if result.error else None
    return BulkResultAnswer(
        task_id=result.item.task_id,
        status=problem.status if problem else OK,
        code=problem.code if problem else None,
        detail=problem.detail if problem else None,
        status_url=problem.context.get("status_url") if problem else None,
        case=case_row_answer(case) if case else None,
    )
