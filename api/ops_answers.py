"""运行总览 and 卡住清单 as JSON, and the health line behind them."""

from datetime import UTC, datetime
from typing import Any

from fastapi import Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api.gateway import Gateway
from api.outlooks import Outlooks
from api.paging import Paging
from api.schemas.base import PageAnswer
from api.schemas.ops import (
    AgeAnswer,
    ExpectedAnswer,
    FlowAnswer,
    ForecastAnswer,
    ForecastDayAnswer,
    HealthAnswer,
    KindAnswer,
    OverviewAnswer,
    PlaceAnswer,
    StuckAnswer,
)
from models.messages.calendar import CalendarSnapshot
from models.ops_types import StuckReason
from models.rules.calendar import local_date
from models.services import watching
from models.services.calendars import snapshot
from models.services.forecasting import Expected, Outlook
from models.services.heartbeat import worker_alive
from models.services.rulebooks import rulebook_in_force
from models.services.watching import Overview, Stuck


async def health_of(request: Request) -> HealthAnswer:
    """What `/readyz` asks, part by part; the caller was signed in by the records, so these answer."""
    gateway: Gateway | None = request.app.state.gateway
    engine = gateway is not None and await gateway.healthy()
    worker = await run_in_threadpool(worker_alive, request.app.state.database, datetime.now(UTC))
    return HealthAnswer(database=True, engine=engine, worker=worker)


def calendar_now(session: Session, now: datetime) -> CalendarSnapshot:
    """The calendar of the whole company."""
    today = local_date(now)
    return snapshot(session, rulebook_in_force(session, today).rulebook.working_time, today)


def overview_answer(session: Session, health: HealthAnswer, outlooks: Outlooks, now: datetime) -> OverviewAnswer:
    """The overview as JSON."""
    calendar = calendar_now(session, now)
    found = watching.overview(session, calendar, now)
    names = ("running", "waiting", "failing", "nobody")
    return OverviewAnswer(
        health=health,
        **{name: found.total(name) for name in names},
        due_today=found.total("today"),
        breached=found.total("overdue"),
        stuck=found.stuck,
        first=[stuck_answer(item) for item in found.first],
        kinds=_kinds(found),
        institutions=_places(found),
        days=[FlowAnswer(day=day.day, opened=day.opened, closed=day.closed) for day in found.days],
        ages=[AgeAnswer(within_working_days=days, cases=number) for days, number in found.ages],
        forecast=_forecast(outlooks.of(session, calendar, now)),
    )


def _forecast(found: Outlook) -> ForecastAnswer:
    return ForecastAnswer(
        days=[ForecastDayAnswer(**day._asdict()) for day in found.days],
        late=found.late,
        reckoned_at=found.at,
        first=[_expected(item) for item in found.first],
    )


def _expected(item: Expected) -> ExpectedAnswer:
    names = {"case_id", "kind", "step", "institution_code", "role", "due_at"}
    known = item.task.model_dump(include=names)
    return ExpectedAnswer(task_id=item.task.id, number=item.case.number, expected_at=item.done_at, **known)


def _kinds(found: Overview) -> list[KindAnswer]:
    return [
        KindAnswer(
            kind=line.kind,
            running=line.running,
            waiting=line.waiting,
            due_today=line.today,
            breached=line.overdue,
            failing=line.failing,
            nobody=line.nobody,
            stages={stage.value: number for stage, number in line.stages.items()},
        )
        for line in found.kinds
    ]


def _places(found: Overview) -> list[PlaceAnswer]:
    return [
        PlaceAnswer(
            institution_code=line.institution_code,
            name=line.name,
            waiting=line.waiting,
            due_today=line.today,
            breached=line.overdue,
            nobody=line.nobody,
        )
        for line in found.places
    ]


def stuck_page(session: Session, reason: StuckReason, paging: Paging, now: datetime) -> PageAnswer[StuckAnswer]:
    """One page of what is stuck by a reason."""
    rows, cursor = stuck_rows(session, reason, paging, now)
    return PageAnswer(items=[stuck_answer(row) for row in rows], next_cursor=cursor)


def stuck_rows(session: Session, reason: StuckReason, paging: Paging, now: datetime) -> tuple[list[Stuck], str | None]:
    """The same before it is JSON, with the cursor of the next page."""
    at = watching.hours(session, calendar_now(session, now), now)
    rows = watching.stuck(session, reason, at, paging.instant_and_id(), paging.fetch)
    return paging.cut(rows, lambda row: (row.due_at.isoformat(), str(row.id)))


def stuck_answer(item: Stuck) -> StuckAnswer:
    """One thing that is stuck as JSON."""
    known: dict[str, Any] = {"reason": item.reason, "workflow_id": item.workflow_id}
    if item.case is not None:
        known |= {"case_id": item.case.id, "kind": item.case.kind, "number": item.case.number}
    if item.task is not None:
        names = {"step", "institution_code", "role", "due_at", "paused_since", "provisional"}
        known |= {"task_id": item.task.id, **item.task.model_dump(include=names)}
    if item.seen is not None:
        told = {name: pair[1] for name, pair in item.seen.sides.items() if name in StuckAnswer.model_fields}
        known |= {"seen_at": item.seen.found_at, **told}
    return StuckAnswer(**known)
