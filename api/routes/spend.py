"""`/reports/spend/{year}`: 服务投入 of a year, of one customer down to the ledger, gifts per person, 报超限审批."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api import acts, spend_acts
from api.act_base import now
from api.deps import Action, Caller, DatabaseDep, GatewayDep, IdempotencyKeyDep, require
from api.forms.accepting import wanted_type
from api.forms.pdf import PDF_TYPE
from api.forms.xlsx import XLSX_TYPE
from api.pages.lists import tier_or_none
from api.paging import PagingDep
from api.routes.sending import opened_case
from api.schemas.base import PageAnswer
from api.schemas.cases import CaseRowAnswer
from api.schemas.spend import BenefitAnswer, OverLimitBody, SpendDetailAnswer, SpendReportAnswer
from api.spend_answers import benefit_answer, detail_answer, report_answer
from api.spend_files import pdf_of, xlsx_of
from api.spend_reading import SpendQuery, page_of, reader_of, visible_plan, year_of
from models.rules.calendar import local_date
from models.services.rulebooks import rulebook_in_force, rulebook_of
from models.services.spend.benefits import benefits
from models.services.spend.figures import customers, of_plan
from models.stores.spend import SpendStore

router = APIRouter(prefix="/reports/spend", tags=["reports"])
YearPath = Annotated[int, Path(ge=1990, le=2100)]
ReaderDep = Annotated[Caller, require(Action.READ_SPEND)]


async def _asked(
    year: YearPath,
    tier: Annotated[str, Query(max_length=20)] = "",
    institution_code: Annotated[str, Query(max_length=32)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
) -> SpendQuery:
    return SpendQuery(year=year, tier=tier_or_none(tier), institution=institution_code, q=q)


AskedDep = Annotated[SpendQuery, Depends(_asked)]


@router.get("/{year}.xlsx", response_class=Response)
def download_xlsx(asked: AskedDep, database: DatabaseDep, caller: ReaderDep) -> Response:
    """The year as a workbook: customers, institutions, items."""
    with database.read() as session:
        return xlsx_of(session, year_of(session, caller, asked))


@router.get("/{year}.pdf", response_class=Response)
def download_pdf(asked: AskedDep, database: DatabaseDep, caller: ReaderDep) -> Response:
    """The same tables on paper."""
    with database.read() as session:
        return pdf_of(session, year_of(session, caller, asked), caller.name, now())


@router.get("/{year}", response_model=SpendReportAnswer)
def read_year(
    request: Request, asked: AskedDep, database: DatabaseDep, paging: PagingDep, caller: ReaderDep
) -> SpendReportAnswer | Response:
    """A year of the caller's customers, over the limit first; `Accept` gives the files as well."""
    with database.read() as session:
        found = year_of(session, caller, asked)
        kind = wanted_type(request, XLSX_TYPE, PDF_TYPE)
        if kind == XLSX_TYPE:
            return xlsx_of(session, found)
        if kind == PDF_TYPE:
            return pdf_of(session, found, caller.name, now())
        shown, cursor = page_of(found.report, paging)
        page = customers(session, shown)
        return report_answer(found.report, page, cursor, places=found.places, rulebook=found.rulebook)


@router.get("/{year}/benefits")
def read_benefits(
    year: YearPath, database: DatabaseDep, paging: PagingDep, caller: ReaderDep
) -> PageAnswer[BenefitAnswer]:
    """Gifts per person in a calendar year against the cap; whoever got one above it unsigned first (art. 116)."""
    with database.read() as session:
        rules = rulebook_in_force(session, local_date(now())).rulebook
        found = benefits(session, year, reader_of(caller), rules)
    begin = paging.number() or 0
    shown, cursor = paging.cut(list(enumerate(found, 1))[begin : begin + paging.fetch], lambda row: (row[0],))
    return PageAnswer(items=[benefit_answer(row) for _number, row in shown], next_cursor=cursor)


@router.get("/{year}/{customer_no}")
def read_customer(year: YearPath, customer_no: str, database: DatabaseDep, caller: ReaderDep) -> SpendDetailAnswer:
    """附件七 of one customer with what became of each line, down to the ledger; the owning institution's alone."""
    with database.read() as session:
        plan = visible_plan(session, caller, customer_no, year)
        rules = rulebook_of(session, plan.rulebook_version_id).rulebook
        return detail_answer(of_plan(session, plan), SpendStore(session).moved(plan.id), rules)


@router.post("/{year}/{customer_no}/over-limit", status_code=201)
async def ask_over_limit(
    year: YearPath,
    customer_no: str,
    body: OverLimitBody,
    response: Response,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: Annotated[Caller, require(Action.ASK_OVER_LIMIT)],
) -> CaseRowAnswer:
    """报超限审批 up to a total of the year; answers with the approval that decides it."""
    idempotency = acts.key_for(caller, key, f"over-limit:{year}:{customer_no}", body.model_dump(mode="json"))
    prepare = spend_acts.ask_over_limit(caller, idempotency, year, customer_no, total=body.total, reason=body.reason)
    done = await acts.perform(database, gateway, idempotency, prepare)
    response.status_code = done.status
    return await run_in_threadpool(opened_case, database, done)
