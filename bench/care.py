"""Head office's care calendar of a month, over all institutions, at 1,000 and at 100,000 touchpoints, in turn."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from bench.book import customer_row
from bench.copy import insert_dicts
from bench.growth import POSTS, Growth, insert_chunks
from bench.growth import measure as measure_growth
from bench.report import Ratio
from models.service_types import TouchpointOrigin
from models.tables.book import Customer
from models.tables.care import Touchpoint
from models.tables.columns import new_id
from models.types import Role, Stage, Tier

FIRST, DAYS = date(2026, 1, 1), 365
MONTH = "/api/v1/care/touchpoints?month=2026-06"
CUSTOMERS = 1_000
NAME = "care calendar of head office by HTTP, touchpoints"


def measure() -> list[Ratio]:
    """A month of the larger book has 100 times as many touchpoints to count, and the same page of them to show."""
    return measure_growth(Growth(NAME, MONTH, 3.0, (1_000, 100_000), (Role.HQ_VIP, "HQ"), _fill))


def _fill(session: Session, touchpoints: int, _reader: UUID) -> None:
    insert_dicts(session, Customer, [customer_row(f"R{number}") for number in range(CUSTOMERS)])
    insert_chunks(session, Touchpoint, (touchpoint_row(number) for number in range(touchpoints)))


def touchpoint_row(number: int) -> dict[str, object]:
    """A visit of the year, two of three done."""
    due_on = FIRST + timedelta(days=number % DAYS)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return {
        "id": new_id(),
        "customer_no": f"R{number % CUSTOMERS}",
        "institution_code": f"B{number % POSTS}",
        "key": f"bench:{number}",
        "code": "Z08",
        "item": "manager_visit",
        "article": "-",
        "origin": TouchpointOrigin.PLAN,
        "tier": Tier.GOLD,
        "title": "",
        "planned_on": due_on,
        "due_on": due_on,
        "lead_on": due_on - timedelta(days=5),
        "role": Role.MGR,
        "human": True,
        "stage": Stage.DONE if number % 3 else Stage.PLANNED,
        "content": "",
        "gift_name": "",
        "feedback": "",
        "follow_up": "",
        "created_at": at,
        "updated_at": at,
    }
