"""工作日历: look at a year, try a change, see which deadlines it moves, publish it."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api import calendar_acts
from api.acts import key_for
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import usable_key
from api.pages.calendar_changes import ChangeKind, Stretch, read, read_tokens
from api.pages.calendar_view import CALENDAR, FIRST_YEAR, LAST_YEAR, CalendarQuery, calendar_page, change_kinds
from api.pages.render import render, see_other
from api.pages.view.calendar import ChangeForm
from api.problems import problem_of
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.stores.calendar import COMPANY

router = APIRouter(prefix=CALENDAR)
YearPath = Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR)]
Code = Annotated[str, Query(max_length=32)]
Text = Annotated[str, Query(max_length=200)]
_ON_FORM = frozenset({ErrorCode.INVALID_INPUT, ErrorCode.REASON_REQUIRED, ErrorCode.IDEMPOTENCY_CONFLICT})


@router.get("", dependencies=[require(Action.READ_CALENDAR)])
def this_year() -> Response:
    """To the current year."""
    return RedirectResponse(f"{CALENDAR}/{local_date(datetime.now(UTC)).year}", status_code=303)


@router.get("/{year}")
def show_calendar(
    request: Request,
    year: YearPath,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.READ_CALENDAR)],
    *,
    institution: Code = COMPANY,
    change: Annotated[list[str] | None, Query()] = None,
    official: bool = False,
    first: Text = "",
    last: Text = "",
    kind: Text = "",
    name: Text = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Twelve months with the changes on trial. `kind` adds one more; `first` alone only fills it in."""
    form = _form(first=first, last=last, kind=kind, name=name, official=official)
    asked = CalendarQuery(year=year, institution=institution, official=official, form=form, done=done == "published")
    try:
        stretches = read_tokens(change or [])
        asked = _with(asked, stretches)
        if kind:
            added = read(first, last, kind, name)
            asked = _with(asked, (*stretches, added), _form(official=official, kind=kind))
        return _shown(request, database, caller, asked)
    except DomainError as error:
        return _refused(request, database, caller, asked, error)


@router.post("/{year}")
async def publish(
    request: Request,
    year: YearPath,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.MANAGE_CALENDAR)],
    *,
    institution: Annotated[str, Form(max_length=32)] = COMPANY,
    change: Annotated[list[str] | None, Form()] = None,
    official: Annotated[bool, Form()] = False,
    reason: Annotated[str, Form(max_length=500)] = "",
    idempotency_key: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Publish the changes on trial with a reason."""
    key = usable_key(idempotency_key)
    form = _form(official=official, reason=reason, key=key)
    asked = CalendarQuery(year=year, institution=institution, official=official, form=form)
    try:
        asked = _with(asked, read_tokens(change or []))
        kept = key_for(caller, key, f"calendar:{year}", {"change": change, "institution": institution, "why": reason})
        by = calendar_acts.publisher(caller, reason)
        await calendar_acts.publish(database, request.app.state.gateway, kept, asked.change, by)
    except DomainError as error:
        return await run_in_threadpool(_refused, request, database, caller, asked, error)
    return see_other(request, asked.href((), done="published"))


def _shown(request: Request, database: Database, caller: Caller, asked: CalendarQuery, status: int = 200) -> Response:
    with database.read() as session:
        model = calendar_page(request, caller, session, asked)
    return render(request, "pages/calendar.html", model, status)


def _refused(
    request: Request, database: Database, caller: Caller, asked: CalendarQuery, error: DomainError
) -> Response:
    """The same page with what is wrong; changes that cannot be drawn are left out of it."""
    if error.code not in _ON_FORM:
        raise error
    drawn = asked if error.code is not ErrorCode.INVALID_INPUT else _with(asked, _of_year(asked))
    shown = CalendarQuery(
        year=drawn.year,
        institution=drawn.institution,
        stretches=drawn.stretches,
        official=drawn.official,
        form=drawn.form,
        error=error,
    )
    return _shown(request, database, caller, shown, problem_of(error).status)


def _of_year(asked: CalendarQuery) -> tuple[Stretch, ...]:
    return tuple(one for one in asked.stretches if one.first.year == one.last.year == asked.year)


def _with(asked: CalendarQuery, stretches: tuple[Stretch, ...], form: ChangeForm | None = None) -> CalendarQuery:
    return CalendarQuery(
        year=asked.year,
        institution=asked.institution,
        stretches=stretches,
        official=asked.official,
        form=form or asked.form,
        done=asked.done,
    )


def _form(
    *,
    first: str = "",
    last: str = "",
    kind: str = "",
    name: str = "",
    official: bool = False,
    reason: str = "",
    key: str = "",
) -> ChangeForm:
    return ChangeForm(
        first=first,
        last=last,
        name=name,
        kinds=change_kinds(kind or ChangeKind.OFF.value),
        official=official,
        reason=reason,
        key=key or uuid4().hex,
    )
