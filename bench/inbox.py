"""The inbox page by HTTP at 10,000 and at 1,000,000 task rows, in turn."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

from bench.book import customer_row
from bench.copy import YEAR, insert_dicts
from bench.growth import POSTS, Growth, insert_chunks
from bench.growth import measure as measure_growth
from bench.report import Ratio
from models.services.rulebooks import ensure_builtin
from models.tables.book import Customer
from models.tables.cases import Case, Task
from models.tables.columns import new_id
from models.types import CaseKind, Role, SeatKind, Stage, TaskState, Tier

OPEN_SHARE = 20
"""One task in so many is open."""


def measure() -> list[Ratio]:
    """Ratio of the 95th percentiles."""
    return measure_growth(
        Growth("inbox by HTTP, task rows", "/api/v1/tasks", 1.2, (10_000, 1_000_000), (Role.BR_SVC, "B7"), _fill)
    )


def _fill(session: Session, tasks: int, account_id: UUID) -> None:
    insert_dicts(session, Customer, [customer_row("R1")])
    case = case_row(account_id, ensure_builtin(session).id)
    session.add(case)
    session.flush()
    insert_chunks(session, Task, (_task(number, case.id) for number in range(tasks)))


def case_row(account_id: UUID, version_id: UUID) -> Case:
    """A case that tasks or memberships can hang on."""
    return Case(
        kind=CaseKind.QUALIFICATION,
        workflow_id="bench",
        customer_no="R1",
        institution_code="HQ",
        year=YEAR,
        attempt=1,
        tier=Tier.GOLD,
        tier_applied=Tier.GOLD,
        seat_kind=SeatKind.RANKED,
        stage=Stage.BRANCH_REVIEW,
        version=1,
        declared_by=account_id,
        rulebook_version_id=version_id,
        content_hash="-",
        value=Decimal(1),
        state={},
        opened_at=datetime.now(UTC),
    )


def _task(number: int, case_id: UUID) -> dict[str, object]:
    opened = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=number % 400_000)
    is_open = number % OPEN_SHARE == 0
    return {
        "id": new_id(),
        "case_id": case_id,
        "kind": CaseKind.QUALIFICATION,
        "step": Stage.BRANCH_REVIEW.value,
        "title": "bench",
        "state": TaskState.OPEN if is_open else TaskState.DONE,
        "version": 1,
        "round": 1,
        "customer_no": "R1",
        "customer_name": "R1",
        "tier": Tier.GOLD,
        "institution_code": f"B{number // OPEN_SHARE % POSTS}",
        "role": Role.BR_SVC,
        "opened_at": opened,
        "due_at": opened + timedelta(days=7),
        "provisional": False,
        "calendar_version": "-",
        "closed_at": None if is_open else opened + timedelta(days=1),
    }
