"""Which records each indicator 考核指标 stands on, and their numbers by branch."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from sqlmodel import Session

from models.messages.assessment import DEDUCTION, BranchFacts, Measure, Measured, Sheets
from models.stores.assessment import AssessmentStore
from models.stores.evaluations import BookFactsStore
from models.stores.fact_sources import (
    COMPLAINTS,
    INQUIRIES,
    INVITATIONS,
    JUSTIFIED,
    MEMBERS,
    QUARTERS,
    REQUESTS,
    SHEETS,
    TOUCHPOINTS,
)
from models.stores.facts import Asked, Count, Source
from models.types import Tier

RETURNED = "returned"
"""What the list behind the return rate 回收率 is asked by."""
SATISFACTION = "satisfaction_score"
SOURCES: Mapping[str, tuple[Source, ...]] = {
    "retention_rate": (MEMBERS,),
    SATISFACTION: (SHEETS,),
    "completion_rate": (TOUCHPOINTS,),
    "on_time_rate": (REQUESTS, INQUIRIES),
    "complaint_on_time_rate": COMPLAINTS,
    "record_quality": (QUARTERS,),
    DEDUCTION: JUSTIFIED,
    RETURNED: (INVITATIONS,),
}
"""By code of the indicator, and of the two lists beside them. Without a source there is no case."""
BY_TIER = frozenset({"retention_rate"})
"""Indicators whose targets differ by tier."""


def branch_facts(session: Session, asked: Asked, year: int) -> dict[str, BranchFacts]:
    """What the records say of every branch of the scope that has any, by its code; vetoes are those of the year."""
    branch_of = BookFactsStore(session).branches()
    counted: dict[str, dict[str, list[Count]]] = {}
    for item, sources in SOURCES.items():
        for count in (count for source in sources for count in source.counts(session, asked)):
            branch = branch_of.get(count.institution_code)
            if branch is not None:
                counted.setdefault(branch, {}).setdefault(item, []).append(count)
    vetoes = AssessmentStore(session).standing_vetoes(year, asked.scope)
    return {branch: _facts(counted.get(branch, {}), vetoes.get(branch, ())) for branch in sorted({*counted, *vetoes})}


def _facts(counted: Mapping[str, list[Count]], vetoes: Iterable[str]) -> BranchFacts:
    indicators = [item for item in SOURCES if item not in {DEDUCTION, RETURNED}]
    return BranchFacts(
        measured=tuple(_measured(item, counted) for item in indicators),
        justified=sum(count.of for count in counted.get(DEDUCTION, ())),
        vetoes=tuple(sorted(set(vetoes))),
    )


def _measured(item: str, counted: Mapping[str, list[Count]]) -> Measured:
    counts = counted.get(item, [])
    tiers: list[Tier | None] = sorted({count.tier for count in counts}, key=str) if item in BY_TIER else [None]
    parts = (_part(counts, tier, by_tier=item in BY_TIER) for tier in tiers)
    sheets = None
    if item == SATISFACTION:
        back = counted.get(RETURNED, [])
        sheets = Sheets(sent=sum(count.of for count in back), returned=int(sum(count.good for count in back)))
    return Measured(code=item, parts=tuple(part for part in parts if part.of), sheets=sheets)


def _part(counts: Iterable[Count], tier: Tier | None, *, by_tier: bool) -> Measure:
    mine = [count for count in counts if not by_tier or count.tier == tier]
    good = sum((count.good for count in mine), Decimal(0))
    return Measure(good=good, of=sum(count.of for count in mine), tier=tier)
