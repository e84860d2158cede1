"""A summary as one value: what the rules know of its lines, and the seal of what was published."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rules.quarter import Count, Figures, Line, Vip, adjusted, figures
from models.services.canonical import digest
from models.stores.quarter import QuarterStore, changes
from models.tables.quarter import QuarterCount, QuarterLine, QuarterSummary

Lines = tuple[tuple[QuarterLine, Line], ...]
"""Stored lines, each with what it says."""


class SummaryAlteredError(DomainError):
    """A published summary is not what its seal says: somebody changed it past the programme (CONTENT_ALTERED)."""

    def __init__(self, summary: QuarterSummary) -> None:
        what = f"{summary.year}-Q{summary.quarter} {summary.institution_code}"
        super().__init__(ErrorCode.CONTENT_ALTERED, what=what)


def lines_of(session: Session, summary: QuarterSummary) -> Lines:
    """Every stored line with what it says."""
    store = QuarterStore(session)
    counts = store.counts(summary.id)
    return tuple((row, line_of(row, counts.get(row.id, []))) for row in store.lines(summary.id))


def line_of(row: QuarterLine, counts: Sequence[QuarterCount]) -> Line:
    """A stored line as the rules know it."""
    return Line(
        vip=Vip(row.customer_no, row.customer_name, row.vip_no, row.tier, row.manager_name),
        counts=tuple(Count(one.code, one.due, one.done, one.late) for one in counts),
        green_cases=row.green_cases,
        green_in_time=row.green_in_time,
        inquiries=row.inquiries,
        complaints=row.complaints,
        justified=row.justified,
        satisfaction=row.satisfaction,
        cost=row.cost,
    )


def content_of(summary: QuarterSummary, lines: Lines) -> dict[str, Any]:
    """Everything that is published, as plain JSON: figures, texts and who signed; no moment, so that closing the same
    facts on another day is the same summary."""
    return {
        "year": summary.year,
        "quarter": summary.quarter,
        "institution_code": summary.institution_code,
        "due_on": summary.due_on.isoformat(),
        "prepared_by": summary.prepared_by_name,
        "checked_by": summary.checked_by_name,
        "lines": [
            {**figures(line), "name": row.customer_name, "manager": row.manager_name, "problems": row.problems}
            for row, line in lines
        ],
    }


def digest_of(session: Session, summary: QuarterSummary) -> str:
    """SHA-256 of the content in its one fixed form."""
    return digest(content_of(summary, lines_of(session, summary)))


def verify(session: Session, summary: QuarterSummary) -> Lines:
    """The lines of a summary. Raises SummaryAlteredError where it was published, and is not what was published."""
    lines = lines_of(session, summary)
    if summary.digest is not None and digest(content_of(summary, lines)) != summary.digest:
        raise SummaryAlteredError(summary)
    return lines


def known_figures(session: Session, summary: QuarterSummary) -> dict[str, dict[str, str]]:
    """The published figures by customer, with every adjustment since."""
    published: dict[str, Figures] = {row.customer_no: figures(line) for row, line in lines_of(session, summary)}
    return adjusted(published, changes(QuarterStore(session).adjustments(summary.id)))
