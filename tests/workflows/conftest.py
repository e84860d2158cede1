"""One time-skipping server for all; per test a fresh record database, customers of its own and a worker."""

import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pytest
from sqlmodel import Session, SQLModel, select
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from models.database import Database
from models.encryption import Keyring
from models.messages.approval import ApprovalState
from models.services import audit
from models.stores.audit import AuditStore
from models.tables.cases import Case as CaseRow
from models.types import SeatKind, Tier
from tests.support import engine, world
from tests.support.engine import Case
from tests.support.world import GOLD, YEAR, World

T = TypeVar("T", bound=SQLModel)
_worlds = count(1)


@pytest.fixture(scope="session")
async def environment() -> AsyncIterator[WorkflowEnvironment]:
    """The time-skipping server; every world has customer numbers of its own, so its workflow ids never repeat."""
    async with engine.time_skipping() as running:
        yield running


@pytest.fixture(scope="session")
def records_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    folder = tmp_path_factory.mktemp("records")
    world.new_database(folder).dispose()
    return folder / "records.db"


@dataclass
class Stage:
    """What a workflow test acts on."""

    client: Client
    world: World
    queue: str
    home: Path
    environment: WorkflowEnvironment
    cases: list[Case] = field(default_factory=list)

    async def declare(
        self,
        alias: str = GOLD,
        tier: Tier = Tier.GOLD,
        seat_kind: SeatKind = SeatKind.RANKED,
        *,
        login: str = "mgr",
        attempt: int = 1,
        late_reason: str | None = "补报",
        year: int = YEAR,
    ) -> Case:
        """Declare a customer of the world."""
        case = await engine.declare(
            self.client,
            self.world,
            self.world.customer(alias),
            tier=tier,
            seat_kind=seat_kind,
            login=login,
            queue=self.queue,
            attempt=attempt,
            late_reason=late_reason,
            year=year,
        )
        self.cases.append(case)
        return case

    async def skip(self, days: int) -> None:
        """Let days pass."""
        await self.environment.sleep(timedelta(days=days))

    def write(self, change: Callable[[Session], None]) -> None:
        """Change the records behind the workflow's back."""
        with self.world.database.write() as session:
            change(session)

    def rows(self, table: type[T]) -> Sequence[T]:
        """Every row of a table."""
        with self.world.database.read() as session:
            return session.exec(select(table)).all()

    def record(self, case: Case) -> CaseRow:
        """The case as the records have it."""
        with self.world.database.read() as session:
            row = session.get(CaseRow, case.case_id)
        assert row is not None
        return row

    def audited(self, case: Case) -> list[str]:
        """Actions of the audit trail on a case; the whole chain must verify."""
        with self.world.database.read() as session:
            assert audit.verify(AuditStore(session).all()).broken_at is None
            return [entry.action for entry in AuditStore(session).of("case", str(case.case_id))]

    async def in_step(self, case: Case) -> ApprovalState:
        """The workflow's state, which must be the record's (only the workflow marks breaches)."""
        state = await case.state()
        quiet = tuple(task.model_copy(update={"breach_recorded": False}) for task in state.tasks)
        recorded = ApprovalState.model_validate(self.record(case).state)
        assert state.model_copy(update={"tasks": quiet}) == recorded
        return state


@pytest.fixture
async def stage(environment: WorkflowEnvironment, records_file: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    """A world with a worker on the shared server."""
    async with _stage_on(environment, records_file, tmp_path) as stage:
        yield stage


@pytest.fixture
async def timed_stage(records_file: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    """A world on a server of its own: time is skipped only while nothing of any test is under way on it."""
    async with engine.time_skipping() as own, _stage_on(own, records_file, tmp_path) as stage:
        yield stage


@asynccontextmanager
async def _stage_on(environment: WorkflowEnvironment, records_file: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    shutil.copyfile(records_file, tmp_path / "records.db")
    database = Database(f"sqlite:///{tmp_path}/records.db", Keyring(world.SECRET))
    people = world.build(database, offset=100 * next(_worlds))
    queue = f"test-{uuid4()}"
    async with engine.worker(environment.client, people, tmp_path, queue):
        stage = Stage(environment.client, people, queue, tmp_path, environment)
        yield stage
        for case in stage.cases:  # a case left open would wake up in another test's skipped time
            with suppress(RPCError):
                await case.handle.terminate()
    database.dispose()
