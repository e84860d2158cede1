"""`/tasks`: the inbox, and deciding."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool

from api import acts, qualification_acts
from api.case_answers import case_row_answer, next_task_id, task_answer
from api.clock_answers import task_clock_answer
from api.deps import Action, Caller, DatabaseDep, GatewayDep, IdempotencyKeyDep, require
from api.paging import Paging, PagingDep
from api.qualification_acts import Judgement, person_of, visible_task
from api.schemas.base import PageAnswer
from api.schemas.cases import CaseRowAnswer, CorrectBody, DecideBody, DecidedAnswer, TaskAnswer, TaskClockAnswer
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.stores.cases import CaseStore
from models.stores.tasks import TaskFilter, TaskStore
from models.types import Box, CaseKind, Tier

router = APIRouter(prefix="/tasks", tags=["tasks"])
ActorDep = Annotated[Caller, require(Action.ACT_ON_TASKS)]


@router.get("")
def list_tasks(
    database: DatabaseDep,
    paging: PagingDep,
    caller: Annotated[Caller, require(Action.READ_TASKS)],
    *,
    box: Box = Box.TODO,
    kind: CaseKind | None = None,
    tier: Tier | None = None,
    institution_code: Annotated[str | None, Query(max_length=32)] = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
) -> PageAnswer[TaskAnswer | CaseRowAnswer]:
    """`todo` by time left, `done` newest first, `started`: the cases the caller declared."""
    wanted = TaskFilter(kind=kind, tier=tier, institution_code=institution_code, q=q)
    if box is Box.TODO:
        return _todo(database, caller, paging, wanted)
    return _done(database, caller, paging, wanted) if box is Box.DONE else _started(database, caller, paging, wanted)


def _todo(
    database: Database, caller: Caller, paging: Paging, wanted: TaskFilter
) -> PageAnswer[TaskAnswer | CaseRowAnswer]:
    with database.read() as session:
        rows = TaskStore(session).todo(person_of(caller), wanted, after=paging.instant_and_id(), limit=paging.fetch)
    shown, cursor = paging.cut(rows, lambda row: (row.due_at.isoformat(), str(row.id)))
    return PageAnswer(items=[task_answer(row) for row in shown], next_cursor=cursor)


def _done(
    database: Database, caller: Caller, paging: Paging, wanted: TaskFilter
) -> PageAnswer[TaskAnswer | CaseRowAnswer]:
    with database.read() as session:
        rows = TaskStore(session).done(person_of(caller), wanted, after=paging.instant_and_id(), limit=paging.fetch)
    shown, cursor = paging.cut(rows, lambda row: ((row.closed_at or row.due_at).isoformat(), str(row.id)))
    return PageAnswer(items=[task_answer(row) for row in shown], next_cursor=cursor)


def _started(
    database: Database, caller: Caller, paging: Paging, wanted: TaskFilter
) -> PageAnswer[TaskAnswer | CaseRowAnswer]:
    with database.read() as session:
        rows = TaskStore(session).started(person_of(caller), wanted, after=paging.instant_and_id(), limit=paging.fetch)
    shown, cursor = paging.cut(rows, lambda row: (row.opened_at.isoformat(), str(row.id)))
    return PageAnswer(items=[case_row_answer(row) for row in shown], next_cursor=cursor)


@router.get("/{task_id}")
def read_task(
    task_id: UUID, database: DatabaseDep, caller: Annotated[Caller, require(Action.READ_TASKS)]
) -> TaskAnswer:
    """One task."""
    with database.read() as session:
        return task_answer(visible_task(session, caller, task_id))


@router.get("/{task_id}/clock")
def read_clock(
    task_id: UUID, database: DatabaseDep, caller: Annotated[Caller, require(Action.READ_TASKS)]
) -> TaskClockAnswer:
    """Why it is due then: the reckoning day by day, by the calendar in force."""
    with database.read() as session:
        return task_clock_answer(session, visible_task(session, caller, task_id), datetime.now(UTC))


@router.post("/{task_id}/decide")
async def decide(
    task_id: UUID,
    body: DecideBody,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: ActorDep,
) -> DecidedAnswer:
    """同意 / 驳回 / 退回: one decision per task; a stale version or another's decision is 409 with who and when."""
    idempotency = acts.key_for(caller, key, f"decide:{task_id}", body.model_dump(mode="json"))
    judgement = Judgement(body.verdict, body.version, body.comment, body.return_to, body.approve_as)
    prepare = qualification_acts.decide(caller, idempotency, task_id, judgement)
    await acts.perform(database, gateway, idempotency, prepare)
    return await run_in_threadpool(_decided, database, caller, task_id)


@router.post("/{task_id}/correct")
async def correct(
    task_id: UUID,
    body: CorrectBody,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: ActorDep,
) -> DecidedAnswer:
    """更正数据: the score is recomputed, the task's version moves."""
    idempotency = acts.key_for(caller, key, f"correct:{task_id}", body.model_dump(mode="json"))
    corrections = tuple(body.corrections)
    prepare = qualification_acts.correct(
        caller, idempotency, task_id, version=body.version, corrections=corrections, comment=body.comment
    )
    await acts.perform(database, gateway, idempotency, prepare)
    return await run_in_threadpool(_decided, database, caller, task_id)


def _decided(database: Database, caller: Caller, task_id: UUID) -> DecidedAnswer:
    with database.read() as session:
        task = visible_task(session, caller, task_id)
        case = CaseStore(session).get(task.case_id)
        if case is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        return DecidedAnswer(task=task_answer(task), case=case_row_answer(case), next_task_id=next_task_id(case))
