"""One page by HTTP at a small and at a large number of rows, in turn: does it stay as quick as its records grow?"""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import NamedTuple
from uuid import UUID

import httpx2
from pydantic import SecretStr
from sqlmodel import Session

from api.app import create_app
from bench.copy import SECRET, insert_dicts
from bench.report import Ratio
from models.database import Database
from models.services.rulebooks import ensure_builtin
from models.services.sign_in import issue_token
from models.settings import Settings
from models.tables.organisation import Account, Institution, Post
from models.types import InstitutionLevel, Role

POSTS = 200
ROUNDS, REQUESTS = 3, 120
CHUNK = 20_000


class Growth(NamedTuple):
    """A page, its reader, and what fills the records with so many rows; `goal` is the most its time may grow."""

    name: str
    address: str
    goal: float
    sizes: tuple[int, int]
    reader: tuple[Role, str]
    fill: Callable[[Session, int, UUID], None]
    """Of a session, a number of rows, and the account of the reader."""
    requests: int = REQUESTS


class _Copy(NamedTuple):
    settings: Settings
    database: Database
    token: str


def measure(asked: Growth) -> list[Ratio]:
    """Ratio of the 95th percentiles."""
    return asyncio.run(_measure(asked))


async def _measure(asked: Growth) -> list[Ratio]:
    with TemporaryDirectory(prefix="greenlane-bench-") as folder:
        small, large = (_copy(Path(folder) / str(size), asked, size) for size in asked.sizes)
        rounds: list[float] = []
        last: dict[str, object] = {}
        for _ in range(ROUNDS):
            few, many = await _p95(small, asked), await _p95(large, asked)
            rounds.append(many / few)
            last = {"p95 ms": f"{few * 1000:.1f} -> {many * 1000:.1f}"}
        for copy in (small, large):
            copy.database.dispose()
    few_rows, many_rows = asked.sizes
    name = f"{asked.name}, p95: {many_rows:,} / {few_rows:,}"
    return [Ratio(name, asked.goal, at_least=False, rounds=rounds, detail=last)]


async def _p95(copy: _Copy, asked: Growth) -> float:
    """Seconds within which 95 of 100 answers come."""
    app = create_app(copy.settings, copy.database)
    transport = httpx2.ASGITransport(app=app)
    headers = {"Authorization": f"Bearer {copy.token}"}
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url=copy.settings.base_url, headers=headers) as client,
    ):
        taken = []
        for number in range(asked.requests):
            began = time.perf_counter()
            answer = await client.get(asked.address)
            if number >= asked.requests // 6:
                taken.append(time.perf_counter() - began)
            answer.raise_for_status()
    return quantiles(taken, n=20)[-1]


def _copy(home: Path, asked: Growth, size: int) -> _Copy:
    settings = Settings(home=home, secret_key=SecretStr(SECRET))
    database = Database.from_settings(settings)
    database.migrate()
    with database.write() as session:
        account_id = _add_reader(session, *asked.reader)
        asked.fill(session, size, account_id)
        token = issue_token(session, account_id, datetime.now(UTC)).token
    return _Copy(settings, database, token)


def _add_reader(session: Session, role: Role, institution_code: str) -> UUID:
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


def _branch(number: int) -> Institution:
    code = f"B{number}"
    level = InstitutionLevel.BRANCH
    return Institution(
        code=code, name=code, level=level, parent_code="HQ", region_class=1, city="-", path=f"/HQ/{code}/"
    )


def insert_chunks(session: Session, table: type, rows: Iterator[dict[str, object]]) -> None:
    """Many rows, so many at a time."""
    while chunk := list(islice(rows, CHUNK)):
        insert_dicts(session, table, chunk)
