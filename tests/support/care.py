"""Touchpoints to test on, as the plan would write them."""

from datetime import UTC, date, datetime
from typing import Any

from models.service_types import TouchpointOrigin
from models.tables.care import Touchpoint
from models.types import Role, Stage, Tier

MADE = datetime(2026, 2, 2, 1, 0, tzinfo=UTC)
DAY = date(2026, 3, 16)


def planned(customer_no: str, *, day: date = DAY, **changes: Any) -> Touchpoint:
    """A manager's visit on a working day, without a case; `changes` are columns."""
    code = changes.get("code", "Z08")
    fields: dict[str, Any] = {
        "customer_no": customer_no,
        "institution_code": "BJ01",
        "key": f"{code}:{day.isoformat()}:{changes.get('contact_id', '')}",
        "code": code,
        "item": "manager_visit",
        "article": "regulation 2.5",
        "origin": TouchpointOrigin.PLAN,
        "tier": Tier.GOLD,
        "planned_on": day,
        "due_on": day,
        "lead_on": day,
        "role": Role.MGR,
        "human": True,
        "stage": Stage.PLANNED,
        "created_at": MADE,
        "updated_at": MADE,
    }
    return Touchpoint(**fields | changes)
