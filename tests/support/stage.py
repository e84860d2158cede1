"""A world with people acting through an engine, and the looks at its records that tests take."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from sqlmodel import Session, SQLModel, select
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from models.messages.approval import ApprovalState
from models.services import audit
from models.stores.audit import AuditStore
from models.tables.cases import Case as CaseRow
from models.types import SeatKind, Tier
from tests.support import engine
from tests.support.engine import Case
from tests.support.world import GOLD, YEAR, World

T = TypeVar("T", bound=SQLModel)


@dataclass
class Stage:
    """What a workflow test acts on."""

    client: Client
    world: World
    queue: str
    home: Path
    environment: WorkflowEnvironment | None = None
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
        """Let days pass; only on a time-skipping server."""
        assert self.environment is not None
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
        """The workflow's state, which must be the record's (only the workflow marks alarms)."""
        state = await case.state()
        assert _quiet(state) == _quiet(ApprovalState.model_validate(self.record(case).state))
        return state


def _quiet(state: ApprovalState) -> ApprovalState:
    """Without the marks of alarms, which reach the records with the next act."""
    tasks = tuple(task.model_copy(update={"breach_recorded": False, "alarms": ()}) for task in state.tasks)
    return state.model_copy(update={"tasks": tasks})
