"""`/green-channel`: take a request in, read it, and every act from accepting to the customer's confirmation."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api import acts, green_channel_acts
from api.acts import Prepare
from api.deps import Action, Caller, DatabaseDep, GatewayDep, IdempotencyKeyDep, require
from api.gateway import Gateway
from api.green_channel_acts import taking_in, visible_request
from api.green_channel_answers import due_answer, places_of, request_answer, row_answer
from api.green_channel_due import Asked, due_of, serving_institution
from api.institution_filter import part_of_tree
from api.paging import PagingDep
from api.schemas.base import PageAnswer
from api.schemas.green_channel import (
    ActBody,
    AssignBody,
    CompleteBody,
    ConfirmBody,
    DueAnswer,
    GreenChannelAnswer,
    GreenChannelRowAnswer,
    PauseBody,
    TakeInBody,
)
from models.database import Database
from models.messages.calendar import CalendarSnapshot
from models.rules import calendar as cal
from models.service_types import GreenService
from models.services.calendars import snapshot
from models.services.case_view import timeline_of
from models.services.idempotency import Key
from models.services.rulebooks import rulebook_in_force
from models.stores.green_channel import GreenBand, GreenChannelStore, GreenFilter, GreenRow, moments_at
from models.types import Stage, Tier

router = APIRouter(prefix="/green-channel", tags=["green channel"])
ReaderDep = Annotated[Caller, require(Action.READ_SERVICES)]


@dataclass(frozen=True)
class Working:
    """The collaborators of an act on a request, by a caller who may work on services."""

    database: Database
    gateway: Gateway
    key: str
    caller: Caller

    async def on(
        self, name: str, case_id: UUID, body: BaseModel, prepare: Callable[[Key], Prepare]
    ) -> GreenChannelAnswer:
        """Do the act once, and answer with the request as it stands."""
        key = acts.key_for(self.caller, self.key, f"green-{name}:{case_id}", body.model_dump(mode="json"))
        await acts.perform(self.database, self.gateway, key, prepare(key))
        return await run_in_threadpool(_standing, self.database, case_id)


async def _working(
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: Annotated[Caller, require(Action.WORK_ON_SERVICES)],
) -> Working:
    return Working(database, gateway, key, caller)


WorkingDep = Annotated[Working, Depends(_working)]


@router.post("", status_code=201)
async def take_in(
    body: TakeInBody,
    response: Response,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: Annotated[Caller, require(Action.TAKE_REQUESTS)],
) -> GreenChannelAnswer:
    """登记受理: 201 with `due_at`; the same open request again is 200 with it, another one of that reference 409."""
    idempotency = acts.key_for(caller, key, "green-channel", body.model_dump(mode="json"))
    done = await acts.perform(database, gateway, idempotency, taking_in(caller, idempotency, body))
    response.status_code = done.status
    return await run_in_threadpool(_standing, database, done.case_id)


@router.get("")
def list_requests(
    database: DatabaseDep,
    paging: PagingDep,
    caller: ReaderDep,
    *,
    stage: Stage | None = None,
    service: GreenService | None = None,
    tier: Tier | None = None,
    institution_code: Annotated[str | None, Query(max_length=32)] = None,
    overdue: bool = False,
    only: GreenBand | None = None,
    due_before: AwareDatetime | None = None,
    customer_no: Annotated[str | None, Query(max_length=32)] = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
) -> PageAnswer[GreenChannelRowAnswer]:
    """Requests served or owned by the caller's institutions, most pressing first; open ones unless a stage is asked."""
    now = datetime.now(UTC)
    with database.read() as session:
        scope = caller.scope(Action.READ_SERVICES)
        band = GreenBand.OVERDUE if overdue else only or (None if stage else GreenBand.OPEN)
        wanted = GreenFilter(
            band=band,
            stages=(stage,) if stage else (),
            service=service,
            tier=tier,
            under=part_of_tree(session, institution_code, scope),
            customer_no=customer_no,
            due_before=due_before,
            q=q or None,
        )
        rows = GreenChannelStore(session).page(
            scope, wanted, moments_at(now), after=paging.instant_and_id(), limit=paging.fetch
        )
        shown, cursor = paging.cut(rows, lambda row: (row.record.due_at.isoformat(), str(row.record.case_id)))
        places, calendar = places_of(session), _calendar(session, now)
        return PageAnswer(items=[row_answer(row, places, calendar, now) for row in shown], next_cursor=cursor)


@router.get("/due")
def preview_due(
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.TAKE_REQUESTS)],
    *,
    customer_no: Annotated[str, Query(max_length=32)],
    service: GreenService,
    received_at: AwareDatetime | None = None,
    policy_no: Annotated[str | None, Query(max_length=64)] = None,
) -> DueAnswer:
    """The limit and the deadline that a request would have; nothing is sent."""
    now = datetime.now(UTC)
    asked = Asked(customer_no, service, received_at or now, serving_institution(caller), policy_no)
    with database.read() as session:
        return due_answer(service, due_of(session, asked, now), now)


@router.get("/{request_id}")
def read_request(request_id: UUID, database: DatabaseDep, caller: ReaderDep) -> GreenChannelAnswer:
    """One request with its clocks, who it waits for, and what happened."""
    with database.read() as session:
        return _answer(session, visible_request(session, caller, request_id))


@router.post("/{request_id}/accept")
async def accept(request_id: UUID, body: ActBody, by: WorkingDep) -> GreenChannelAnswer:
    """受理 by the caller."""

    def prepare(key: Key) -> Prepare:
        return green_channel_acts.accept(by.caller, key, request_id, version=body.version, comment=body.comment)

    return await by.on("accept", request_id, body, prepare)


@router.post("/{request_id}/assign")
async def assign(request_id: UUID, body: AssignBody, by: WorkingDep) -> GreenChannelAnswer:
    """指派 or 改派 by the handler, the lead or operations (with a reason)."""

    def prepare(key: Key) -> Prepare:
        return green_channel_acts.assign(
            by.caller, key, request_id, version=body.version, to=body.to, comment=body.comment
        )

    return await by.on("assign", request_id, body, prepare)


@router.post("/{request_id}/pause")
async def pause(request_id: UUID, body: PauseBody, by: WorkingDep) -> GreenChannelAnswer:
    """暂停 with its reason."""

    def prepare(key: Key) -> Prepare:
        return green_channel_acts.pause(
            by.caller, key, request_id, version=body.version, reason=body.reason, comment=body.comment
        )

    return await by.on("pause", request_id, body, prepare)


@router.post("/{request_id}/resume")
async def resume(request_id: UUID, body: ActBody, by: WorkingDep) -> GreenChannelAnswer:
    """恢复: the deadline moves on by the paused office time."""

    def prepare(key: Key) -> Prepare:
        return green_channel_acts.resume(by.caller, key, request_id, version=body.version, comment=body.comment)

    return await by.on("resume", request_id, body, prepare)


@router.post("/{request_id}/complete")
async def complete(request_id: UUID, body: CompleteBody, by: WorkingDep) -> GreenChannelAnswer:
    """办理完成: the clock stops; past the deadline only with `late_reason`."""

    def prepare(key: Key) -> Prepare:
        return green_channel_acts.complete(
            by.caller,
            key,
            request_id,
            version=body.version,
            result=body.result,
            late_reason=body.late_reason,
            comment=body.comment,
        )

    return await by.on("complete", request_id, body, prepare)


@router.post("/{request_id}/confirm")
async def confirm(request_id: UUID, body: ConfirmBody, by: WorkingDep) -> GreenChannelAnswer:
    """客户确认 entered by staff with its proof; not satisfied sends it back to be handled."""

    def prepare(key: Key) -> Prepare:
        return green_channel_acts.confirm(
            by.caller,
            key,
            request_id,
            version=body.version,
            satisfied=body.satisfied,
            proof=body.proof,
            comment=body.comment,
        )

    return await by.on("confirm", request_id, body, prepare)


@router.post("/{request_id}/cancel")
async def cancel(request_id: UUID, body: ActBody, by: WorkingDep) -> GreenChannelAnswer:
    """取消 with a reason."""

    def prepare(key: Key) -> Prepare:
        return green_channel_acts.cancel(by.caller, key, request_id, version=body.version, comment=body.comment)

    return await by.on("cancel", request_id, body, prepare)


def _standing(database: Database, case_id: UUID) -> GreenChannelAnswer:
    """The request after an act: whoever sent it sees what came of it, also when it is not theirs any more."""
    with database.read() as session:
        return _answer(session, green_channel_acts.known_request(session, case_id))


def _answer(session: Session, row: GreenRow) -> GreenChannelAnswer:
    now = datetime.now(UTC)
    timeline = timeline_of(session, row.case)
    return request_answer(row, timeline, places_of(session), _calendar(session, now), now)


def _calendar(session: Session, now: datetime) -> CalendarSnapshot:
    today = cal.local_date(now)
    return snapshot(session, rulebook_in_force(session, today).rulebook.working_time, today)
