"""调整: what the facts say now and a published summary does not; found by the sweep, explained by people.

The published lines never change. Each difference is one more line, held against the summary with its earlier ones, so
that finding it again adds nothing.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.sweep import RecordOrder, SweepDone
from models.rules.quarter import Quarter, differences, figures, summarise
from models.services import audit
from models.services.by import By
from models.services.notifications import notify
from models.services.quarter.content import SummaryAlteredError, known_figures, verify
from models.services.quarter.facts import facts_of
from models.services.quarter.writing import period_of
from models.stores.case_names import case_name
from models.stores.cases import CaseStore
from models.stores.people import PeopleStore
from models.stores.quarter import QuarterStore
from models.tables.quarter import QuarterAdjustment, QuarterSummary
from models.types import SYSTEM_SCHEDULE, Door, Role

TEMPLATE = "quarter_adjusted"
COMPARED_FOR = timedelta(days=366)
"""Facts that come later than a year after the quarter's end are another year's affair."""


def adjust_published(session: Session, order: RecordOrder) -> SweepDone:
    """One chunk of the branch's published summaries: each held against the facts as they are now.

    One that is not what its seal says is counted and told in the audit; what else the sweep has to do goes on.
    """
    after = UUID(order.after) if order.after else None
    rows = QuarterStore(session).published([order.institution_code], after, order.limit)
    recent = [row for row in rows if order.day - Quarter(row.year, row.quarter).last <= COMPARED_FOR]
    counts = Counter(adjusted=0, altered=0)
    for row in recent:
        try:
            counts["adjusted"] += len(find(session, row, order.at))
        except SummaryAlteredError:
            counts["altered"] += 1
            _note(session, row, "quarter.altered", {"period": period_of(row)}, order.at)
    return SweepDone(after=str(rows[-1].id) if len(rows) == order.limit else None, counts=dict(counts))


def find(session: Session, summary: QuarterSummary, at: datetime) -> list[QuarterAdjustment]:
    """Write down what differs now. Raises SummaryAlteredError where the published lines were tampered with."""
    store, quarter = QuarterStore(session), Quarter(summary.year, summary.quarter)
    store.locked(summary.id)
    verify(session, summary)
    lines = summarise(quarter, facts_of(session, quarter, summary.institution_code))
    changed = differences(known_figures(session, summary), {line.vip.customer_no: figures(line) for line in lines})
    last = max((row.number for row in store.adjustments(summary.id)), default=0)
    rows = [
        QuarterAdjustment(summary_id=summary.id, number=number, found_at=at, **one._asdict())
        for number, one in enumerate(changed, start=last + 1)
    ]
    if rows:
        store.add(*rows)
        _tell(session, summary, rows, at)
    return rows


def explain(session: Session, adjustment: QuarterAdjustment, reason: str, *, by: By, name: str, at: datetime) -> None:
    """Enter why a figure changed, once. Raises REASON_REQUIRED, ALREADY_DECIDED with who and when."""
    if not reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    QuarterStore(session).locked(adjustment.summary_id)
    session.refresh(adjustment)
    if adjustment.reason_at is not None:
        when = adjustment.reason_at.isoformat()
        raise DomainError(ErrorCode.ALREADY_DECIDED, who=adjustment.reason_by_name, when=when, verb="explain")
    adjustment.reason, adjustment.reason_by, adjustment.reason_by_name = reason.strip(), UUID(by.actor), name
    adjustment.reason_at = at
    QuarterStore(session).add(adjustment)
    audit.append(
        session,
        actor=by.actor,
        action="quarter.explained",
        object_kind="quarter_adjustment",
        object_id=str(adjustment.id),
        door=by.door,
        after={"figure": adjustment.figure, "customer_no": adjustment.customer_no},
        request_id=by.request_id,
        at=at,
    )


def _tell(session: Session, summary: QuarterSummary, rows: list[QuarterAdjustment], at: datetime) -> None:
    """The audit, and the branch: somebody there has to say why."""
    changed = {f"{row.customer_no}.{row.figure}": [row.old, row.new] for row in rows}
    _note(session, summary, "quarter.adjusted", changed, at)
    case = CaseStore(session).get(summary.case_id)
    if case is None:
        return
    notify(
        session,
        to=sorted(PeopleStore(session).holder_ids(Role.BR_SVC, summary.institution_code)),
        template=TEMPLATE,
        key=f"{TEMPLATE}:{summary.id}:{rows[-1].number}",
        at=at,
        case_id=summary.case_id,
        context={
            "customer_no": case.number,
            "customer_name": case_name(session, case),
            "text": period_of(summary),
            "count": str(len(rows)),
        },
    )


def _note(session: Session, summary: QuarterSummary, action: str, after: dict[str, Any], at: datetime) -> None:
    audit.append(
        session,
        actor=SYSTEM_SCHEDULE,
        action=action,
        object_kind="case",
        object_id=str(summary.case_id),
        door=Door.SYSTEM,
        after=after,
        at=at,
    )
