"""One run: work under kills, then rest until everything is answered and escalated, then the checker."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlmodel import select
from temporalio.service import RPCError

from models.messages.sweep import StartSweep
from models.rules.calendar import local_date
from models.tables.cases import Membership
from tests.faults.soak.checks import check
from tests.faults.soak.crowd import Crowd, prepare
from tests.faults.soak.histories import drift, histories_against
from tests.faults.soak.nemesis import Nemesis
from tests.faults.soak.records import Records, read
from tests.faults.soak.site import DUE_SECONDS, QUEUE, Site, site
from tests.faults.soak.told import Outcome
from tests.plugins.postgres import Server
from tests.support import care_members
from workflows.sweeping import start_sweep

SETTLE_SECONDS = 120.0
VISIT_SECONDS = 10
"""A visit is due for every so many seconds of a run."""
SWEPT_AFTER_SECONDS = 15.0
"""So long after everybody began to work."""
PROMISED_SECONDS = 8.0
"""An answer or a 503, whatever happens; on a busy machine a call may take longer, which is told and no violation."""


@dataclass(frozen=True)
class Plan:
    """`kills` at most in `seconds` at most, one every so many seconds; `again` is the share of unanswered acts that
    people send again at the end, the dispatcher takes care of the others."""

    seed: int
    seconds: float
    every: tuple[float, float] = (2.0, 5.0)
    kills: int | None = None
    again: float = 0.5

    @property
    def customers(self) -> int:
        """How many there are to declare."""
        return int(self.seconds) + 20

    @property
    def visits(self) -> int:
        """How many are due."""
        return int(self.seconds) // VISIT_SECONDS + 1


@dataclass(frozen=True)
class Report:
    """What a run did and what broke."""

    seed: int
    kills: Counter[str]
    acts: Counter[Outcome]
    decisions: int
    cases: int
    breaches: int
    visits: int
    unknown_calls: Counter[str]
    slow_calls: int
    violations: list[str]

    def lines(self) -> list[str]:
        """The table that `make soak` prints."""
        table = {
            "seed": self.seed,
            "kills": f"{self.kills.total()} ({_listed(self.kills)})",
            "cases": self.cases,
            "decisions": self.decisions,
            "acts": ", ".join(f"{found.value} {self.acts[found]}" for found in Outcome),
            "unknowns": f"{self.unknown_calls.total()} ({_listed(self.unknown_calls)})",
            "breaches": self.breaches,
            "visits": self.visits,
            "slow calls": self.slow_calls,
            "violations": len(self.violations),
        }
        return [f"{name:<12}{value}" for name, value in table.items()] + [f"  {line}" for line in self.violations]


def _listed(numbers: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(numbers.items()))


async def soak(plan: Plan, home: Path, postgres: Server | None = None) -> Report:
    """Run the plan in an empty folder; without a PostgreSQL server, which is killed too, on SQLite in that folder."""
    async with (
        site(home, plan.customers, partial(prepare, visits=plan.visits), postgres) as found,
        Crowd(found, plan.seed, plan.customers) as crowd,
    ):
        await _begin_membership(found)
        nemesis = Nemesis(found, plan.seed, plan.every)
        await asyncio.gather(_work(plan, crowd, nemesis), _sweep(found))
        await found.ready()
        await crowd.come_back(plan.again)
        client = await found.engine.client()
        await drift(found.database, client, QUEUE, repair=True)  # as the service does every quarter of an hour
        records = await _rest(found)
        violations = [
            *check(crowd.log, records, datetime.now(UTC)),
            *await histories_against(client, records),
            *await drift(found.database, client, QUEUE),
        ]
        calls = [call for _, call in crowd.log.calls()]
        return Report(
            seed=plan.seed,
            kills=nemesis.kills,
            acts=Counter(act.outcome for act in crowd.log.acts),
            decisions=len(records.decisions),
            cases=len(records.cases),
            breaches=sum(row.key == "breach" for row in records.alarms),
            visits=len(records.visits()),
            unknown_calls=Counter(str(call.status or "cut off") for call in calls if call.outcome is Outcome.UNKNOWN),
            slow_calls=sum(call.seconds > PROMISED_SECONDS for call in calls),
            violations=violations,
        )


async def _begin_membership(found: Site) -> None:
    """The year of the customer that is visited, begun as an approval does."""
    with found.database.read() as session:
        case_id = session.exec(select(Membership.case_id)).one()
    await care_members.start(await found.engine.client(), QUEUE, found.database, case_id)


async def _work(plan: Plan, crowd: Crowd, nemesis: Nemesis) -> None:
    done = asyncio.Event()
    working = asyncio.create_task(crowd.work(done))
    with suppress(TimeoutError):
        async with asyncio.timeout(plan.seconds):
            await nemesis.rage(plan.kills)
    done.set()
    await working


async def _sweep(found: Site) -> None:
    """The day's sweep of the branch, as `greenlane sweep` starts it; tried until an engine takes it."""
    await asyncio.sleep(SWEPT_AFTER_SECONDS)
    start = StartSweep(institution_code="BJ", day=local_date(datetime.now(UTC)))
    while True:
        with suppress(RPCError, RuntimeError):
            await start_sweep(await found.engine.client(), QUEUE, start)
            return
        await asyncio.sleep(0.5)


async def _rest(found: Site) -> Records:
    """The records once no request is open and no escalation due, or as they stand when that takes too long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_SECONDS):
            while not _is_quiet(read(found.database)):
                await found.mend()
                await asyncio.sleep(0.5)
    return read(found.database)


def _is_quiet(records: Records) -> bool:
    """Nothing is open, every task that is due in a moment was escalated, and every visit that is due has its task."""
    now = datetime.now(UTC)
    if records.unanswered() or records.overdue(now + timedelta(seconds=DUE_SECONDS)):
        return False
    return all(records.first_tasks(row) for row in records.visits())
