"""What every route that only writes records does: one transaction, once under the request's key."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, TypeVar

from fastapi import Depends
from pydantic import BaseModel
from sqlmodel import Session

from api import acts
from api.deps import Action, Caller, DatabaseDep, IdempotencyKeyDep, require
from models.database import Database
from models.services.desk.once import Facts
from models.services.idempotency import Key

AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True)
class Recording:
    """The collaborators of one request, by a caller who may do the route's action."""

    database: Database
    key: str
    caller: Caller

    def once(
        self,
        route: str,
        body: BaseModel | None,
        do: Callable[[Session, Key], Facts],
        answer: Callable[[Session, Facts], AnswerT],
    ) -> AnswerT:
        """Do it, then answer from the records as they stand, in the same transaction."""
        key = acts.key_for(self.caller, self.key, route, body.model_dump(mode="json") if body else None)
        with self.database.write() as session:
            return answer(session, do(session, key))


@cache
def recording(action: Action) -> Any:
    """`by: Annotated[Recording, recording(Action.X)]`: the route writes records, for those who may do X."""
    guard = require(action)

    async def made(database: DatabaseDep, key: IdempotencyKeyDep, caller: Annotated[Caller, guard]) -> Recording:
        return Recording(database, key, caller)

    return Depends(made)
