"""Members without their story: an approved case and its membership, as the records would hold them."""

from datetime import UTC, date, datetime
from decimal import Decimal

from sqlmodel import Session, select

from models.services.rulebooks import ensure_builtin
from models.tables.book import Customer
from models.tables.cases import Case, Membership
from models.tables.columns import new_id
from models.tables.organisation import Account
from models.types import CaseKind, Outcome, SeatKind, Stage, Tier

APPROVED = datetime(2026, 2, 27, 2, 0, tzinfo=UTC)


def add_member(session: Session, customer_no: str, tier: Tier, starts: date) -> Membership:
    """A membership of one year from `starts`."""
    customer = session.get(Customer, customer_no)
    manager = session.exec(select(Account).order_by(Account.login)).first()
    assert customer is not None
    assert manager is not None
    case = Case(
        kind=CaseKind.QUALIFICATION,
        workflow_id=f"qualification/{new_id()}",
        customer_no=customer_no,
        institution_code=customer.institution_code,
        year=starts.year - 1,
        attempt=1,
        tier=tier,
        tier_applied=tier,
        seat_kind=SeatKind.RANKED if tier is Tier.GOLD else SeatKind.SILVER,
        stage=Stage.ACTIVE,
        version=1,
        outcome=Outcome.APPROVED,
        declared_by=manager.id,
        rulebook_version_id=ensure_builtin(session).id,
        content_hash="x",
        value=Decimal(1),
        state={},
        opened_at=APPROVED,
        closed_at=APPROVED,
    )
    session.add(case)
    session.flush()
    row = Membership(
        case_id=case.id,
        workflow_id=f"membership/{customer_no}",
        customer_no=customer_no,
        institution_code=customer.institution_code,
        year=case.year,
        tier=tier,
        seat_kind=case.seat_kind,
        certificate_no=f"VIP-{case.id}",
        manager_id=manager.id,
        valid_from=starts,
        valid_to=starts.replace(year=starts.year + 1),
        created_at=APPROVED,
    )
    session.add(row)
    session.flush()
    return row
