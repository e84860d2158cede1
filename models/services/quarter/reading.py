"""Quarterly summaries as people read them: every branch of a scope with its numbers, and one branch in detail."""

from dataclasses import dataclass

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rules.quarter import Line, Quarter, Totals, totals
from models.services.quarter.content import lines_of, verify
from models.stores.quarter import IN_BRANCH, BranchSummary, QuarterStore
from models.stores.scope import Scope
from models.tables.quarter import QuarterAdjustment, QuarterLine, QuarterSummary


@dataclass(frozen=True, slots=True)
class BranchQuarter:
    """A branch in a quarter. `totals` is None before its summary was frozen."""

    found: BranchSummary
    totals: Totals | None
    adjustments: int = 0

    @property
    def is_missing(self) -> bool:
        """Whether head office still waits for the branch: it did not hand in, or was not even frozen."""
        return self.found.case is None or self.found.case.stage in IN_BRANCH


@dataclass(frozen=True, slots=True)
class SummaryDetail:
    """One summary with its lines and adjustments."""

    found: BranchSummary
    summary: QuarterSummary
    lines: tuple[tuple[QuarterLine, Line], ...]
    adjustments: tuple[QuarterAdjustment, ...]


def branch_quarters(session: Session, quarter: Quarter, scope: Scope) -> list[BranchQuarter]:
    """Every branch of the scope, those that are missing first, else in the order of the tree."""
    store = QuarterStore(session)
    found = store.branches(quarter, scope)
    adjusted = store.adjustment_counts([item.summary.id for item in found if item.summary])
    rows = [
        BranchQuarter(item, _totals(session, item.summary), adjusted.get(item.summary.id, 0) if item.summary else 0)
        for item in found
    ]
    return sorted(rows, key=lambda row: not row.is_missing)


def _totals(session: Session, summary: QuarterSummary | None) -> Totals | None:
    return totals(line for _, line in lines_of(session, summary)) if summary else None


def detail(session: Session, quarter: Quarter, institution_code: str, scope: Scope) -> SummaryDetail:
    """The summary of a branch. Raises NOT_FOUND outside the scope or before it was frozen, SummaryAlteredError."""
    found = next(
        (row for row in QuarterStore(session).branches(quarter, scope) if row.branch.code == institution_code), None
    )
    if found is None or found.summary is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    verify(session, found.summary)
    adjustments = QuarterStore(session).adjustments(found.summary.id)
    return SummaryDetail(found, found.summary, lines_of(session, found.summary), tuple(adjustments))
