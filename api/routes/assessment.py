"""`/reports/assessment/{year}`: points of every branch with their proof; versions, vetoes, appeals."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api import acts, assessment_acts
from api.assessment_acts import place_of
from api.assessment_answers import branch_answer, fact_answer, line_answer
from api.assessment_files import MEDIA_TYPES, branch_file, year_file
from api.case_answers import case_row_answer
from api.deps import Action, Caller, DatabaseDep, GatewayDep, IdempotencyKeyDep, require
from api.desk_acts import actor_of
from api.forms.accepting import wanted_type
from api.paging import Paging, PagingDep
from api.routes.evaluations import YearPath
from api.routes.recording import Recording, recording
from api.schemas.assessment import (
    AssessmentAppealBody,
    AssessmentBranchAnswer,
    AssessmentYearAnswer,
    ConfirmBody,
    FactsAnswer,
    VetoBody,
)
from api.schemas.cases import CaseRowAnswer
from api.schemas.evaluations import ReasonBody
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services.assessment import vetoes
from models.services.assessment.overview import Position, branch_view, facts_behind, year_lines
from models.services.assessment.vetoes import Finding
from models.services.desk.once import Facts, once
from models.services.idempotency import Key
from models.stores.cases import CaseStore

router = APIRouter(prefix="/reports/assessment", tags=["reports"])
ReaderDep = Annotated[Caller, require(Action.READ_ASSESSMENT)]
ConfirmDep = Annotated[Recording, recording(Action.CONFIRM_ASSESSMENT)]
VetoDep = Annotated[Recording, recording(Action.RECORD_VETO)]
Version = Annotated[str, Query(max_length=8)]


@router.get("/{year}.xlsx")
def year_as_xlsx(year: YearPath, database: DatabaseDep, caller: ReaderDep) -> Response:
    """The list as a workbook."""
    with database.read() as session:
        return year_file(session, year, caller, MEDIA_TYPES["xlsx"])


@router.get("/{year}.pdf")
def year_as_pdf(year: YearPath, database: DatabaseDep, caller: ReaderDep) -> Response:
    """The list as PDF/A."""
    with database.read() as session:
        return year_file(session, year, caller, MEDIA_TYPES["pdf"])


@router.get("/{year}", response_model=AssessmentYearAnswer)
def read_year(request: Request, year: YearPath, database: DatabaseDep, caller: ReaderDep) -> Any:
    """Every branch within the caller's institutions, best first; as XLSX or PDF by `Accept`."""
    asked = wanted_type(request, *MEDIA_TYPES.values())
    with database.read() as session:
        if asked is not None:
            return year_file(session, year, caller, asked)
        lines = year_lines(session, year, caller.scope(Action.READ_ASSESSMENT), datetime.now(UTC))
        return AssessmentYearAnswer(year=year, items=[line_answer(line) for line in lines])


@router.get("/{year}/{institution_code}.pdf")
def branch_as_pdf(
    year: YearPath, institution_code: str, database: DatabaseDep, caller: ReaderDep, version: Version = ""
) -> Response:
    """One branch as PDF/A."""
    with database.read() as session:
        return branch_file(session, place_of(caller, Action.READ_ASSESSMENT, year, institution_code), version, caller)


@router.get("/{year}/{institution_code}")
def read_branch(
    year: YearPath, institution_code: str, database: DatabaseDep, caller: ReaderDep, version: Version = ""
) -> AssessmentBranchAnswer:
    """One branch: what stands, a version by its number, or `live` for the records as they are now."""
    with database.read() as session:
        return _branch(session, caller, year, institution_code, version)


@router.get("/{year}/{institution_code}/facts/{item}")
def read_facts(
    year: YearPath,
    institution_code: str,
    item: str,
    database: DatabaseDep,
    paging: PagingDep,
    *,
    caller: ReaderDep,
    version: Version = "",
) -> FactsAnswer:
    """The facts behind a figure: an indicator, `deduction`, or `returned` for the return rate."""
    place, after = place_of(caller, Action.READ_ASSESSMENT, year, institution_code), position_of(paging)
    with database.read() as session:
        found = facts_behind(session, place, item, version, datetime.now(UTC), after=after, limit=paging.fetch)
    shown, cursor = paging.cut(found, lambda row: row[0])
    return FactsAnswer(items=[fact_answer(fact) for _, fact in shown], next_cursor=cursor)


def position_of(paging: Paging) -> Position | None:
    """Where a list of facts goes on. Raises INVALID_INPUT for a cursor of another list."""
    number = paging.number(0)
    return None if number is None else (number, paging.text(1) or "")


@router.post("/{year}/{institution_code}/reckon", status_code=201)
def reckon(year: YearPath, institution_code: str, body: ReasonBody, by: ConfirmDep) -> AssessmentBranchAnswer:
    """重新计算 of a year that is over: another version, unconfirmed."""
    place = place_of(by.caller, Action.CONFIRM_ASSESSMENT, year, institution_code)

    def do(session: Session, key: Key) -> Facts:
        return assessment_acts.reckon_again(session, by.caller, key, place, body.reason)

    return by.once(_route("reckon", year, institution_code), body, do, _answered(by, year, institution_code))


@router.post("/{year}/{institution_code}/confirm")
def confirm(year: YearPath, institution_code: str, body: ConfirmBody, by: ConfirmDep) -> AssessmentBranchAnswer:
    """确认 the newest version: it stands, and the branch may appeal."""
    place = place_of(by.caller, Action.CONFIRM_ASSESSMENT, year, institution_code)

    def do(session: Session, key: Key) -> Facts:
        return assessment_acts.confirm(session, by.caller, key, place, body.version)

    return by.once(_route("confirm", year, institution_code), body, do, _answered(by, year, institution_code))


@router.post("/{year}/{institution_code}/vetoes", status_code=201)
def record_veto(year: YearPath, institution_code: str, body: VetoBody, by: VetoDep) -> AssessmentBranchAnswer:
    """一票否决: takes effect in the next version."""
    place = place_of(by.caller, Action.RECORD_VETO, year, institution_code)
    finding = Finding(body.code, body.case_id, body.reason, body.evidence)

    def do(session: Session, key: Key) -> Facts:
        return assessment_acts.record_veto(session, by.caller, key, place, finding)

    return by.once(_route("veto", year, institution_code), body, do, _answered(by, year, institution_code))


@router.post("/{year}/{institution_code}/vetoes/{veto_id}/withdraw")
def withdraw_veto(
    year: YearPath, institution_code: str, veto_id: UUID, body: ReasonBody, by: VetoDep
) -> AssessmentBranchAnswer:
    """撤销 a veto with a reason."""
    scope, actor = by.caller.scope(Action.RECORD_VETO), actor_of(by.caller)

    def do(session: Session, key: Key) -> Facts:
        def withdrawn() -> Facts:
            return {"veto_id": str(vetoes.withdraw(session, veto_id, body.reason, scope, actor).id)}

        return once(session, key, actor.at, withdrawn)

    return by.once(f"veto-withdraw:{veto_id}", body, do, _answered(by, year, institution_code))


@router.post("/{year}/{institution_code}/appeals", status_code=201)
async def appeal(
    year: YearPath,
    institution_code: str,
    body: AssessmentAppealBody,
    response: Response,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: Annotated[Caller, require(Action.APPEAL_ASSESSMENT)],
) -> CaseRowAnswer:
    """申诉 about an indicator or the deduction, while the window is open: head office decides."""
    place = place_of(caller, Action.APPEAL_ASSESSMENT, year, institution_code)
    name = _route("appeal", year, institution_code)
    idempotency = acts.key_for(caller, key, name, body.model_dump(mode="json"))
    prepare = assessment_acts.appeal(
        caller, idempotency, place, item=body.item, asked=str(body.asked), reason=body.reason
    )
    done = await acts.perform(database, gateway, idempotency, prepare)
    response.status_code = done.status
    return await run_in_threadpool(_case, database, done)


def _route(act: str, year: int, institution_code: str) -> str:
    return f"assessment-{act}:{year}:{institution_code}"


def _answered(by: Recording, year: int, institution_code: str) -> Callable[[Session, Facts], AssessmentBranchAnswer]:
    """The branch as it stands after the act: a version that is not confirmed yet is in the list, not in its place."""

    def answer(session: Session, _: Facts) -> AssessmentBranchAnswer:
        return _branch(session, by.caller, year, institution_code, "")

    return answer


def _branch(session: Session, caller: Caller, year: int, institution_code: str, version: str) -> AssessmentBranchAnswer:
    place = place_of(caller, Action.READ_ASSESSMENT, year, institution_code)
    return branch_answer(branch_view(session, place, version, datetime.now(UTC)), year)


def _case(database: Database, done: acts.Done) -> CaseRowAnswer:
    with database.read() as session:
        case = CaseStore(session).get(done.case_id)
        if case is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        return case_row_answer(case)
