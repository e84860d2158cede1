"""`/calendar/{year}`: the working calendar of a year, and publishing a change of it."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api import calendar_acts
from api.acts import key_for
from api.deps import Action, Caller, DatabaseDep, IdempotencyKeyDep, require
from api.routes.evaluations import YearPath
from api.schemas.calendar import (
    CalendarAnswer,
    CalendarBody,
    CalendarDayAnswer,
    CalendarPreviewAnswer,
    CalendarPublishedAnswer,
    MovedDeadlineAnswer,
    PublicationAnswer,
)
from models.database import Database
from models.rules.calendar import local_date
from models.services import calendar_publication, calendars
from models.services.calendar_publication import Change, ChangedDay
from models.services.calendars import LoadedDay
from models.services.rulebooks import rulebook_in_force
from models.stores.calendar import COMPANY, PublicationStore
from models.tables.calendar import CalendarPublication

router = APIRouter(prefix="/calendar", tags=["calendar"])
CREATED = 201
LISTED = 200
"""Moved deadlines that an answer lists; it counts all of them."""
RECENT = 5


@router.get("/{year}", dependencies=[require(Action.READ_CALENDAR)])
def read_calendar(
    year: YearPath, database: DatabaseDep, institution_code: Annotated[str, Query(max_length=32)] = COMPANY
) -> CalendarAnswer:
    """One year as the company, or an institution, counts it."""
    with database.read() as session:
        working_time = rulebook_in_force(session, local_date(datetime.now(UTC))).rulebook.working_time
        calendar_publication.scope_of(session, institution_code)
        view = calendars.year_view(session, working_time, year, institution_code=institution_code)
        recent = PublicationStore(session).of_year(year, RECENT)
        return CalendarAnswer(
            year=year,
            institution_code=institution_code or None,
            state="official" if view.state == "official" else "provisional",
            version=view.version,
            working_days=view.working_days,
            holidays=[_day(day) for day in view.days if not day.is_workday],
            make_up_days=[_day(day) for day in view.days if day.is_workday and day.day.weekday() >= 5],
            half_days=[_day(day) for day in view.days if day.is_half_day],
            publications=[publication_answer(session, row) for row in recent],
        )


@router.post("/{year}")
async def change_calendar(
    year: YearPath,
    body: CalendarBody,
    *,
    request: Request,
    response: Response,
    database: DatabaseDep,
    key: IdempotencyKeyDep,
    caller: Annotated[Caller, require(Action.MANAGE_CALENDAR)],
) -> CalendarPreviewAnswer | CalendarPublishedAnswer:
    """`preview`: which open deadlines would move. `publish`: store it; every running case follows once."""
    change = _change(year, body)
    if body.mode == "preview":
        return await run_in_threadpool(_preview, database, change)
    kept = key_for(caller, key, f"calendar:{year}", body.model_dump(mode="json"))
    by = calendar_acts.publisher(caller, body.reason)
    publication_id = await calendar_acts.publish(database, request.app.state.gateway, kept, change, by)
    response.status_code = CREATED
    response.headers["Location"] = f"/api/v1/calendar/{year}"
    return await run_in_threadpool(_published, database, publication_id)


def publication_answer(session: Session, row: CalendarPublication) -> PublicationAnswer:
    """A publication and how far it is."""
    told = PublicationStore(session).told(row.id)
    return PublicationAnswer(
        publication_id=row.id,
        year=row.year,
        institution_code=row.institution_code or None,
        reason=row.reason,
        published_at=row.published_at,
        finished_at=row.finished_at,
        cases=told.cases,
        acknowledged=told.acknowledged,
    )


def _preview(database: Database, change: Change) -> CalendarPreviewAnswer:
    with database.read() as session:
        found = calendar_publication.preview(session, change, datetime.now(UTC))
    return CalendarPreviewAnswer(
        year=change.year,
        cases=found.cases,
        moved_total=len(found.moved),
        by_kind=found.by_kind,
        moved=[MovedDeadlineAnswer.model_validate(line) for line in found.moved[:LISTED]],
    )


def _published(database: Database, publication_id: UUID) -> CalendarPublishedAnswer:
    with database.read() as session:
        row = calendar_publication.publication_of(session, publication_id)
        return CalendarPublishedAnswer.model_validate(publication_answer(session, row).model_dump())


def _change(year: int, body: CalendarBody) -> Change:
    days = tuple(ChangedDay(day.date, day.is_workday, day.is_half_day, day.name) for day in body.days)
    return Change(year, days, body.institution_code or COMPANY, body.official)


def _day(day: LoadedDay) -> CalendarDayAnswer:
    return CalendarDayAnswer(date=day.day, name=day.name, source=day.source)
