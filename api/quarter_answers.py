"""Answers about quarterly summaries, the same wherever they are asked for."""

from dataclasses import asdict
from typing import Any

from api.schemas.quarters import (
    AdjustmentAnswer,
    BranchQuarterAnswer,
    CountAnswer,
    LineAnswer,
    SummaryAnswer,
    TotalsAnswer,
)
from models.rules.quarter import Line, Totals, totals
from models.services.quarter.reading import BranchQuarter, SummaryDetail
from models.stores.quarter import IN_BRANCH, BranchSummary
from models.tables.quarter import QuarterAdjustment, QuarterLine


def branch_answer(row: BranchQuarter) -> BranchQuarterAnswer:
    """A branch with its numbers."""
    fields = _fields(row.found, row.totals, row.adjustments)
    return BranchQuarterAnswer(**{**fields, "missing": row.is_missing})


def summary_answer(found: SummaryDetail) -> SummaryAnswer:
    """A summary in full."""
    summary = found.summary
    return SummaryAnswer(
        **_fields(found.found, totals(line for _, line in found.lines), len(found.adjustments)),
        version=summary.version,
        prepared_by=summary.prepared_by_name,
        checked_by=summary.checked_by_name,
        published_by=summary.published_by_name,
        lines=[_line(row, line) for row, line in found.lines],
        adjusted=[_adjustment(row) for row in found.adjustments],
    )


def _fields(found: BranchSummary, sums: Totals | None, adjustments: int) -> dict[str, Any]:
    summary, case = found.summary, found.case
    return {
        "institution_code": found.branch.code,
        "institution_name": found.branch.name,
        "missing": case is None or case.stage in IN_BRANCH,
        "case_id": case.id if case else None,
        "stage": case.stage if case else None,
        "outcome": case.outcome if case else None,
        "due_on": summary.due_on if summary else None,
        "frozen_at": summary.frozen_at if summary else None,
        "handed_in_at": summary.handed_in_at if summary else None,
        "published_at": summary.published_at if summary else None,
        "digest": summary.digest if summary else None,
        "adjustments": adjustments,
        "totals": _totals(sums) if sums else None,
    }


def _totals(sums: Totals) -> TotalsAnswer:
    return TotalsAnswer(**asdict(sums), done_share=sums.done_share, green_share=sums.green_share)


def _line(row: QuarterLine, line: Line) -> LineAnswer:
    fields = row.model_dump(exclude={"id", "summary_id", "manager_name"})
    counts = [CountAnswer(**asdict(count)) for count in line.counts]
    return LineAnswer(**fields, manager=row.manager_name, counts=counts)


def _adjustment(row: QuarterAdjustment) -> AdjustmentAnswer:
    fields = row.model_dump(exclude={"id", "summary_id", "reason_by", "reason_by_name"})
    return AdjustmentAnswer(**fields, reason_by=row.reason_by_name)
