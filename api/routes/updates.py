"""`/updates/{key}`: what became of a request whose answer was lost (decisions.md 5)."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.deps import Action, Caller, DatabaseDep, require
from api.schemas.cases import UpdateAnswer
from models.errors import DomainError, ErrorCode
from models.stores.idempotency import IdempotencyStore

router = APIRouter(prefix="/updates", tags=["tasks"])


@router.get("/{key}")
def read_update(
    key: Annotated[str, Path(max_length=100)],
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.READ_ME)],
) -> UpdateAnswer:
    """The caller's own request under this idempotency key."""
    with database.read() as session:
        row = IdempotencyStore(session).find(caller.account_id, key)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return UpdateAnswer(state=row.state, status=row.status, answer=row.answer)
