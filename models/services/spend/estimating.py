"""年度服务投入测算: written with the year of a membership, and again when tier, people served or rules are others."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from models.messages.scoring import ScoreExplanation
from models.rulebook.yearly import CostLine, yearly_lines
from models.rules.scoring import round_half_up
from models.rules.spend import CENT, limit_of
from models.services import audit
from models.services.care.served import served_contacts
from models.services.evaluation import stored_explanation
from models.services.rulebooks import InForce
from models.stores.care import TouchpointStore
from models.stores.cases import CaseStore
from models.stores.spend import SpendStore
from models.stores.spend_ledger import SpendLedger
from models.tables.cases import Membership
from models.tables.spend import SpendLine, SpendPlan
from models.types import SYSTEM_SCHEDULE, Door

_SHOWN = ("tier", "persons", "standard_premium", "total", "spend_limit")


def estimate(session: Session, row: Membership, book: InForce, at: datetime) -> SpendPlan:
    """Write the estimate of the membership's year, or bring it up to date; what was approved above the limit stays.

    For a VIP only: who fell to regular keeps the last estimate, which its spending is still held against.
    """
    store = SpendStore(session)
    persons = len(served_contacts(session, row.id))
    lines = yearly_lines(book.rulebook, row.tier, persons)
    values = _values(session, row, book, lines) | {"persons": persons}
    plan = store.held(row.customer_no, row.year)
    before = _shown(plan) if plan is not None else None
    if plan is None:
        plan = SpendPlan(customer_no=row.customer_no, year=row.year, created_at=at, updated_at=at, **values)
    elif all(getattr(plan, name) == value for name, value in values.items()):
        return plan
    plan.sqlmodel_update({**values, "updated_at": at})
    store.add(plan)
    store.put_lines(plan, [_line(plan, number, line) for number, line in enumerate(lines)])
    _audit(session, plan, before, at)
    return plan


def catch_up(session: Session, plan: SpendPlan) -> None:
    """Let the ledger follow every touchpoint of the year: those written before the estimate was, too."""
    term = TouchpointStore(session).of_customer(plan.customer_no, plan.first_on, plan.last_on)
    SpendLedger(session).follow([row for row in term if plan.first_on <= row.planned_on <= plan.last_on])
    session.flush()


def _values(session: Session, row: Membership, book: InForce, lines: tuple[CostLine, ...]) -> dict[str, Any]:
    value, premium = _score(session, row)
    return {
        "institution_code": row.institution_code,
        "membership_id": row.id,
        "rulebook_version_id": book.version.id,
        "tier": row.tier,
        "value": value,
        "standard_premium": premium,
        "first_on": row.valid_from,
        "last_on": row.valid_to,
        "total": sum((line.subtotal for line in lines), Decimal(0)),
        "spend_limit": limit_of(book.rulebook.spend, row.tier, premium),
    }


def _score(session: Session, row: Membership) -> tuple[Decimal, Decimal]:
    """V and standard premium as of the approval: the last score of the case, else that of the year's list."""
    cases = CaseStore(session)
    case, scores = cases.get(row.case_id), cases.scores(row.case_id)
    value = case.value if case else Decimal(0)
    found = ScoreExplanation.model_validate(scores[-1].explanation) if scores else None
    found = found or stored_explanation(session, row.year, row.customer_no)
    return value, round_half_up(found.standard_premium if found else Decimal(0), CENT)


def _line(plan: SpendPlan, number: int, line: CostLine) -> SpendLine:
    return SpendLine(
        plan_id=plan.id,
        position=number,
        code=line.code,
        item=line.item,
        persons=line.persons,
        frequency=line.frequency,
        unit_cost=line.unit_cost,
        subtotal=line.subtotal,
        payer=line.payer,
    )


def _audit(session: Session, plan: SpendPlan, before: dict[str, str] | None, at: datetime) -> None:
    audit.append(
        session,
        actor=SYSTEM_SCHEDULE,
        action="spend.estimated",
        object_kind="spend_plan",
        object_id=str(plan.id),
        door=Door.SYSTEM,
        before=before,
        after=_shown(plan),
        at=at,
    )


def _shown(plan: SpendPlan) -> dict[str, str]:
    return {name: str(getattr(plan, name)) for name in _SHOWN}
