"""The inbox page by HTTP at 10,000 and at 1,000,000 task rows, in turn."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from uuid import UUID

import httpx2
from pydantic import SecretStr
from sqlmodel import Session

from api.app import create_app
from bench.book import _customer
from bench.copy import SECRET, YEAR, insert_dicts
from bench.report import Ratio
from models.database import Database
from models.services.rulebooks import ensure_builtin
from models.services.sign_in import issue_token
from models.settings import Settings
from models.tables.book import Customer
from models.tables.cases import Case, Task
from models.tables.columns import new_id
from models.tables.organisation import Account, Institution, Post
from models.types import CaseKind, InstitutionLevel, Role, SeatKind, Stage, TaskState, Tier

SMALL, LARGE = 10_000, 1_000_000
OPEN_SHARE = 20
"""One task in so many is open."""
POSTS = 200
ROUNDS, REQUESTS = 3, 120
CHUNK = 20_000
GOAL = 1.2
INBOX = "/api/v1/tasks"


def measure() -> list[Ratio]:
    """Ratio of the 95th percentiles."""
    return asyncio.run(_measure())


async def _measure() -> list[Ratio]:
    with TemporaryDirectory(prefix="greenlane-bench-") as folder:
        small, large = _copy(Path(folder) / "small", SMALL), _copy(Path(folder) / "large", LARGE)
        rounds: list[float] = []
        last: dict[str, object] = {}
        for _ in range(ROUNDS):
            few, many = await p95(*small, INBOX), await p95(*large, INBOX)
            rounds.append(many / few)
            last = {"p95 ms": f"{few * 1000:.1f} -> {many * 1000:.1f}"}
        for _, database, _ in (small, large):
            database.dispose()
    name = f"inbox by HTTP, p95: {LARGE:,} task rows / {SMALL:,}"
    return [Ratio(name, GOAL, at_least=False, rounds=rounds, detail=last)]


async def p95(settings: Settings, database: Database, token: str, address: str) -> float:
    """Seconds within which 95 of 100 answers come."""
    app = create_app(settings, database)
    transport = httpx2.ASGITransport(app=app)
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url=settings.base_url, headers=headers) as client,
    ):
        taken = []
        for number in range(REQUESTS):
            began = time.perf_counter()
            answer = await client.get(address)
            if number >= REQUESTS // 6:
                taken.append(time.perf_counter() - began)
            answer.raise_for_status()
    return quantiles(taken, n=20)[-1]


def _copy(home: Path, tasks: int) -> tuple[Settings, Database, str]:
    settings, database = open_copy(home)
    with database.write() as session:
        account_id = add_reader(session, Role.BR_SVC, "B7")
        insert_dicts(session, Customer, [_customer("R1")])
        case = _case(account_id, ensure_builtin(session).id)
        session.add(case)
        session.flush()
        insert_chunks(session, Task, (_task(number, case.id) for number in range(tasks)))
        token = issue_token(session, account_id, datetime.now(UTC)).token
    return settings, database, token


def open_copy(home: Path) -> tuple[Settings, Database]:
    """An empty copy with its rulebook."""
    settings = Settings(home=home, secret_key=SecretStr(SECRET))
    database = Database.from_settings(settings)
    database.migrate()
    return settings, database


def add_reader(session: Session, role: Role, institution_code: str) -> UUID:
    """The institutions, and somebody with one post among them."""
    ensure_builtin(session)
    session.add(Institution(code="HQ", name="HQ", level=InstitutionLevel.HQ, region_class=1, city="-", path="/HQ/"))
    session.flush()
    session.add_all([_branch(number) for number in range(POSTS)])
    account = Account(login="reader", name="reader", institution_code="HQ", created_at=datetime.now(UTC))
    session.add(account)
    session.flush()
    session.add(Post(account_id=account.id, role=role, institution_code=institution_code))
    return account.id


def insert_chunks(session: Session, table: type, rows: Iterator[dict[str, object]]) -> None:
    """Many rows, so many at a time."""
    while chunk := list(islice(rows, CHUNK)):
        insert_dicts(session, table, chunk)


def _branch(number: int) -> Institution:
    code = f"B{number}"
    level = InstitutionLevel.BRANCH
    return Institution(
        code=code, name=code, level=level, parent_code="HQ", region_class=1, city="-", path=f"/HQ/{code}/"
    )


def _case(account_id: UUID, version_id: UUID) -> Case:
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
