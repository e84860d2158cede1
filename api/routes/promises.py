"""`/customers/{customer_no}/promises`: everything promised, done, due and missed, with the article beside it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter

from api.deps import Action, Caller, DatabaseDep, require
from api.schemas.promises import LimitAnswer, PromiseAnswer, PromisesAnswer
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.services.promises import PromiseLine, promises
from models.services.rulebooks import rulebook_in_force
from models.stores.customers import customer_in_scope

router = APIRouter(prefix="/customers/{customer_no}/promises", tags=["customers"])
ReaderDep = Annotated[Caller, require(Action.READ_CARE)]


@router.get("")
def read_promises(customer_no: str, database: DatabaseDep, caller: ReaderDep) -> PromisesAnswer:
    """The catalogue of this customer's tier with its numbers."""
    now = datetime.now(UTC)
    with database.read() as session:
        if customer_in_scope(session, customer_no, caller.scope(Action.READ_CARE)) is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        found = promises(session, customer_no, rulebook_in_force(session, local_date(now)).rulebook, now)
    return PromisesAnswer(
        customer_no=customer_no,
        tier=found.tier,
        first=found.first,
        last=found.last,
        items=[_answer(line) for line in found.lines],
    )


def _answer(line: PromiseLine) -> PromiseAnswer:
    entry, often = line.entry, line.frequency
    return PromiseAnswer(
        code=entry.code,
        item=entry.identifier,
        name_zh=entry.name_zh,
        name_en=entry.name_en,
        article=entry.article,
        source=entry.source,
        limits=[LimitAnswer(unit=limit.unit, value=limit.value) for limit in line.limits],
        times=often.times if often else None,
        per=often.per if often else None,
        **line.kept._asdict(),
    )
