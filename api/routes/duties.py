"""`/duties`: what each post owes in a month by its duties (regulation 2.7), and the rows behind each number."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api.assessment_answers import duty_answers, fact_answer
from api.deps import Action, Caller, DatabaseDep, require
from api.duties_shown import Wanted, duty_facts, duty_lines
from api.paging import PagingDep
from api.routes.assessment import position_of
from api.schemas.assessment import DutiesAnswer, FactsAnswer
from models.types import Role

router = APIRouter(prefix="/duties", tags=["reports"])
ReaderDep = Annotated[Caller, require(Action.READ_DUTIES)]
Month = Annotated[str, Query(max_length=7, pattern=r"^(\d{4}-\d{2})?$")]


@router.get("")
def read_duties(database: DatabaseDep, caller: ReaderDep, month: Month = "", role: str = "") -> DutiesAnswer:
    """Duties of the caller's own posts, of one post, or of `all`, within the caller's institutions."""
    with database.read() as session:
        shown, lines = duty_lines(session, caller, role, month, datetime.now(UTC))
    return DutiesAnswer(month=shown, items=duty_answers(lines, shown))


@router.get("/{role}/{number}/facts")
def read_duty_facts(
    role: Role, number: int, database: DatabaseDep, paging: PagingDep, *, caller: ReaderDep, month: Month = ""
) -> FactsAnswer:
    """The rows behind the number of one duty."""
    wanted, after = Wanted(role, number, month), position_of(paging)
    with database.read() as session:
        _, found = duty_facts(session, caller, wanted, datetime.now(UTC), after=after, limit=paging.fetch)
    shown, cursor = paging.cut(found, lambda row: row[0])
    return FactsAnswer(items=[fact_answer(fact) for _, fact in shown], next_cursor=cursor)
