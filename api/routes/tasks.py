"""`/tasks`: the boxes of the inbox, one task, and deciding."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel import Session

from api import chain_acts
from api.act_base import inbox_of, visible_task
from api.case_answers import case_row_answer, copy_answer, task_answer
from api.chain_acts import Judgement
from api.clock_answers import task_clock_answer
from api.deps import Action, Caller, DatabaseDep, require
from api.paging import Paging, PagingDep
from api.routes.sending import Sending, sending
from api.schemas.base import PageAnswer
from api.schemas.cases import (
    CaseRowAnswer,
    CopyAnswer,
    CorrectBody,
    DecideBody,
    DecidedAnswer,
    TaskAnswer,
    TaskClockAnswer,
)
from models.services.stand_ins import acting_for, offered, subject_of
from models.stores.cases import CaseStore
from models.stores.tasks import Person, TaskFilter, TaskStore
from models.tables.cases import Task
from models.types import Box, CaseKind, Tier

router = APIRouter(prefix="/tasks", tags=["tasks"])
ReaderDep = Annotated[Caller, require(Action.READ_TASKS)]
ActorDep = Annotated[Sending, sending(Action.ACT_ON_TASKS)]
BoxPage = PageAnswer[TaskAnswer | CopyAnswer | CaseRowAnswer]


@router.get("")
def list_tasks(
    database: DatabaseDep,
    paging: PagingDep,
    caller: ReaderDep,
    *,
    box: Box = Box.TODO,
    kind: CaseKind | None = None,
    tier: Tier | None = None,
    institution_code: Annotated[str | None, Query(max_length=32)] = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
    snoozed: bool = False,
) -> BoxPage:
    """`todo` and `queue` by time left, `done` newest first, `started`: cases the caller declared, `cc`: sent to it.

    What the caller put off (稍后处理) is left out of `todo` and `queue` unless `snoozed` is true.
    """
    now = datetime.now(UTC)
    wanted = TaskFilter(kind=kind, tier=tier, institution_code=institution_code, q=q)
    with database.read() as session:
        person = inbox_of(session, caller)
        if box in {Box.TODO, Box.QUEUE}:
            return _pressing(session, person, box, paging, wanted._replace(awake_at=None if snoozed else now))
        return {Box.DONE: _done, Box.STARTED: _started, Box.CC: _copies}[box](session, person, paging, wanted)


def _pressing(session: Session, person: Person, box: Box, paging: Paging, wanted: TaskFilter) -> BoxPage:
    store = TaskStore(session)
    read = store.todo if box is Box.TODO else store.queue
    rows = read(person, wanted, after=paging.instant_and_id(), limit=paging.fetch)
    shown, cursor = paging.cut(rows, lambda row: (row.due_at.isoformat(), str(row.id)))
    return PageAnswer(items=_with_principals(session, person, shown), next_cursor=cursor)


def _with_principals(
    session: Session, person: Person, tasks: list[Task]
) -> list[TaskAnswer | CopyAnswer | CaseRowAnswer]:
    """The rows, those that the person sees as a stand-in with whom it stands in for."""
    others = [task for task in tasks if not _own(person, task)] if person.stands_for else []
    cases = CaseStore(session).by_ids({task.case_id for task in others})
    subjects = {task.id: subject_of(session, cases[task.case_id]) for task in others}
    return [
        task_answer(
            task,
            next((item for item in person.stands_for if offered(item, task, subjects[task.id])), None)
            if task.id in subjects
            else None,
        )
        for task in tasks
    ]


def _own(person: Person, task: Task) -> bool:
    if task.assignee_id is not None:
        return task.assignee_id == person.account_id
    return (task.role, task.institution_code) in person.posts


def _done(session: Session, person: Person, paging: Paging, wanted: TaskFilter) -> BoxPage:
    rows = TaskStore(session).done(person, wanted, after=paging.instant_and_id(), limit=paging.fetch)
    shown, cursor = paging.cut(rows, lambda row: ((row.closed_at or row.due_at).isoformat(), str(row.id)))
    return PageAnswer(items=[task_answer(row) for row in shown], next_cursor=cursor)


def _started(session: Session, person: Person, paging: Paging, wanted: TaskFilter) -> BoxPage:
    rows = TaskStore(session).started(person, wanted, after=paging.instant_and_id(), limit=paging.fetch)
    shown, cursor = paging.cut(rows, lambda row: (row.opened_at.isoformat(), str(row.id)))
    return PageAnswer(items=[case_row_answer(row) for row in shown], next_cursor=cursor)


def _copies(session: Session, person: Person, paging: Paging, wanted: TaskFilter) -> BoxPage:
    rows = TaskStore(session).copies(person, wanted, after=paging.instant_and_id(), limit=paging.fetch)
    shown, cursor = paging.cut(rows, lambda row: (row.copy.at.isoformat(), str(row.copy.id)))
    return PageAnswer(items=[copy_answer(row) for row in shown], next_cursor=cursor)


@router.get("/{task_id}")
def read_task(task_id: UUID, database: DatabaseDep, caller: ReaderDep) -> TaskAnswer:
    """One task; `on_behalf_of` says whom the caller would act for."""
    with database.read() as session:
        task = visible_task(session, caller, task_id)
        case = CaseStore(session).get(task.case_id)
        stood_for = acting_for(session, caller.account_id, task, case, datetime.now(UTC)) if case else None
        return task_answer(task, stood_for)


@router.get("/{task_id}/clock")
def read_clock(task_id: UUID, database: DatabaseDep, caller: ReaderDep) -> TaskClockAnswer:
    """Why it is due then: the reckoning day by day, by the calendar in force."""
    with database.read() as session:
        return task_clock_answer(session, visible_task(session, caller, task_id), datetime.now(UTC))


@router.post("/{task_id}/decide")
async def decide(task_id: UUID, body: DecideBody, by: ActorDep) -> DecidedAnswer:
    """同意 / 驳回 / 退回: one decision per task; a stale version or another's decision is 409 with who and when."""
    judgement = Judgement(body.verdict, body.version, body.comment, body.return_to, body.approve_as)
    return await by.on_task("decide", task_id, body, lambda key: chain_acts.decide(by.caller, key, task_id, judgement))


@router.post("/{task_id}/correct")
async def correct(task_id: UUID, body: CorrectBody, by: ActorDep) -> DecidedAnswer:
    """更正数据: the score is recomputed, the task's version moves."""
    return await by.on_task(
        "correct",
        task_id,
        body,
        lambda key: chain_acts.correct(
            by.caller,
            key,
            task_id,
            version=body.version,
            corrections=tuple(body.corrections),
            comment=body.comment,
        ),
    )
