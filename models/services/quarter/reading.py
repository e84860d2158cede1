"""Quarterly summaries as people read them: every branch of a scope with its numbers, and one branch in detail."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rules.quarter import Line, Quarter, Totals
from models.services.quarter.content import verify
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
    frozen = [item.summary.id for item in found if item.summary]
    adjusted, sums = store.adjustment_counts(frozen), store.totals(frozen)
    rows = [_branch(item, sums, adjusted) for item in found]
    return sorted(rows, key=lambda row: not row.is_missing)


def _branch(found: BranchSummary, sums: Mapping[UUID, Totals], adjusted: Mapping[UUID, int]) -> BranchQuarter:
    if found.summary is None:
        return BranchQuarter(found, None)
    return BranchQuarter(found, sums.get(found.summary.id, Totals()), adjusted.get(found.summary.id, 0))


def detail(session: Session, quarter: Quarter, institution_code: str, scope: Scope) -> SummaryDetail:
    """The summary of a branch. Raises NOT_FOUND outside the scope or before it was frozen, SummaryAlteredError."""
    found = next(
        (row for row in QuarterStore(session).branches(quarter, scope) if row.branch.code == institution_code), None
    )
    if found is None or found.summary is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    lines = verify(session, found.summary)
    adjustments = QuarterStore(session).adjustments(found.summary.id)
    return SummaryDetail(found, found.summary, lines, tuple(adjustments))
