"""What people read of 考核: every branch of a year, one branch with its versions, and the facts behind a figure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.assessment import Assessed, BranchFacts
from models.rulebook.schema.assessment import Assessment
from models.rules.calendar import local_date
from models.services.assessment.appeals import standing, takes_appeals, value_of
from models.services.assessment.facts import SOURCES
from models.services.assessment.keeping import kept_of
from models.services.assessment.reckoning import (
    Place,
    asked_of,
    branch_at,
    branches_of,
    last_day,
    reckon,
    rules_of,
)
from models.services.rulebooks import rulebook_of
from models.stores.assessment import AssessmentStore
from models.stores.fact_sources import YEAR_PERIOD
from models.stores.facts import Fact, page_of
from models.stores.scope import Scope
from models.tables.assessment import AssessmentAppeal, AssessmentResult, AssessmentVeto
from models.tables.cases import Case
from models.tables.organisation import Institution

LIVE = "live"
"""Asks for the records as they stand now, whatever was kept."""
Position = tuple[int, str]
"""Where a list of facts goes on: of kept ones (number, ""), of live ones (number of the source, reference)."""


@dataclass(frozen=True)
class Line:
    """One branch of a year; without a `result` it is reckoned from the records at this moment."""

    branch: Institution
    assessed: Assessed
    result: AssessmentResult | None


@dataclass(frozen=True)
class BranchView:
    """One branch of a year, in one version or live; `rules` are those it was reckoned by."""

    branch: Institution
    rules: Assessment
    facts: BranchFacts
    assessed: Assessed
    result: AssessmentResult | None
    standing: AssessmentResult | None
    versions: tuple[AssessmentResult, ...]
    quarters: tuple[AssessmentResult, ...]
    vetoes: tuple[AssessmentVeto, ...]
    appeals: tuple[tuple[AssessmentAppeal, Case], ...]
    appealable: frozenset[str]
    """Items that the branch may appeal about now."""
    over: bool


def year_lines(session: Session, year: int, scope: Scope, at: datetime) -> list[Line]:
    """Branches of the scope, best first: what was confirmed, else the newest version, else the records as they are."""
    store = AssessmentStore(session)
    kept = store.newest(year, YEAR_PERIOD, scope) | store.newest(year, YEAR_PERIOD, scope, confirmed=True)
    lines = [
        Line(branch, kept_of(kept[branch.code]).assessed, kept[branch.code])
        for branch in branches_of(session, scope)
        if branch.code in kept
    ]
    if len(lines) < len(branches_of(session, scope)):
        rulebook = rules_of(session, year, at).rulebook
        live = reckon(session, rulebook, year, asked_of(year, YEAR_PERIOD, at, scope))
        lines += [Line(item.branch, item.assessed, None) for item in live if item.branch.code not in kept]
    return sorted(lines, key=lambda line: (-(line.assessed.total or Decimal(-1)), line.branch.path))


def branch_view(session: Session, place: Place, version: str, at: datetime) -> BranchView:
    """One branch. `version` is a number, `live`, or empty: what stands.

    Raises NOT_FOUND outside the scope, and for a version that there is not.
    """
    branch, store = branch_at(session, place), AssessmentStore(session)
    versions = store.versions(place.year, branch.code)
    yearly = tuple(row for row in versions if row.period == YEAR_PERIOD)
    stands = standing(session, place.year, branch.code)
    result = _chosen(yearly, stands, version)
    rules, facts, assessed = _content(session, branch, place.year, result, at)
    return BranchView(
        branch=branch,
        rules=rules,
        facts=facts,
        assessed=assessed,
        result=result,
        standing=stands,
        versions=yearly,
        quarters=tuple(row for row in versions if row.period != YEAR_PERIOD),
        vetoes=tuple(store.vetoes(place.year, branch.code)),
        appeals=tuple(store.appeals(place.year, branch.code)),
        appealable=_appealable(store, stands, at),
        over=local_date(at) > last_day(place.year, YEAR_PERIOD),
    )


def facts_behind(
    session: Session, place: Place, item: str, version: str, at: datetime, *, after: Position | None, limit: int
) -> list[tuple[Position, Fact]]:
    """The facts of one figure, of a kept version as they were written down, else of the records now.

    Raises NOT_FOUND outside the scope, for an item that is none, and for a version that there is not.
    """
    branch = branch_at(session, place)
    if item not in SOURCES:
        raise DomainError(ErrorCode.NOT_FOUND)
    yearly = AssessmentStore(session).versions(place.year, branch.code, YEAR_PERIOD)
    result = _chosen(yearly, standing(session, place.year, branch.code), version)
    if result is not None and result.facts_id is not None:
        number = after[0] if after else 0
        kept = AssessmentStore(session).kept_facts(result.facts_id, item, after=number, limit=limit)
        return [((number, ""), fact) for number, fact in kept]
    asked = asked_of(place.year, YEAR_PERIOD, at, Scope((branch.path,)))
    found = page_of(session, SOURCES[item], asked, after or (0, None), limit)
    return [((number, ref or ""), fact) for (number, ref), fact in found]


def _chosen(
    versions: Iterable[AssessmentResult], stands: AssessmentResult | None, version: str
) -> AssessmentResult | None:
    """The version asked for; by itself the one that stands, else the newest, else none."""
    rows = list(versions)
    if version == LIVE:
        return None
    if not version:
        return stands or next(iter(rows), None)
    found = next((row for row in rows if str(row.version) == version), None)
    if found is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return found


def _content(
    session: Session, branch: Institution, year: int, result: AssessmentResult | None, at: datetime
) -> tuple[Assessment, BranchFacts, Assessed]:
    if result is not None:
        kept = kept_of(result)
        return rulebook_of(session, result.rulebook_version_id).rulebook.assessment, kept.facts, kept.assessed
    rulebook = rules_of(session, year, at).rulebook
    (live,) = reckon(session, rulebook, year, asked_of(year, YEAR_PERIOD, at, Scope((branch.path,))))
    return rulebook.assessment, live.facts, live.assessed


def _appealable(store: AssessmentStore, stands: AssessmentResult | None, at: datetime) -> frozenset[str]:
    if stands is None or not takes_appeals(stands, at):
        return frozenset()
    kept = kept_of(stands)
    taken = store.appealed(stands)
    return frozenset(item for item in SOURCES if item not in taken and value_of(kept, item) is not None)
