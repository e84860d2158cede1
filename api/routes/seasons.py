"""`/quotas/{year}/season`: head office leads the season; the published list; appeals against it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from api import acts, season_acts
from api.deps import Action, Caller, DatabaseDep, GatewayDep, IdempotencyKeyDep, require
from api.gateway import Gateway
from api.paging import PagingDep
from api.routes.evaluations import YearPath
from api.routes.sending import opened_case
from api.schemas.base import PageAnswer
from api.schemas.cases import CaseRowAnswer
from api.schemas.evaluations import AppealBody, ListingAnswer, ReasonBody, SeasonAnswer, SeasonMoveBody
from api.season_answers import listing_answer, season_answer
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.season import SeasonState
from models.rules.season import is_published
from models.stores.season import SeasonStore
from models.types import SeasonPhase

router = APIRouter(prefix="/quotas/{year}", tags=["evaluations"])
LeaderDep = Annotated[Caller, require(Action.LEAD_SEASON)]


@router.post("/season/open", status_code=201)
async def open_season(
    year: YearPath,
    body: ReasonBody,
    response: Response,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: LeaderDep,
) -> SeasonAnswer:
    """Start the season of the year; the one that runs already answers as it stands."""
    idempotency = acts.key_for(caller, key, f"season-open:{year}", body.model_dump(mode="json"))
    prepare = season_acts.open_season(caller, idempotency, year, body.reason)
    done = await acts.perform(database, gateway, idempotency, prepare)
    response.status_code = done.status
    return await run_in_threadpool(_season, database, year)


@router.post("/season/freeze")
async def freeze(
    year: YearPath,
    body: SeasonMoveBody,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: LeaderDep,
) -> SeasonAnswer:
    """冻结 the list: declarations are collected from now on."""
    return await _move(year, body, SeasonPhase.DECLARE, (database, gateway, key, caller))


@router.post("/season/reopen")
async def reopen(
    year: YearPath,
    body: SeasonMoveBody,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: LeaderDep,
) -> SeasonAnswer:
    """解冻 before publication, so that facts can be corrected and the list computed again."""
    return await _move(year, body, SeasonPhase.FREEZE, (database, gateway, key, caller))


@router.post("/season/rank")
async def rank(
    year: YearPath,
    body: SeasonMoveBody,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: LeaderDep,
) -> SeasonAnswer:
    """排名: declarations are in; head office reviews the whole list."""
    return await _move(year, body, SeasonPhase.RANK, (database, gateway, key, caller))


@router.post("/season/publish")
async def publish(
    year: YearPath,
    body: SeasonMoveBody,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: LeaderDep,
) -> SeasonAnswer:
    """公示: the list is written down, branches are told, the appeal window opens."""
    return await _move(year, body, SeasonPhase.PUBLISH, (database, gateway, key, caller))


@router.post("/season/close-appeals")
async def close_appeals(
    year: YearPath,
    body: SeasonMoveBody,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: LeaderDep,
) -> SeasonAnswer:
    """End the appeal window before its time."""
    return await _move(year, body, SeasonPhase.APPEAL, (database, gateway, key, caller))


@router.post("/season/effective")
async def effective(
    year: YearPath,
    body: SeasonMoveBody,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: LeaderDep,
) -> SeasonAnswer:
    """生效: the season ends; refused while an appeal is undecided."""
    return await _move(year, body, SeasonPhase.EFFECTIVE, (database, gateway, key, caller))


async def _move(
    year: int, body: SeasonMoveBody, to: SeasonPhase, by: tuple[Database, Gateway, str, Caller]
) -> SeasonAnswer:
    database, gateway, key, caller = by
    idempotency = acts.key_for(caller, key, f"season:{year}:{to.value}", body.model_dump(mode="json"))
    prepare = season_acts.move_season(caller, idempotency, year, to=to, version=body.version, reason=body.reason)
    await acts.perform(database, gateway, idempotency, prepare)
    return await run_in_threadpool(_season, database, year)


def _season(database: Database, year: int) -> SeasonAnswer:
    with database.read() as session:
        row = SeasonStore(session).get(year)
        if row is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        return season_answer(SeasonState.model_validate(row.state), datetime.now(UTC))


@router.get("/listing")
def read_listing(
    year: YearPath,
    database: DatabaseDep,
    paging: PagingDep,
    caller: Annotated[Caller, require(Action.READ_RANKING)],
) -> PageAnswer[ListingAnswer]:
    """公示: the list as published, within the caller's institutions. 404 before publication."""
    with database.read() as session:
        store = SeasonStore(session)
        season = store.get(year)
        if season is None or not is_published(season.phase):
            raise DomainError(ErrorCode.NOT_FOUND)
        after, scope = paging.number() or 0, caller.scope(Action.READ_RANKING)
        found = store.listings(year, scope, after_rank=after, limit=paging.fetch)
    shown, cursor = paging.cut(found, lambda row: (row.rank,))
    return PageAnswer(items=[listing_answer(row) for row in shown], next_cursor=cursor)


@router.post("/appeals", status_code=201)
async def appeal(
    year: YearPath,
    body: AppealBody,
    response: Response,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: Annotated[Caller, require(Action.APPEAL)],
) -> CaseRowAnswer:
    """申诉 against a customer's line, while the window is open: head office decides."""
    idempotency = acts.key_for(caller, key, f"appeal:{year}", body.model_dump(mode="json"))
    prepare = season_acts.appeal(caller, idempotency, year, customer_no=body.customer_no, reason=body.reason)
    done = await acts.perform(database, gateway, idempotency, prepare)
    response.status_code = done.status
    return await run_in_threadpool(opened_case, database, done)
