"""`/evaluations`: compute and freeze the yearly list, read it as JSON, CSV or XLSX."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from sqlmodel import Session

from api.deps import Action, Caller, DatabaseDep, require
from api.forms.accepting import wanted_type
from api.forms.xlsx import XLSX_TYPE
from api.institution_filter import part_of_tree
from api.pages.ranking_files import CSV_TYPE, csv_answer, ranking_xlsx
from api.paging import PagingDep
from api.routes.jobs import job_fields
from api.schemas.base import PageAnswer
from api.schemas.evaluations import (
    EvaluateBody,
    EvaluationAnswer,
    EvaluationDetailAnswer,
    RankingAnswer,
    ReasonBody,
    SeatCountAnswer,
    StartedAnswer,
    WhatIfAnswer,
)
from api.season_answers import what_if_answer
from models.errors import DomainError, ErrorCode
from models.rules.what_if import Entrant
from models.services import evaluation, evaluation_jobs
from models.services.quotas import gold_seats
from models.services.rulebooks import rulebook_of
from models.services.season.guard import refuse_reopening
from models.services.season.trying import MAX_VALUE, try_out
from models.stores.evaluations import EvaluationStore
from models.stores.rankings import RankingFilter, ranking_page
from models.tables.evaluation import Evaluation, RankingRow
from models.tables.jobs import Job
from models.types import SeatKind, Tier

router = APIRouter(prefix="/evaluations", tags=["evaluations"])
YearPath = Annotated[int, Path(ge=1990, le=2100)]
ReaderDep = Annotated[Caller, require(Action.READ_RANKING)]
FreezerDep = Annotated[Caller, require(Action.FREEZE)]


@router.get("", dependencies=[require(Action.READ_RANKING)])
def list_evaluations(database: DatabaseDep) -> PageAnswer[EvaluationAnswer]:
    """Evaluated years, newest first."""
    with database.read() as session:
        store = EvaluationStore(session)
        found = [row for year in store.years() if (row := store.get(year)) is not None]
    return PageAnswer(items=[EvaluationAnswer.model_validate(_fields(row)) for row in found])


@router.post("", status_code=202)
def start_evaluation(
    body: EvaluateBody,
    response: Response,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.EVALUATE)],
) -> StartedAnswer:
    """Compute the list; the worker does it. 409 for a frozen year."""
    with database.write() as session:
        job = start_job(session, body.year, caller)
        fields = job_fields(job)
    status_url = f"/api/v1/jobs/{job.id}"
    response.headers["Location"] = status_url
    return StartedAnswer.model_validate({**fields, "status_url": status_url})


def start_job(session: Session, year: int, caller: Caller) -> Job:
    """The evaluation that a caller asks for, the same over HTTP and on the page."""
    return evaluation_jobs.start(
        session,
        year,
        account_id=caller.account_id,
        institution_code=caller.institution_code,
        door=caller.door,
    )


@router.get("/{year}", dependencies=[require(Action.READ_RANKING)])
def read_evaluation(year: YearPath, database: DatabaseDep) -> EvaluationDetailAnswer:
    """One year with its gold seats."""
    with database.read() as session:
        return _detail(session, existing(session, year))


@router.get("/{year}/ranking", response_model=PageAnswer[RankingAnswer])
def read_ranking(
    year: YearPath,
    request: Request,
    database: DatabaseDep,
    paging: PagingDep,
    caller: ReaderDep,
    *,
    q: Annotated[str | None, Query(max_length=100)] = None,
    tier: Tier | None = None,
    institution_code: Annotated[str | None, Query(max_length=32)] = None,
) -> PageAnswer[RankingAnswer] | Response:
    """Rows of the caller's institutions, best first; `Accept: text/csv` gives them all as the CSV of the contract."""
    with database.read() as session:
        existing(session, year)
        scope = caller.scope(Action.READ_RANKING)
        wanted = RankingFilter(q, tier, part_of_tree(session, institution_code, scope))
        kind = wanted_type(request, CSV_TYPE, XLSX_TYPE)
        if kind is not None:
            rows = ranking_page(session, year, scope, wanted)
            return csv_answer(rows, year) if kind == CSV_TYPE else ranking_xlsx(rows, year)
        found = ranking_page(session, year, scope, wanted, after_rank=paging.number() or 0, limit=paging.fetch)
    shown, cursor = paging.cut(found, lambda row: (row.rank,))
    return PageAnswer(items=[RankingAnswer.model_validate(row) for row in shown], next_cursor=cursor)


@router.get("/{year}/ranking.csv", response_class=Response)
def download_csv(year: YearPath, database: DatabaseDep, caller: ReaderDep) -> Response:
    """The CSV of the contract: byte for byte what `greenlane evaluate` writes, within the caller's institutions."""
    with database.read() as session:
        return csv_answer(_whole_list(session, year, caller), year)


@router.get("/{year}/ranking.xlsx", response_class=Response)
def download_xlsx(year: YearPath, database: DatabaseDep, caller: ReaderDep) -> Response:
    """The list as a workbook."""
    with database.read() as session:
        return ranking_xlsx(_whole_list(session, year, caller), year)


@router.post("/{year}/freeze")
def freeze(year: YearPath, body: ReasonBody, database: DatabaseDep, caller: FreezerDep) -> EvaluationDetailAnswer:
    """冻结: from now on the list is read-only."""
    with database.write() as session:
        row = freeze_year(session, year, body.reason, caller)
        return _detail(session, row)


def freeze_year(session: Session, year: int, reason: str, caller: Caller) -> Evaluation:
    """Freeze for a caller, the same over HTTP and on the page. Raises REASON_REQUIRED without a reason."""
    if not reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    return evaluation.freeze(session, year, account_id=caller.account_id, by=by_of(caller), reason=reason.strip())


@router.post("/{year}/reopen")
def reopen(year: YearPath, body: ReasonBody, database: DatabaseDep, caller: FreezerDep) -> EvaluationDetailAnswer:
    """解冻, so that facts can be corrected and the list computed again."""
    with database.write() as session:
        refuse_reopening(session, year)
        row = evaluation.reopen(session, year, reason=body.reason, by=by_of(caller))
        return _detail(session, row)


@router.get("/{year}/what-if")
def try_out_entry(
    year: YearPath,
    database: DatabaseDep,
    caller: ReaderDep,
    *,
    customer_no: Annotated[str, Query(max_length=32)],
    seat: SeatKind | None = None,
    value: Annotated[Decimal | None, Query(ge=0, le=MAX_VALUE)] = None,
) -> WhatIfAnswer:
    """试算: who falls out if the customer enters so, or with this value. Nothing is saved."""
    with database.read() as session:
        row = existing(session, year)
        tiers = rulebook_of(session, row.rulebook_version_id).rulebook.tiers
        entrant = Entrant(customer_no, seat, value)
        return what_if_answer(try_out(session, year, tiers, entrant, caller.scope(Action.READ_RANKING)))


def by_of(caller: Caller) -> evaluation.By:
    """Who acts, as the evaluation's audit names it."""
    return evaluation.By(str(caller.account_id), caller.door, datetime.now(UTC))


def existing(session: Session, year: int) -> Evaluation:
    """The evaluation of a year. Raises NOT_FOUND."""
    row = EvaluationStore(session).get(year)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return row


def _whole_list(session: Session, year: int, caller: Caller) -> list[RankingRow]:
    existing(session, year)
    return ranking_page(session, year, caller.scope(Action.READ_RANKING), RankingFilter())


def _detail(session: Session, row: Evaluation) -> EvaluationDetailAnswer:
    tiers = rulebook_of(session, row.rulebook_version_id).rulebook.tiers
    seats = [SeatCountAnswer.model_validate(seat) for seat in gold_seats(session, tiers, row.year)]
    return EvaluationDetailAnswer.model_validate({**_fields(row), "seats": seats})


def _fields(row: Evaluation) -> dict[str, object]:
    names = {"year", "formula", "computed_at", "frozen_at"}
    return {**row.model_dump(include=names), "state": "frozen" if row.frozen_at else "computed"}
