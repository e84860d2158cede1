"""`/reports/quarterly/{year}/{quarter}`: 附件二 of every branch, as JSON, XLSX and PDF; deciding is done on tasks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api import acts, quarter_acts
from api.deps import Action, Caller, DatabaseDep, GatewayDep, IdempotencyKeyDep, require
from api.forms.accepting import wanted_type
from api.forms.pdf import PDF_TYPE, pdf_answer
from api.forms.printing import printed
from api.forms.xlsx import XLSX_TYPE, xlsx_answer
from api.pages.quarter_files import sheets
from api.quarter_answers import branch_answer, summary_answer
from api.schemas.quarters import AdjustmentReasonBody, FreezeBody, ProblemsBody, QuarterAnswer, SummaryAnswer
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.rules.quarter import Quarter
from models.services.quarter.reading import SummaryDetail, branch_quarters, detail
from models.stores.quarter import QuarterStore

FORM = 2
"""附件二."""
router = APIRouter(prefix="/reports/quarterly/{year}/{quarter}", tags=["reports"])
files = APIRouter(prefix="/reports/quarterly/{year}", tags=["reports"])
ReaderDep = Annotated[Caller, require(Action.READ_QUARTERS)]
FreezerDep = Annotated[Caller, require(Action.FREEZE_QUARTERS)]
PreparerDep = Annotated[Caller, require(Action.PREPARE_QUARTERS)]
CodePath = Annotated[str, Path(max_length=32)]


async def quarter_of(
    year: Annotated[int, Path(ge=1990, le=2100)], quarter: Annotated[int, Path(ge=1, le=4)]
) -> Quarter:
    """The quarter that an address names."""
    return Quarter(year, quarter)


QuarterDep = Annotated[Quarter, Depends(quarter_of)]


@files.get("/{quarter}.xlsx", response_class=Response)
def download_xlsx(asked: QuarterDep, database: DatabaseDep, caller: ReaderDep) -> Response:
    """Every branch of the caller's institutions as one workbook."""
    with database.read() as session:
        return _xlsx(session, asked, details(session, asked, caller))


@files.get("/{quarter}.pdf", response_class=Response)
def download_pdf(asked: QuarterDep, database: DatabaseDep, caller: ReaderDep) -> Response:
    """附件二 of every branch that has one, one after another."""
    with database.read() as session:
        return _pdf(session, asked, details(session, asked, caller), caller)


@router.get("", response_model=QuarterAnswer)
def read_quarter(
    asked: QuarterDep, request: Request, database: DatabaseDep, caller: ReaderDep
) -> QuarterAnswer | Response:
    """Every branch of the caller's institutions, the missing ones first; files by `Accept`."""
    kind = wanted_type(request, XLSX_TYPE, PDF_TYPE)
    with database.read() as session:
        if kind == XLSX_TYPE:
            return _xlsx(session, asked, details(session, asked, caller))
        if kind == PDF_TYPE:
            return _pdf(session, asked, details(session, asked, caller), caller)
        rows = branch_quarters(session, asked, caller.scope(Action.READ_QUARTERS))
    return QuarterAnswer(
        year=asked.year,
        quarter=asked.number,
        first=asked.first,
        last=asked.last,
        ended=asked.has_ended(local_date(datetime.now(UTC))),
        items=[branch_answer(row) for row in rows],
    )


@router.get("/{institution_code}.pdf", response_class=Response)
def download_branch_pdf(
    asked: QuarterDep, institution_code: CodePath, database: DatabaseDep, caller: ReaderDep
) -> Response:
    """附件二 of one branch, texts masked."""
    with database.read() as session:
        found = detail(session, asked, institution_code, caller.scope(Action.READ_QUARTERS))
        return _pdf(session, asked, [found], caller)


@router.get("/{institution_code}")
def read_summary(
    asked: QuarterDep, institution_code: CodePath, database: DatabaseDep, caller: ReaderDep
) -> SummaryAnswer:
    """One branch: every VIP, what was written, what was adjusted since publication."""
    return _summary(database, asked, institution_code, caller)


@router.post("/freeze", status_code=201)
async def freeze(
    asked: QuarterDep,
    body: FreezeBody,
    response: Response,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: FreezerDep,
) -> SummaryAnswer:
    """冻结 by hand; a quarter that was frozen before answers as it stands."""
    route = f"quarter-freeze:{asked.year}-{asked.number}"
    idempotency = acts.key_for(caller, key, route, body.model_dump(mode="json"))
    prepare = quarter_acts.freeze(caller, idempotency, asked, body.institution_code)
    done = await acts.perform(database, gateway, idempotency, prepare)
    response.status_code = done.status
    return await run_in_threadpool(_summary, database, asked, body.institution_code, caller)


@router.post("/{institution_code}/problems")
def save_problems(
    asked: QuarterDep, institution_code: CodePath, body: ProblemsBody, database: DatabaseDep, caller: PreparerDep
) -> SummaryAnswer:
    """Write 问题与措施; repeated with the version it had, it is refused as stale and nothing is lost."""
    with database.write() as session:
        quarter_acts.save_problems(session, caller, asked, institution_code, texts=body.problems, version=body.version)
    return _summary(database, asked, institution_code, caller)


@router.post("/{institution_code}/adjustments/{number}/reason")
def explain(
    asked: QuarterDep,
    institution_code: CodePath,
    number: int,
    body: AdjustmentReasonBody,
    *,
    database: DatabaseDep,
    caller: PreparerDep,
) -> SummaryAnswer:
    """Enter why a figure changed."""
    with database.write() as session:
        quarter_acts.explain(session, caller, asked, institution_code, number=number, reason=body.reason)
    return _summary(database, asked, institution_code, caller)


def details(session: Session, asked: Quarter, caller: Caller) -> list[SummaryDetail]:
    """Every summary that the caller reads, in the order of the tree. Raises NOT_FOUND when there is none."""
    scope = caller.scope(Action.READ_QUARTERS)
    codes = [row.branch.code for row in QuarterStore(session).branches(asked, scope) if row.summary]
    if not codes:
        raise DomainError(ErrorCode.NOT_FOUND)
    return [detail(session, asked, code, scope) for code in codes]


def _summary(database: Database, asked: Quarter, institution_code: str, caller: Caller) -> SummaryAnswer:
    with database.read() as session:
        return summary_answer(detail(session, asked, institution_code, caller.scope(Action.READ_QUARTERS)))


def _xlsx(_: Session, asked: Quarter, found: Sequence[SummaryDetail]) -> Response:
    return xlsx_answer(sheets(asked, found), f"quarter-{asked.year}-Q{asked.number}.xlsx")


def _pdf(session: Session, asked: Quarter, found: Sequence[SummaryDetail], caller: Caller) -> Response:
    forms = [printed(session, caller, FORM, one.summary.case_id) for one in found]
    code = f"-{found[0].found.branch.code}" if len(found) == 1 else ""
    return pdf_answer(f"quarter-{asked.year}-Q{asked.number}{code}.pdf", *forms)
