"""`/quotas/{year}`: silver quotas of the branches, special declarations, the reserve list, where the season stands."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter
from sqlmodel import Session

from api.case_answers import case_row_answer
from api.deps import Action, Caller, DatabaseDep, require
from api.routes.evaluations import YearPath
from api.schemas.evaluations import QuotaAnswer, QuotaBody, QuotasAnswer, SeatCountAnswer
from api.season_answers import candidate_answer, season_answer
from models.rulebook import TierRules
from models.services.quotas import Filer, Filing, QuotaLine, file_quota, gold_seats, quota_lines
from models.services.rulebooks import rulebook_in_force, rulebook_of
from models.services.season.overview import season_view
from models.stores.cases import CaseStore
from models.stores.evaluations import EvaluationStore

router = APIRouter(prefix="/quotas", tags=["evaluations"])


@router.get("/{year}")
def read_quotas(
    year: YearPath, database: DatabaseDep, caller: Annotated[Caller, require(Action.READ_QUOTA)]
) -> QuotasAnswer:
    """Quotas within the caller's institutions."""
    with database.read() as session:
        return _answer(session, year, caller)


@router.post("/{year}")
def file(
    year: YearPath,
    body: QuotaBody,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.FILE_QUOTA)],
) -> QuotasAnswer:
    """File the silver quota of a branch with its reason; an earlier one is replaced and stands in the audit."""
    with database.write() as session:
        filing = Filing(body.institution_code, body.quota, body.reason)
        file_quota(session, year, filing, filer_of(caller))
        return _answer(session, year, caller)


def filer_of(caller: Caller) -> Filer:
    """The caller as one who files quotas."""
    return Filer(caller.account_id, caller.scope(Action.FILE_QUOTA), caller.door, datetime.now(UTC))


def tiers_of(session: Session, year: int) -> TierRules:
    """The rules of the year's list, else those in force at the year's end."""
    row = EvaluationStore(session).get(year)
    rules = rulebook_of(session, row.rulebook_version_id) if row else rulebook_in_force(session, date(year, 12, 31))
    return rules.rulebook.tiers


def _answer(session: Session, year: int, caller: Caller) -> QuotasAnswer:
    scope, tiers, cases = caller.scope(Action.READ_QUOTA), tiers_of(session, year), CaseStore(session)
    now = datetime.now(UTC)
    view = season_view(session, year, scope, now)
    return QuotasAnswer(
        year=year,
        items=[_line(line) for line in quota_lines(session, tiers, year, scope)],
        gold=[SeatCountAnswer.model_validate(seat) for seat in gold_seats(session, tiers, year)],
        special=[case_row_answer(case) for case in cases.special(year, scope)],
        reserve=[case_row_answer(case) for case in cases.reserve(year, scope)],
        season=season_answer(view.state, now) if view.state else None,
        appeals=[case_row_answer(case) for case in view.appeals],
        should_end=[candidate_answer(item) for item in view.candidates],
    )


def _line(line: QuotaLine) -> QuotaAnswer:
    return QuotaAnswer(
        institution_code=line.branch.code,
        quota=line.quota,
        suggested=line.suggested,
        reason=line.filed.reason if line.filed else None,
        filed_at=line.filed.filed_at if line.filed else None,
        in_list=line.in_list,
        taken=line.taken,
    )
