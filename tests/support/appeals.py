"""Appeals against the list as the records hold them, without a run."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.stores.season import APPEAL
from models.tables.cases import Case
from models.types import CaseKind, SeatKind, Stage, Tier
from tests.support import world
from tests.support.world import World


def waiting_appeal(people: World, rulebook_version_id: UUID, at: datetime, **more: Any) -> Case:
    """An appeal of the small customer's manager that waits at head office; `more` are other columns."""
    fields: dict[str, Any] = {
        "kind": CaseKind.APPROVAL,
        "workflow_id": "approval/appeal/1",
        "customer_no": people.customer(world.SMALL),
        "institution_code": "BJ01",
        "year": world.YEAR,
        "attempt": 1,
        "tier": Tier.SILVER,
        "tier_applied": Tier.SILVER,
        "seat_kind": SeatKind.SPECIAL,
        "stage": Stage.HQ_REVIEW,
        "version": 1,
        "declared_by": people.accounts["mgr"],
        "rulebook_version_id": rulebook_version_id,
        "content_hash": "x",
        "value": Decimal(0),
        "subject": APPEAL,
        "state": {},
        "opened_at": at,
    }
    return Case(**fields | more)
