"""`/reports/quarterly`: 季度汇总, every branch in a quarter and one branch in detail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from api import acts, quarter_acts
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import has_own_page, pending, send, status_headers, usable_key
from api.pages.desk import desk_of
from api.pages.i18n import _
from api.pages.lists import TrailDep, href
from api.pages.quarter_branch_view import Part, summary_page
from api.pages.quarter_view import QUARTERS, overview, quarter_href
from api.pages.render import render, see_other
from api.paging import PagingDep
from api.routes.quarters import CodePath, FreezerDep, PreparerDep, QuarterDep, ReaderDep
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.rules.quarter import Quarter

router = APIRouter(prefix=QUARTERS)


async def _part(paging: PagingDep, trail: TrailDep) -> Part:
    return Part(paging, trail)


PartDep = Annotated[Part, Depends(_part)]
DoneQuery = Annotated[str, Query(max_length=20)]


@router.get("", dependencies=[require(Action.READ_QUARTERS)])
def newest() -> Response:
    """To the quarter that ended last."""
    return RedirectResponse(quarter_href(Quarter.of(local_date(datetime.now(UTC))).before), status_code=303)


@router.get("/{year}/{quarter}")
def show_quarter(
    request: Request, asked: QuarterDep, database: DatabaseDep, caller: ReaderDep, done: DoneQuery = ""
) -> Response:
    """Every branch: the missing ones first."""
    with database.read() as session:
        page = overview(desk_of(request, session, caller), asked, done)
    return render(request, "pages/quarter.html", page)


@router.get("/{year}/{quarter}/{institution_code}")
def show_summary(
    request: Request,
    asked: QuarterDep,
    institution_code: CodePath,
    *,
    database: DatabaseDep,
    caller: ReaderDep,
    part: PartDep,
    done: DoneQuery = "",
) -> Response:
    """One branch."""
    with database.read() as session:
        page = summary_page(desk_of(request, session, caller), asked, institution_code, part=part, done=done)
    return render(request, "pages/quarter_branch.html", page)


@router.post("/{year}/{quarter}/{institution_code}/freeze")
async def freeze(
    request: Request,
    asked: QuarterDep,
    institution_code: CodePath,
    *,
    database: DatabaseDep,
    caller: FreezerDep,
    idempotency_key: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """冻结 by hand."""
    route = f"quarter-freeze:{asked.year}-{asked.number}"
    key = acts.key_for(caller, usable_key(idempotency_key), route, {"institution_code": institution_code})
    try:
        await send(request, database, key, quarter_acts.freeze(caller, key, asked, institution_code))
    except DomainError as error:
        if error.code is not ErrorCode.NOT_YET_CONFIRMED:
            raise
        kept = _("冻结已提交，确认后出现在季度汇总中。")
        return pending(request, database, caller, key.key, kept=kept, back=quarter_href(asked))
    return see_other(request, f"{quarter_href(asked, institution_code)}?done=frozen")


@router.post("/{year}/{quarter}/{institution_code}/problems")
def save_problems(
    request: Request,
    asked: QuarterDep,
    institution_code: CodePath,
    *,
    database: DatabaseDep,
    caller: PreparerDep,
    part: PartDep,
    version: Annotated[int, Form()] = 0,
    customer_no: Annotated[list[str], Form(max_length=500)] = [],  # noqa: B006  FastAPI copies it
    problems: Annotated[list[str], Form(max_length=500)] = [],  # noqa: B006
) -> Response:
    """Write 问题与措施; what was typed stays where a saving is refused."""
    texts = dict(zip(customer_no, problems, strict=False))
    try:
        with database.write() as session:
            quarter_acts.save_problems(session, caller, asked, institution_code, texts=texts, version=version)
    except DomainError as error:
        return _refused(request, database, caller, _Typed(asked, institution_code, error, part, texts))
    return see_other(request, href(quarter_href(asked, institution_code), {"done": "saved", **part.query}))


@router.post("/{year}/{quarter}/{institution_code}/adjustments/{number}/reason")
def explain(
    request: Request,
    asked: QuarterDep,
    institution_code: CodePath,
    number: int,
    *,
    database: DatabaseDep,
    caller: PreparerDep,
    part: PartDep,
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Enter why a figure changed."""
    try:
        with database.write() as session:
            quarter_acts.explain(session, caller, asked, institution_code, number=number, reason=reason)
    except DomainError as error:
        return _refused(request, database, caller, _Typed(asked, institution_code, error, part))
    return see_other(request, f"{quarter_href(asked, institution_code)}?done=explained")


@dataclass(frozen=True)
class _Typed:
    """What was sent to the page of a summary, as it goes back into it when it was refused."""

    quarter: Quarter
    institution_code: str
    error: DomainError
    part: Part
    texts: Mapping[str, str] = field(default_factory=dict)


def _refused(request: Request, database: Database, caller: Caller, sent: _Typed) -> Response:
    if not has_own_page(sent.error):
        raise sent.error
    with database.read() as session:
        desk = desk_of(request, session, caller)
        page = summary_page(
            desk, sent.quarter, sent.institution_code, part=sent.part, error=sent.error, typed=sent.texts
        )
    status, headers = status_headers(sent.error)
    return render(request, "pages/quarter_branch.html", page, status, headers)
