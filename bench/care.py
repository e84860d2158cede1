"""Head office's care calendar of a month, over all institutions, at 1,000 and at 100,000 touchpoints, in turn."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.book import _customer
from bench.copy import insert_dicts
from bench.inbox import POSTS, add_reader, insert_chunks, open_copy, p95
from bench.report import Ratio
from models.database import Database
from models.service_types import TouchpointOrigin
from models.services.sign_in import issue_token
from models.settings import Settings
from models.tables.book import Customer
from models.tables.care import Touchpoint
from models.tables.columns import new_id
from models.types import Role, Stage, Tier

SMALL, LARGE = 1_000, 100_000
ROUNDS = 3
GOAL = 3.0
"""A month of the larger book has 100 times as many touchpoints to count, and the same page of them to show."""
FIRST, DAYS = date(2026, 1, 1), 365
MONTH = "/api/v1/care/touchpoints?month=2026-06"
CUSTOMERS = 1_000


def measure() -> list[Ratio]:
    """Ratio of the 95th percentiles."""
    return asyncio.run(_measure())


async def _measure() -> list[Ratio]:
    with TemporaryDirectory(prefix="greenlane-bench-") as folder:
        small, large = _copy(Path(folder) / "small", SMALL), _copy(Path(folder) / "large", LARGE)
        rounds: list[float] = []
        last: dict[str, object] = {}
        for _ in range(ROUNDS):
            few, many = await p95(*small, MONTH), await p95(*large, MONTH)
            rounds.append(many / few)
            last = {"p95 ms": f"{few * 1000:.1f} -> {many * 1000:.1f}"}
        for _, database, _ in (small, large):
            database.dispose()
    name = f"care calendar of head office by HTTP, p95: {LARGE:,} touchpoints / {SMALL:,}"
    return [Ratio(name, GOAL, at_least=False, rounds=rounds, detail=last)]


def _copy(home: Path, touchpoints: int) -> tuple[Settings, Database, str]:
    settings, database = open_copy(home)
    with database.write() as session:
        account_id = add_reader(session, Role.HQ_VIP, "HQ")
        insert_dicts(session, Customer, [_customer(f"R{number}") for number in range(CUSTOMERS)])
        insert_chunks(session, Touchpoint, (_touchpoint(number) for number in range(touchpoints)))
        token = issue_token(session, account_id, datetime.now(UTC)).token
    return settings, database, token


def _touchpoint(number: int) -> dict[str, object]:
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
