"""People at work: they declare, approve, return and withdraw, click twice, and race each other for the same tasks."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

import httpx2

from models.types import CaseKind
from tests.faults.soak.site import customer
from tests.faults.soak.told import Act, Call, Log, Outcome
from tests.support import world

RETURNING = {"svc", "sh-lead", "lead", "hq-lead"}
DOUBLE_CLICKS, RETURNS, SELDOM = 0.3, 0.15, 0.1
AGAIN = 4
"""How often somebody sends what was not answered before leaving it; later everybody comes back to it."""
OK = 200

Turn = Callable[[], Coroutine[Any, Any, None]]


@dataclass
class Person:
    """Somebody with a client; `chance` makes all of its choices."""

    login: str
    account_id: UUID
    client: httpx2.AsyncClient
    chance: Random
    log: Log

    async def work(self, done: asyncio.Event) -> None:
        """One act after the other until everybody stops."""
        turns = self.turns()
        while not done.is_set():
            turn = turns[-1] if self.chance.random() < SELDOM else turns[0]
            await turn()
            await asyncio.sleep(self.chance.uniform(0.1, 0.6))

    def turns(self) -> tuple[Turn, Turn]:
        """What this person does mostly, and what now and then."""
        raise NotImplementedError

    async def insist(self, act: Act, times: int) -> None:
        """Send the act until it is answered, so often at most; at times as a double click."""
        for _ in range(times):
            clicks = 2 if self.chance.random() < DOUBLE_CLICKS else 1
            await asyncio.gather(*(self._send(act) for _ in range(clicks)))
            if act.outcome is not Outcome.UNKNOWN:
                return
            await asyncio.sleep(self.chance.uniform(0.2, 1.0))

    async def act(self, path: str, body: dict[str, Any], task_id: UUID | None = None) -> None:
        """Do one thing under a key of its own, with some patience."""
        key = f"{self.chance.getrandbits(128):032x}"
        act = Act(self.login, self.account_id, key, path, body, task_id)
        self.log.acts.append(act)
        await self.insist(act, AGAIN)

    async def _send(self, act: Act) -> None:
        act.calls.append(await self._call("POST", act.path, json=act.body, headers={"Idempotency-Key": act.key}))

    async def tasks(self, box: str) -> list[dict[str, Any]]:
        """A box of the inbox."""
        return await self.read("/api/v1/tasks", box=box)

    async def read(self, path: str, **wanted: str) -> list[dict[str, Any]]:
        """The beginning of a list; empty where nothing can be read."""
        call = await self._call("GET", path, params={"limit": 20, **wanted})
        if call.status == OK:
            return list(call.answer["items"])
        self.log.reads.append(call)
        return []

    async def _call(self, method: str, path: str, **request: Any) -> Call:
        started = time.monotonic()
        try:
            answer = await self.client.request(method, path, **request)
        except httpx2.TransportError:
            return Call(None, time.monotonic() - started)
        return Call(answer.status_code, time.monotonic() - started, answer.json())


@dataclass
class Declarant(Person):
    """Declares one customer after the other, and thinks better of some."""

    customers: Iterator[int]
    shared_by: int
    left: int

    def turns(self) -> tuple[Turn, Turn]:
        """Mostly declared, now and then withdrawn."""
        return self._declare, self._withdraw

    async def _declare(self) -> None:
        number = next(self.customers)
        if number // self.shared_by >= self.left:
            return
        body = {
            "customer_no": customer(number // self.shared_by),
            "year": world.YEAR,
            "tier": "gold",
            "seat": "ranked",
            "reason": "连续三年增员",
            "late_reason": "补报",
        }
        await self.act("/api/v1/qualifications", body)

    async def _withdraw(self) -> None:
        rows = await self.tasks("started")
        open_rows = [row for row in rows if row["outcome"] is None]
        if open_rows:
            row = self.chance.choice(open_rows)
            await self.act(f"/api/v1/cases/{row['case_id']}/withdraw", {"version": row["version"], "comment": "撤回"})


class Approver(Person):
    """Decides what lies with the post."""

    def turns(self) -> tuple[Turn, Turn]:
        """One task after the other."""
        return self._decide, self._decide

    async def _decide(self) -> None:
        # The first few, so that two people meet on one task often.
        tasks = [task for task in await self.tasks("todo") if task["kind"] == CaseKind.QUALIFICATION][:3]
        if not tasks:
            return
        task = self.chance.choice(tasks)
        body: dict[str, Any] = {"verdict": "approve", "version": task["version"]}
        if self.login in RETURNING and self.chance.random() < RETURNS:
            body |= {"verdict": "return", "comment": "请补材料", "return_to": "unit_check"}
        await self.act(f"/api/v1/tasks/{task['task_id']}/decide", body, UUID(task["task_id"]))
