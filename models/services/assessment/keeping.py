"""Versions of a branch's 考核: written down with their facts, never changed, confirmed 确认 by head office.

The sweep keeps one at each quarter's end and one of the year once its last summary 附件二 was due. Until and after the
confirmation head office may reckon again with a reason: that makes another version, and what was confirmed stands
until the next one is. Nothing commits here.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.assessment import DEDUCTION, Assessed, Correction, Kept
from models.messages.sweep import SweepDone, SweepOrder
from models.rulebook.schema.assessment import Assessment
from models.rules.assessment import assess
from models.rules.calendar import add_working_days, local_date, shift_working_days
from models.service_types import AssessmentCause
from models.services import audit
from models.services.assessment.facts import SOURCES
from models.services.assessment.reckoning import (
    PERIODS,
    Place,
    Reckoned,
    asked_of,
    branch_at,
    last_day,
    reckon,
    rules_of,
)
from models.services.calendars import snapshot
from models.services.desk.acting import Actor, invalid
from models.services.rulebooks import InForce, rulebook_of
from models.stores.assessment import AssessmentStore
from models.stores.fact_sources import YEAR_PERIOD
from models.stores.facts import Asked, every
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING, Scope
from models.tables.assessment import AssessmentAppeal, AssessmentResult
from models.tables.columns import new_id
from models.tables.organisation import Institution
from models.types import SYSTEM_SCHEDULE, Door, InstitutionLevel


@dataclass(frozen=True)
class Made:
    """Why a version is made, by whom, when; `by` None is the sweep."""

    cause: AssessmentCause
    at: datetime
    by: Actor | None = None
    reason: str = ""


def keep_due(session: Session, order: SweepOrder) -> SweepDone:
    """What the day of a sweep makes due for its branch, each once: quarters that ended, and the year before."""
    branch = InstitutionStore(session).get(order.institution_code, EVERYTHING)
    if branch is None or branch.level is not InstitutionLevel.BRANCH:
        return SweepDone()
    made = Made(AssessmentCause.SWEEP, order.at)
    due = _due(session, order.day, order.at)
    return SweepDone(counts={"assessed": sum(_keep_year(session, branch, year, over, made) for year, over in due)})


def _keep_year(session: Session, branch: Institution, year: int, over: Sequence[str], made: Made) -> int:
    """Periods of a year without a version, shortest first. All begin on the first of January, so a branch without a
    case in the longest has none in the others, and none is asked for them."""
    store, scope = AssessmentStore(session), Scope((branch.path,))
    missing = [period for period in over if not store.locked_versions(year, branch.code, period)]
    if not missing or not _has_case(session, (year, missing[-1]), scope, made.at):
        return 0
    return sum(_keep_first(session, (year, period), scope, made) for period in missing)


def _has_case(session: Session, of: tuple[int, str], scope: Scope, at: datetime) -> bool:
    (reckoned,) = reckon(session, rules_of(session, of[0], at).rulebook, of[0], asked_of(*of, at, scope))
    return reckoned.assessed.total is not None


def keep_again(session: Session, place: Place, by: Actor, reason: str) -> AssessmentResult:
    """重新计算 of the year from the records as they stand now: the next version, which nobody has confirmed.

    What appeals of the branch put in place is taken in again wherever the records say nothing better since.

    Raises REASON_REQUIRED, NOT_FOUND outside the scope, YEAR_NOT_OVER, INVALID_INPUT for what is no branch and for a
    branch without any case.
    """
    if not reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    branch, year = branch_at(session, place), place.year
    if local_date(by.at) <= last_day(year, YEAR_PERIOD):
        raise DomainError(ErrorCode.YEAR_NOT_OVER, year=year)
    versions = AssessmentStore(session).locked_versions(year, branch.code, YEAR_PERIOD)
    rules = rules_of(session, year, by.at)
    asked = asked_of(year, YEAR_PERIOD, by.at, Scope((branch.path,)))
    (reckoned,) = reckon(session, rules.rulebook, year, asked)
    if reckoned.assessed.total is None:
        raise invalid("institution_code", "nothing_to_assess")
    reckoned = _with_upheld(session, rules.rulebook.assessment, reckoned, year)
    made = Made(AssessmentCause.BY_HAND, by.at, by, reason.strip())
    row = _row((year, YEAR_PERIOD), reckoned, rules, made, len(versions) + 1)
    return _write(session, row, asked, made)


def _with_upheld(session: Session, rules: Assessment, reckoned: Reckoned, year: int) -> Reckoned:
    """The same with the corrections of appeals that were upheld."""
    upheld = AssessmentStore(session).upheld(year, reckoned.branch.code)
    corrections = tuple(Correction(item=row.item, value=row.new) for row in upheld if _helps(reckoned.assessed, row))
    facts = reckoned.facts.model_copy(update={"corrections": corrections})
    return replace(reckoned, facts=facts, assessed=assess(rules, facts))


def _helps(assessed: Assessed, appeal: AssessmentAppeal) -> bool:
    """Whether what was put in place is still better for the branch than what the records say by themselves."""
    if appeal.item == DEDUCTION:
        return appeal.new < assessed.deduction
    actual = next((score.actual for score in assessed.indicators if score.code == appeal.item), None)
    return actual is not None and appeal.new > actual


def confirm(session: Session, year: int, branch_code: str, version: int, by: Actor) -> AssessmentResult:
    """确认 the newest version of a year: it stands, and the branch may appeal for the days of its rulebook.

    Raises NOT_FOUND for a version that there is not, STALE_VERSION when a newer one was made; confirmed already, it is
    answered as it stands.
    """
    store = AssessmentStore(session)
    versions = store.locked_versions(year, branch_code, YEAR_PERIOD)
    if not any(row.version == version for row in versions):
        raise DomainError(ErrorCode.NOT_FOUND)
    newest = versions[0]
    if newest.version != version:
        raise DomainError(ErrorCode.STALE_VERSION)
    if newest.confirmed_at is None:
        mark_confirmed(newest, by)
        newest.appeals_until = appeals_until(session, newest, by.at)
        store.add(newest)
        _note(session, newest, "assessment.confirmed", Made(newest.cause, by.at, by))
    return newest


def mark_confirmed(row: AssessmentResult, by: Actor) -> None:
    """Who confirmed it, and when."""
    row.confirmed_at, row.confirmed_by, row.confirmed_by_name = by.at, by.account_id, by.name


def appeals_until(session: Session, row: AssessmentResult, confirmed_at: datetime) -> datetime:
    """Close of the last working day on which the branch may appeal."""
    rulebook = rulebook_of(session, row.rulebook_version_id).rulebook
    calendar = snapshot(session, rulebook.working_time, local_date(confirmed_at), institution_code=row.institution_code)
    return add_working_days(calendar, confirmed_at, rulebook.assessment.appeal_working_days).due_at


def next_version(session: Session, row: AssessmentResult, made: Made) -> AssessmentResult:
    """Write a version that is not reckoned from the records: an appeal corrects the one it is about."""
    AssessmentStore(session).add(row)
    _note(session, row, "assessment.kept", made)
    return row


def kept_of(row: AssessmentResult) -> Kept:
    """What a version holds. Raises CONTENT_ALTERED when it does not fit its digest."""
    if digest_of(row.kept) != row.digest:
        what = f"{row.year} {row.institution_code} {row.period} v{row.version}"
        raise DomainError(ErrorCode.CONTENT_ALTERED, what=what)
    return Kept.model_validate(row.kept)


def digest_of(kept: dict[str, object]) -> str:
    """SHA-256 of a version's content in one fixed form."""
    return hashlib.sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def year_due_on(session: Session, rules: InForce, year: int) -> date:
    """The day after which a year is scored: its last summary 附件二 was due then."""
    last = last_day(year, YEAR_PERIOD)
    calendar = snapshot(session, rules.rulebook.working_time, last)
    return shift_working_days(calendar, last, rules.rulebook.assessment.report_working_days)


def _due(session: Session, day: date, at: datetime) -> Iterable[tuple[int, list[str]]]:
    """Periods of this year and the last one that are over on the day, shortest first; none of a year before the first
    rulebook."""
    for year in (day.year - 1, day.year):
        rules = _rules(session, year, at)
        if rules is None:
            continue
        yield year, [period for period in PERIODS if _scored_on(session, rules, year, period) < day]


def _scored_on(session: Session, rules: InForce, year: int, period: str) -> date:
    return year_due_on(session, rules, year) if period == YEAR_PERIOD else last_day(year, period)


def _rules(session: Session, year: int, at: datetime) -> InForce | None:
    try:
        return rules_of(session, year, at)
    except DomainError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        return None


def _keep_first(session: Session, of: tuple[int, str], scope: Scope, made: Made) -> int:
    """A branch without any case has no result, and is asked again by the next sweep."""
    year, period = of
    rules = rules_of(session, year, made.at)
    asked = asked_of(year, period, made.at, scope)
    (reckoned,) = reckon(session, rules.rulebook, year, asked)
    if reckoned.assessed.total is None:
        return 0
    _write(session, _row(of, reckoned, rules, made, 1), asked, made)
    return 1


def _row(of: tuple[int, str], reckoned: Reckoned, rules: InForce, made: Made, version: int) -> AssessmentResult:
    number = f"{rules.version.code} v{rules.version.version}"
    kept = Kept(facts=reckoned.facts, assessed=reckoned.assessed, rulebook=number).model_dump(mode="json")
    return AssessmentResult(
        id=new_id(),
        year=of[0],
        period=of[1],
        institution_code=reckoned.branch.code,
        version=version,
        cause=made.cause,
        reason=made.reason,
        rulebook_version_id=rules.version.id,
        total=reckoned.assessed.total,
        grade=reckoned.assessed.grade,
        kept=kept,
        digest=digest_of(kept),
        reckoned_at=made.at,
        reckoned_by=made.by.account_id if made.by else None,
    )


def _write(session: Session, row: AssessmentResult, asked: Asked, made: Made) -> AssessmentResult:
    """The version, and of a year every fact behind its figures; of a quarter the counts are enough."""
    store = AssessmentStore(session)
    yearly = row.period == YEAR_PERIOD
    row.facts_id = row.id if yearly else None
    store.add(row)
    for item, sources in SOURCES.items() if yearly else ():
        store.keep_facts(row.id, item, every(session, sources, asked))
    _note(session, row, "assessment.kept", made)
    return row


def _note(session: Session, row: AssessmentResult, action: str, made: Made) -> None:
    by = made.by
    audit.append(
        session,
        actor=str(by.account_id) if by else SYSTEM_SCHEDULE,
        action=action,
        object_kind="assessment",
        object_id=f"{row.year}/{row.institution_code}/{row.period}/{row.version}",
        door=by.door if by else Door.SYSTEM,
        after={"total": str(row.total), "grade": row.grade, "cause": row.cause.value, "digest": row.digest},
        reason=row.reason or None,
        request_id=by.request_id if by else None,
        at=made.at,
    )
