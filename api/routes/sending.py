"""What every route that acts on a workflow does: keep the request, send it once, read what stands afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from api import acts
from api.act_base import visible_case, visible_task
from api.acts import Done, Prepare
from api.case_answers import case_row_answer, next_task_id, task_answer
from api.deps import Action, Caller, DatabaseDep, GatewayDep, IdempotencyKeyDep, require
from api.gateway import Gateway
from api.schemas.cases import CaseRowAnswer, DecidedAnswer
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services.idempotency import Key
from models.stores.cases import CaseStore


@dataclass(frozen=True)
class Sending:
    """The collaborators of one request, by a caller who may do the route's action."""

    database: Database
    gateway: Gateway
    key: str
    caller: Caller

    async def on_task(
        self, name: str, task_id: UUID, body: BaseModel, prepare: Callable[[Key], Prepare]
    ) -> DecidedAnswer:
        """Do the act and answer with the task, its case and the task that is open now."""
        await self.send(f"{name}:{task_id}", body, prepare)
        return await run_in_threadpool(_decided, self.database, self.caller, task_id)

    async def on_case(
        self, name: str, case_id: UUID, body: BaseModel, prepare: Callable[[Key], Prepare]
    ) -> CaseRowAnswer:
        """Do the act and answer with the case."""
        await self.send(f"{name}:{case_id}", body, prepare)
        return await run_in_threadpool(_row, self.database, self.caller, case_id)

    async def send(self, route: str, body: BaseModel, prepare: Callable[[Key], Prepare]) -> Done:
        """Do the act once under the request's key."""
        key = acts.key_for(self.caller, self.key, route, body.model_dump(mode="json"))
        return await acts.perform(self.database, self.gateway, key, prepare(key))


@cache
def sending(action: Action) -> Any:
    """`sending: Annotated[Sending, sending(Action.X)]`: the route acts on a workflow, for those who may do X."""

    guard = require(action)

    async def made(
        database: DatabaseDep, gateway: GatewayDep, key: IdempotencyKeyDep, caller: Annotated[Caller, guard]
    ) -> Sending:
        return Sending(database, gateway, key, caller)

    return Depends(made)


def opened_case(database: Database, done: Done) -> CaseRowAnswer:
    """The case that a request opened. Raises NOT_FOUND."""
    with database.read() as session:
        case = CaseStore(session).get(done.case_id)
        if case is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        return case_row_answer(case)


def _decided(database: Database, caller: Caller, task_id: UUID) -> DecidedAnswer:
    with database.read() as session:
        task = visible_task(session, caller, task_id)
        case = CaseStore(session).get(task.case_id)
        if case is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        return DecidedAnswer(task=task_answer(task), case=case_row_answer(case), next_task_id=next_task_id(case))


def _row(database: Database, caller: Caller, case_id: UUID) -> CaseRowAnswer:
    with database.read() as session:
        return case_row_answer(visible_case(session, caller, case_id))
