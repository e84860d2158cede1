"""Sweeps without an engine: the real activities, chunk after chunk, on collaborators that note what they were asked."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, select
from temporalio.testing import ActivityEnvironment

from activities.sweep import SweepActivities
from models.database import Database
from models.messages.letters import Letter
from models.messages.membership import MembershipDue
from models.messages.quarter import StartPeriodClose
from models.messages.service import StartGreenChannel, StartTouchpoint
from models.messages.service_acts import AssignService, StopTouchpoint
from models.messages.sweep import CloseSweep, RecordOrder, StartSweep, SweepDone, SweepOrder
from models.service_types import TouchpointOrigin
from models.services.duties.branches import branches
from models.services.rulebooks import ensure_builtin
from models.tables.care import Touchpoint
from models.types import Role, Stage, Tier

NINE = timedelta(hours=1)
"""09:00 in Shanghai, as time after midnight UTC."""


def morning(day: date) -> datetime:
    """09:00 of a day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + NINE


@dataclass
class Started:
    """An engine that starts what it is asked for: the row is then somebody's task, as its first record says."""

    database: Database
    starts: list[StartTouchpoint | StartGreenChannel] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    closes: list[StartPeriodClose] = field(default_factory=list)
    served: list[tuple[str, StopTouchpoint | AssignService]] = field(default_factory=list)
    fail_after: int | None = None

    async def start_touchpoint(self, start: StartTouchpoint, per_second: int) -> bool:
        """Once per row."""
        return self._started(start)

    async def start_renewal(self, start: StartGreenChannel, per_second: int) -> bool:
        """Once per row."""
        return self._started(start)

    async def call_due(self, workflow_id: str, message: MembershipDue, per_second: int) -> bool:
        """Note the call."""
        self.called.append(workflow_id)
        return True

    async def serve(self, workflow_id: str, act: StopTouchpoint | AssignService) -> bool:
        """Note the act."""
        self.served.append((workflow_id, act))
        return True

    def ids(self) -> list[UUID]:
        """Rows whose case was started, in order."""
        return [start.case_id for start in self.starts]

    async def start_close(self, start: StartPeriodClose, per_second: int) -> bool:
        """Keep the start of a quarter's close, once."""
        if start.workflow_id in {one.workflow_id for one in self.closes}:
            return False
        self.closes.append(start)
        return True

    def _started(self, start: StartTouchpoint | StartGreenChannel) -> bool:
        if self.fail_after is not None and len(self.starts) >= self.fail_after:
            self.fail_after = None
            raise ConnectionError("the engine went away")
        if start.case_id in self.ids():
            return False
        self.starts.append(start)
        with self.database.write() as session:
            row = session.get(Touchpoint, start.case_id)
            assert row is not None
            row.stage = Stage.DUE
        return True


@dataclass
class Outbox:
    """A notifier that keeps letters; `failures` are raised one by one, None lets a letter through."""

    letters: list[Letter] = field(default_factory=list)
    failures: list[Exception | None] = field(default_factory=list)

    def send(self, letter: Letter) -> None:
        """Take the letter, or fail as told."""
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.letters.append(letter)

    def keys(self) -> list[str]:
        """Keys of the letters that left."""
        return [letter.key for letter in self.letters]


@dataclass
class Sweeper:
    """The sweep of any branch and day; `twice` repeats every activity, as an engine that lost the first answer does."""

    database: Database
    engine: Started
    outbox: Outbox = field(default_factory=Outbox)
    chunk: int = 200
    twice: bool = False

    @classmethod
    def on(cls, database: Database, **more: Any) -> "Sweeper":
        """On a database."""
        return cls(database, Started(database), **more)

    @property
    def activities(self) -> SweepActivities:
        """The real ones."""
        return SweepActivities(self.database, self.engine, self.outbox, self.engine)

    async def sweep(self, day: date, branch: str = "BJ") -> Counter[str]:
        """One branch and day, as the workflow does it."""
        at, acts, counts = morning(day), self.activities, Counter[str]()
        await self._run(acts.open, StartSweep(institution_code=branch, day=day))
        common = {"institution_code": branch, "day": day, "at": at, "limit": self.chunk, "per_second": 1000}
        for phase in ("plans", "duties", "settle"):
            counts += await self._walk(acts.records, RecordOrder(**common, phase=phase))
        for activity in (acts.amend_running, acts.start_due, acts.call_due):
            counts += await self._walk(activity, SweepOrder(**common))
        for phase in ("candidates", "assessments"):
            counts += await self._walk(acts.records, RecordOrder(**common, phase=phase))
        counts += await self._walk(acts.start_closes, SweepOrder(**common))
        counts += await self._walk(acts.records, RecordOrder(**common, phase="adjustments"))
        counts += await self._walk(acts.send_greetings, SweepOrder(**common))
        done = CloseSweep(institution_code=branch, day=day, at=at, counts=dict(counts))
        await self._run(acts.close, done)
        return counts

    async def sweep_all(self, day: date) -> Counter[str]:
        """Every branch."""
        with self.database.read() as session:
            codes = branches(session)
        total = Counter[str]()
        for code in codes:
            total += await self.sweep(day, code)
        return total

    async def _walk(self, activity: Callable[..., Any], order: SweepOrder) -> Counter[str]:
        counts = Counter[str]()
        while True:
            done: SweepDone = await self._run(activity, order)
            counts.update(done.counts)
            if done.after is None:
                return counts
            order = order.model_copy(update={"after": done.after})

    async def _run(self, activity: Callable[..., Any], message: Any) -> Any:
        environment = ActivityEnvironment()
        for _ in range(2 if self.twice else 1):
            found = environment.run(activity, message)
            answer = await found if asyncio.iscoroutine(found) else found
        return answer


def add_touchpoint(session: Session, customer_no: str, due_on: date, **fields: Any) -> Touchpoint:
    """A row of a plan: a visit by the manager unless told otherwise."""
    code = fields.pop("code", "Z08")
    items = {"Z08": "manager_visit", "Z09": "lead_visit", "Z10": "birthday_greeting", "Z11": "festival_greeting"}
    greeting = code in {"Z10", "Z11", "Z13"}
    row = Touchpoint(
        **{
            "customer_no": customer_no,
            "institution_code": "BJ01",
            "key": f"{code}:{due_on.isoformat()}:{fields.get('contact_id') or ''}",
            "code": code,
            "item": items.get(code, "magazine"),
            "article": "regulation 2.5",
            "origin": TouchpointOrigin.PLAN,
            "tier": Tier.GOLD,
            "planned_on": due_on,
            "due_on": due_on,
            "lead_on": due_on - timedelta(days=1 if greeting else 7),
            "role": Role.MGR,
            "human": not greeting,
            "stage": Stage.PLANNED,
            "rulebook_version_id": ensure_builtin(session).id,
            "created_at": morning(due_on),
            "updated_at": morning(due_on),
        }
        | fields
    )
    session.add(row)
    session.flush()
    return row


def touchpoints(database: Database) -> Sequence[Touchpoint]:
    """Every row, by customer and key."""
    with database.read() as session:
        return session.exec(select(Touchpoint).order_by(Touchpoint.customer_no, Touchpoint.key)).all()
