"""服务投入测算 of bench members: a member whose year is planned has one, and the sweep need not catch up."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

from bench.copy import insert_dicts
from models.rulebook.yearly import CostLine, yearly_lines
from models.services.rulebooks import InForce
from models.tables.columns import new_id
from models.tables.spend import SpendLine, SpendPlan
from models.types import Tier

_PLANNED = datetime(2026, 3, 1, tzinfo=UTC)


def estimated(session: Session, book: InForce, year: int, members: Sequence[tuple[str, str, UUID]]) -> None:
    """An estimate for each silver member: its number, its institution and the id of its membership."""
    lines = yearly_lines(book.rulebook, Tier.SILVER, 1)
    plans = [_plan(book, year, member, lines) for member in members]
    insert_dicts(session, SpendPlan, plans)
    insert_dicts(session, SpendLine, [_line(plan["id"], at, line) for plan in plans for at, line in enumerate(lines)])


def _plan(book: InForce, year: int, member: tuple[str, str, UUID], lines: tuple[CostLine, ...]) -> dict[str, object]:
    number, place, member_id = member
    return {
        "id": new_id(),
        "customer_no": number,
        "year": year,
        "institution_code": place,
        "membership_id": member_id,
        "rulebook_version_id": book.version.id,
        "tier": Tier.SILVER,
        "value": Decimal(1),
        "standard_premium": Decimal(200_000),
        "persons": 1,
        "first_on": date(2026, 3, 1),
        "last_on": date(2027, 2, 28),
        "total": sum((line.subtotal for line in lines), Decimal(0)),
        "spend_limit": Decimal(10_000),
        "created_at": _PLANNED,
        "updated_at": _PLANNED,
    }


def _line(plan_id: object, position: int, line: CostLine) -> dict[str, object]:
    return {
        "id": new_id(),
        "plan_id": plan_id,
        "position": position,
        "code": line.code,
        "item": line.item,
        "persons": line.persons,
        "frequency": line.frequency,
        "unit_cost": line.unit_cost,
        "subtotal": line.subtotal,
        "payer": line.payer,
    }
