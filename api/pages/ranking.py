"""排名与名额: the list of a year; head office computes and freezes it, branches file their quota."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from api.deps import Action, Caller, DatabaseDep, require
from api.pages.form_errors import error_summary
from api.pages.i18n import _
from api.pages.lists import TrailDep
from api.pages.ranking_view import EVALUATIONS, RankingQuery, ranking_view
from api.pages.render import render, see_other
from api.pages.shell import shell_for
from api.pages.view.common import ErrorSummary, FieldError
from api.pages.view.people import FormField, PlainFormPage
from api.paging import PagingDep
from api.problems import problem_of
from api.routes.evaluations import by_of, existing, freeze_year, start_job
from api.routes.quotas import filer_of
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.services import evaluation
from models.services.customers import evaluation_year
from models.services.quotas import Filing, file_quota
from models.services.season.guard import refuse_reopening

router = APIRouter(prefix=EVALUATIONS)
YearPath = Annotated[int, Path(ge=1990, le=2100)]
ReaderDep = Annotated[Caller, require(Action.READ_RANKING)]
FreezerDep = Annotated[Caller, require(Action.FREEZE)]
Text = Annotated[str, Form(max_length=500)]


@router.get("", dependencies=[require(Action.READ_RANKING)])
def newest(database: DatabaseDep) -> Response:
    """To the newest year that has a list."""
    with database.read() as session:
        year = evaluation_year(session, local_date(datetime.now(UTC)))
    return RedirectResponse(f"{EVALUATIONS}/{year}", status_code=303)


@router.get("/{year}")
def show_ranking(
    request: Request,
    year: YearPath,
    database: DatabaseDep,
    paging: PagingDep,
    *,
    trail: TrailDep,
    caller: ReaderDep,
    q: Annotated[str, Query(max_length=100)] = "",
    tier: Annotated[str, Query(max_length=20)] = "",
    institution: Annotated[str, Query(max_length=32)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
    who: Annotated[str, Query(max_length=32)] = "",
    seat: Annotated[str, Query(max_length=20)] = "",
    value: Annotated[str, Query(max_length=32)] = "",
) -> Response:
    """Seats, the list with its cut line, quotas, the season; with `who`, a trial."""
    trial = {"who": who, "seat": seat, "value": value}
    asked = RankingQuery(
        year=year, q=q, tier=tier, institution=institution, paging=paging, trail=trail, done=done, trial=trial
    )
    return _page(request, database, caller, asked)


def _page(request: Request, database: Database, caller: Caller, asked: RankingQuery, status: int = 200) -> Response:
    with database.read() as session:
        model = ranking_view(request, caller, session, asked)
    return render(request, "pages/ranking.html", model, status)


@router.post("/{year}/compute")
def compute(
    request: Request, year: YearPath, database: DatabaseDep, caller: Annotated[Caller, require(Action.EVALUATE)]
) -> Response:
    """评定: the worker computes the list; the page waits for it."""
    with database.write() as session:
        start_job(session, year, caller)
    return see_other(request, f"{EVALUATIONS}/{year}")


@router.get("/{year}/freeze")
def confirm_freeze(request: Request, year: YearPath, database: DatabaseDep, caller: FreezerDep) -> Response:
    """What freezing does, and why it is done."""
    return _confirm(request, database, caller, year)


@router.post("/{year}/freeze")
def freeze(request: Request, year: YearPath, database: DatabaseDep, caller: FreezerDep, reason: Text = "") -> Response:
    """冻结."""
    try:
        with database.write() as session:
            freeze_year(session, year, reason, caller)
    except DomainError as error:
        return _refused(request, database, caller, (year, reason), error)
    return see_other(request, f"{EVALUATIONS}/{year}?done=frozen")


@router.get("/{year}/reopen")
def confirm_reopen(request: Request, year: YearPath, database: DatabaseDep, caller: FreezerDep) -> Response:
    """What reopening does, and why it is done."""
    return _confirm(request, database, caller, year)


@router.post("/{year}/reopen")
def reopen(request: Request, year: YearPath, database: DatabaseDep, caller: FreezerDep, reason: Text = "") -> Response:
    """解冻."""
    try:
        with database.write() as session:
            refuse_reopening(session, year)
            evaluation.reopen(session, year, reason=reason, by=by_of(caller))
    except DomainError as error:
        return _refused(request, database, caller, (year, reason), error)
    return see_other(request, f"{EVALUATIONS}/{year}?done=reopened")


def _refused(
    request: Request, database: Database, caller: Caller, sent: tuple[int, str], error: DomainError
) -> Response:
    if error.code is not ErrorCode.REASON_REQUIRED:
        raise error
    year, reason = sent
    return _confirm(request, database, caller, year, reason=reason, error=error)


def _confirm(
    request: Request,
    database: Database,
    caller: Caller,
    year: int,
    *,
    reason: str = "",
    error: DomainError | None = None,
) -> Response:
    with database.read() as session:
        title, lead, button = _words(session, year, request.url.path.endswith("/freeze"))
    model = PlainFormPage(
        shell=shell_for(request, caller, current="ranking"),
        title=title,
        lead=lead,
        button=button,
        action=request.url.path,
        back_href=f"{EVALUATIONS}/{year}",
        fields=(FormField(id="reason", label=_("原因"), value=reason),),
        errors=_reason_missing(error) if error else None,
    )
    return render(request, "pages/plain_form.html", model, problem_of(error).status if error else 200)


def _reason_missing(error: DomainError) -> ErrorSummary:
    title = error_summary(error).title
    return ErrorSummary(title=title, errors=(FieldError(field_id="reason", text=title),))


def _words(session: Session, year: int, freezing: bool) -> tuple[str, str, str]:
    existing(session, year)
    if freezing:
        lead = _("冻结后名单只读，不能重新评定；申报按此名单排序。更正数据须先解冻。")
        return _("冻结 %(year)s 年度名单", year=year), lead, _("冻结")
    lead = _("解冻后可更正数据并重新评定；已批准的资格不受影响。")
    return _("解冻 %(year)s 年度名单", year=year), lead, _("解冻")


@router.post("/{year}/quota")
def file(
    request: Request,
    year: YearPath,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.FILE_QUOTA)],
    *,
    institution_code: Text = "",
    quota: Text = "",
    reason: Text = "",
) -> Response:
    """File 机构名额 of a branch; a refusal comes back on the page with what was typed."""
    typed = {"institution_code": institution_code, "quota": quota, "reason": reason}
    try:
        filing = Filing(institution_code, _number(quota), reason)
        with database.write() as session:
            file_quota(session, year, filing, filer_of(caller))
    except DomainError as error:
        if error.code is ErrorCode.NOT_FOUND:
            raise
        asked = RankingQuery(year=year, error=error, typed=typed)
        return _page(request, database, caller, asked, problem_of(error).status)
    return see_other(request, f"{EVALUATIONS}/{year}?done=filed")


def _number(quota: str) -> int:
    """The number of a form. Raises INVALID_INPUT."""
    if not quota.strip().isdecimal():
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "quota", "reason": "int_parsing"}])
    return int(quota)
