"""Head office's year of service spend, 附件七, with its ledger, at 1,000 and at 10,000 VIPs, in turn."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

from bench.book import customer_row
from bench.care import touchpoint_row
from bench.copy import YEAR, insert_dicts
from bench.growth import POSTS, Growth, insert_chunks
from bench.growth import measure as measure_growth
from bench.inbox import case_row
from bench.report import Ratio
from models.rulebook import load_builtin
from models.rulebook.yearly import yearly_lines
from models.service_types import SpendKind
from models.services.rulebooks import ensure_builtin
from models.tables.book import Customer
from models.tables.care import Touchpoint
from models.tables.cases import Membership
from models.tables.columns import new_id
from models.tables.spend import SpendEntry, SpendLine, SpendPlan
from models.types import MembershipStage, Role, SeatKind, Tier

NAME = "year of spend of head office by HTTP, VIPs"
TERM = date(YEAR + 1, 3, 1), date(YEAR + 2, 2, 28)
TOUCHPOINTS = 26
"""A gold member's, less what costs nothing."""
WRITTEN = datetime(YEAR + 1, 3, 1, tzinfo=UTC)


def measure() -> list[Ratio]:
    """Ten times the estimates to add up, and the same page of them to show."""
    address = f"/api/v1/reports/spend/{YEAR}"
    return measure_growth(Growth(NAME, address, 12.0, (1_000, 10_000), (Role.HQ_VIP, "HQ"), fill, requests=24))


def fill(session: Session, vips: int, reader: UUID) -> None:
    """So many estimates with their lines, touchpoints and entries."""
    numbers = [f"R{number}" for number in range(vips)]
    insert_dicts(session, Customer, [customer_row(number) for number in numbers])
    case = case_row(reader, ensure_builtin(session).id)
    session.add(case)
    session.flush()
    member = _member(case.id, reader)
    session.add(member)
    session.flush()
    plans = [_plan(n, member, case.rulebook_version_id) for n in range(vips)]
    ids = [plan["id"] for plan in plans]
    insert_dicts(session, SpendPlan, plans)
    insert_chunks(session, SpendLine, (row for plan in ids for row in _lines(plan)))
    points = [new_id() for _ in range(vips * TOUCHPOINTS)]
    insert_chunks(session, Touchpoint, (_touchpoint(at, vips, point) for at, point in enumerate(points)))
    entries = (row for at, point in enumerate(points) for row in _entries(at, point, ids[at % vips]))
    insert_chunks(session, SpendEntry, entries)


def _member(case_id: UUID, manager_id: UUID) -> Membership:
    """The one that stands behind every estimate."""
    return Membership(
        case_id=case_id,
        workflow_id="membership/R1",
        customer_no="R1",
        institution_code="B1",
        year=YEAR,
        tier=Tier.GOLD,
        seat_kind=SeatKind.RANKED,
        certificate_no="bench",
        manager_id=manager_id,
        valid_from=TERM[0],
        valid_to=TERM[1],
        stage=MembershipStage.SERVING,
        created_at=WRITTEN,
    )


def _plan(number: int, member: Membership, version_id: UUID) -> dict[str, object]:
    total = sum((line.subtotal for line in LINES), Decimal(0))
    return {
        "id": new_id(),
        "customer_no": f"R{number}",
        "year": YEAR,
        "institution_code": f"B{number % POSTS}",
        "membership_id": member.id,
        "rulebook_version_id": version_id,
        "tier": Tier.GOLD,
        "value": Decimal(2_000_000),
        "standard_premium": Decimal(2_000_000),
        "persons": 2,
        "first_on": TERM[0],
        "last_on": TERM[1],
        "total": total,
        "spend_limit": total if number % 50 else total - number % 7,
        "created_at": WRITTEN,
        "updated_at": WRITTEN,
    }


LINES = yearly_lines(load_builtin(), Tier.GOLD, 2)


def _lines(plan_id: object) -> Iterator[dict[str, object]]:
    for position, line in enumerate(LINES):
        yield {
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


def _touchpoint(at: int, vips: int, point: UUID) -> dict[str, object]:
    return touchpoint_row(at) | {"id": point, "customer_no": f"R{at % vips}"}


def _entries(at: int, point: UUID, plan_id: object) -> Iterator[dict[str, object]]:
    """Reserved; two of three done, for less than was reserved."""
    kinds = (SpendKind.RESERVE, SpendKind.COMMIT, SpendKind.RELEASE_RESERVE) if at % 3 else (SpendKind.RESERVE,)
    for kind, yuan in zip(kinds, ("100", "80.5", "19.5"), strict=False):
        yield {
            "id": new_id(),
            "plan_id": plan_id,
            "source": f"touchpoint:{point}#1",
            "touchpoint_id": point,
            "life": 1,
            "kind": kind,
            "code": LINES[at % len(LINES)].code,
            "extra": False,
            "yuan": Decimal(yuan),
            "day": TERM[0] + timedelta(days=at % 365),
            "at": WRITTEN,
        }
