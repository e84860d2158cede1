"""One run: work under kills, then rest until everything is answered and escalated, then the checker."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.soak.checks import check
from tests.faults.soak.crowd import Crowd
from tests.faults.soak.histories import drift, histories_against
from tests.faults.soak.nemesis import Nemesis
from tests.faults.soak.records import Records, read
from tests.faults.soak.site import QUEUE, Site, site
from tests.faults.soak.told import Outcome

SETTLE_SECONDS = 120.0
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


@dataclass(frozen=True)
class Report:
    """What a run did and what broke."""

    seed: int
    kills: Counter[str]
    acts: Counter[Outcome]
    decisions: int
    cases: int
    breaches: int
    unknown_calls: int
    slow_calls: int
    violations: list[str]

    def lines(self) -> list[str]:
        """The table that `make soak` prints."""
        kills = ", ".join(f"{name} {number}" for name, number in sorted(self.kills.items()))
        table = {
            "seed": self.seed,
            "kills": f"{self.kills.total()} ({kills})",
            "cases": self.cases,
            "decisions": self.decisions,
            "acts": ", ".join(f"{found.value} {self.acts[found]}" for found in Outcome),
            "unknowns": self.unknown_calls,
            "breaches": self.breaches,
            "slow calls": self.slow_calls,
            "violations": len(self.violations),
        }
        return [f"{name:<12}{value}" for name, value in table.items()] + [f"  {line}" for line in self.violations]


async def soak(plan: Plan, home: Path, url: str | None = None) -> Report:
    """Run the plan in an empty folder; `url` is a migrated PostgreSQL database, SQLite in the folder without it."""
    async with site(home, plan.customers, url) as found, Crowd(found, plan.seed, plan.customers) as crowd:
        nemesis = Nemesis(found, plan.seed, plan.every)
        await _work(plan, crowd, nemesis)
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
            unknown_calls=sum(call.outcome is Outcome.UNKNOWN for call in calls),
            slow_calls=sum(call.seconds > PROMISED_SECONDS for call in calls),
            violations=violations,
        )


async def _work(plan: Plan, crowd: Crowd, nemesis: Nemesis) -> None:
    done = asyncio.Event()
    working = asyncio.create_task(crowd.work(done))
    with suppress(TimeoutError):
        async with asyncio.timeout(plan.seconds):
            await nemesis.rage(plan.kills)
    done.set()
    await working


async def _rest(found: Site) -> Records:
    """The records once no request is open and no escalation due, or as they stand when that takes too long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_SECONDS):
            while not _is_quiet(read(found.database)):
                await found.mend()
                await asyncio.sleep(0.5)
    return read(found.database)


def _is_quiet(records: Records) -> bool:
    """Nothing is open, and every task that waits was escalated: here all are due within seconds."""
    return not records.unanswered() and all(task.breached_at is not None for task in records.open_tasks())
