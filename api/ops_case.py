"""One case as operations sees it: from the records, and from the engine while it has the run."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api.deps import Caller
from api.engine_pages import engine_href
from api.gateway import Gateway
from api.gateway.history import History
from api.gateway.reads import Look
from api.ops_acts import case_for
from api.ops_offers import Offer, Standing, offers
from api.paging import Paging
from api.problems import sentence
from api.schemas.base import PageAnswer
from api.schemas.ops import CaseOpsAnswer, EventAnswer, OfferAnswer, OpsCaseRowAnswer, TroubleAnswer, WaitAnswer
from models.database import Database
from models.settings import Settings
from models.stores.desk import DeskStore
from models.stores.watching import WatchStore
from models.tables.cases import Case, Task


@dataclass(frozen=True)
class Watched:
    """A case with its open tasks, how its run stands, and what happened in it."""

    case: Case
    tasks: tuple[Task, ...]
    look: Look[BaseModel]
    history: History
    offers: tuple[Offer, ...]


async def watched(database: Database, gateway: Gateway, caller: Caller, case_id: UUID) -> Watched:
    """Raises NOT_FOUND, ENGINE_UNAVAILABLE."""

    def read() -> tuple[Case, tuple[Task, ...]]:
        with database.read() as session:
            case = case_for(session, caller, case_id)
            return case, tuple(DeskStore(session).open_tasks(case.id))

    case, tasks = await run_in_threadpool(read)
    look, history = await gateway.standing(case.workflow_id), await gateway.history(case.workflow_id)

    def judge() -> tuple[Offer, ...]:
        with database.read() as session:
            return offers(session, caller, Standing(case_for(session, caller, case_id), look))

    return Watched(case, tasks, look, history, await run_in_threadpool(judge))


def case_ops_answer(found: Watched, settings: Settings) -> CaseOpsAnswer:
    """The same as JSON."""
    case, trouble = found.case, found.look.trouble
    return CaseOpsAnswer(
        case_id=case.id,
        kind=case.kind,
        workflow_id=case.workflow_id,
        number=case.number,
        stage=case.stage,
        outcome=case.outcome,
        status=found.look.status.value,
        waits=[_wait(task) for task in found.tasks],
        next_timer_at=found.history.next_timer_at,
        failing=TroubleAnswer(**trouble._asdict()) if trouble else None,
        engine_href=engine_href(settings, case.workflow_id),
        events=event_answers(found.history),
        acts=[_offer(offer) for offer in found.offers],
    )


def event_answers(history: History) -> list[EventAnswer]:
    """The events of a run as JSON."""
    return [EventAnswer(**event._asdict()) for event in history.events]


def _offer(offer: Offer) -> OfferAnswer:
    refused = offer.refusal
    if refused is None:
        return OfferAnswer(act=offer.act, allowed=True)
    return OfferAnswer(act=offer.act, allowed=False, code=refused.code, detail=sentence(refused.code, refused.context))


def found_cases(session: Session, text: str, paging: Paging) -> tuple[list[Case], str | None]:
    """One page of the search over all cases, newest first."""
    rows = WatchStore(session).search(text, paging.instant_and_id(), paging.fetch)
    return paging.cut(rows, lambda case: (case.opened_at.isoformat(), str(case.id)))


def search_answer(session: Session, text: str, paging: Paging) -> PageAnswer[OpsCaseRowAnswer]:
    """The same as JSON."""
    rows, cursor = found_cases(session, text, paging)
    return PageAnswer(items=[_row(case) for case in rows], next_cursor=cursor)


def _wait(task: Task) -> WaitAnswer:
    names = set(WaitAnswer.model_fields) - {"task_id"}
    return WaitAnswer(task_id=task.id, **task.model_dump(include=names))


def _row(case: Case) -> OpsCaseRowAnswer:
    names = set(OpsCaseRowAnswer.model_fields) - {"case_id", "number"}
    return OpsCaseRowAnswer(case_id=case.id, number=case.number, **case.model_dump(include=names))
