"""People at work: they declare, approve, return and withdraw, click twice, and race each other for the same tasks."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import httpx2
from sqlmodel import Session

from models.services.sign_in import issue_token
from models.tables.organisation import Post
from models.types import Role
from tests.faults.soak.site import Site, customer
from tests.faults.soak.told import Act, Call, Log, Outcome
from tests.support import world

DECLARANTS = ("mgr", "mgr")
APPROVERS = ("unit", "ops", "svc", "sh-lead", "lead", "hq-lead")
SECOND_POSTS = (("ops", Role.UNIT_LEAD, "BJ01"), ("sh-lead", Role.BR_SVC, "BJ"), ("hq-lead", Role.BR_LEAD, "BJ"))
"""So that two people may decide each task of a branch."""
RETURNING = {"svc", "sh-lead", "lead", "hq-lead"}
DOUBLE_CLICKS, RETURNS, WITHDRAWALS = 0.3, 0.15, 0.1
AGAIN = 4
"""How often somebody sends what was not answered before leaving it; later everybody comes back to it."""
CALL_SECONDS = 20.0
OK = 200

Turn = Callable[[], Coroutine[Any, Any, None]]


def prepare(session: Session, people: world.World) -> None:
    """The second posts."""
    for login, role, code in SECOND_POSTS:
        session.add(Post(account_id=people.accounts[login], role=role, institution_code=code))


@dataclass
class Person:
    """Somebody with a client; `chance` makes all of its choices."""

    login: str
    account_id: UUID
    client: httpx2.AsyncClient
    chance: Random
    log: Log
    customers: Iterator[int]
    customers_left: int

    async def work(self, done: asyncio.Event) -> None:
        """One act after the other until everybody stops."""
        turns: list[Turn] = [self._declare, self._withdraw] if self.login in DECLARANTS else [self._decide]
        while not done.is_set():
            turn = turns[-1] if self.chance.random() < WITHDRAWALS else turns[0]
            await turn()
            await asyncio.sleep(self.chance.uniform(0.1, 0.6))

    async def insist(self, act: Act, times: int) -> None:
        """Send the act until it is answered, so often at most; at times as a double click."""
        for _ in range(times):
            clicks = 2 if self.chance.random() < DOUBLE_CLICKS else 1
            await asyncio.gather(*(self._send(act) for _ in range(clicks)))
            if act.outcome is not Outcome.UNKNOWN:
                return
            await asyncio.sleep(self.chance.uniform(0.2, 1.0))

    async def _declare(self) -> None:
        number = next(self.customers)
        if number // len(DECLARANTS) >= self.customers_left:
            return
        body = {
            "customer_no": customer(number // len(DECLARANTS)),
            "year": world.YEAR,
            "tier": "gold",
            "seat": "ranked",
            "reason": "连续三年增员",
            "late_reason": "补报",
        }
        await self._act("/api/v1/qualifications", body)

    async def _withdraw(self) -> None:
        rows = await self._read("started")
        open_rows = [row for row in rows if row["outcome"] is None]
        if open_rows:
            row = self.chance.choice(open_rows)
            await self._act(f"/api/v1/cases/{row['case_id']}/withdraw", {"version": row["version"], "comment": "撤回"})

    async def _decide(self) -> None:
        # The first few, so that two people meet on one task often.
        tasks = (await self._read("todo"))[:3]
        if not tasks:
            return
        task = self.chance.choice(tasks)
        body: dict[str, Any] = {"verdict": "approve", "version": task["version"]}
        if self.login in RETURNING and self.chance.random() < RETURNS:
            body |= {"verdict": "return", "comment": "请补材料", "return_to": "unit_check"}
        await self._act(f"/api/v1/tasks/{task['task_id']}/decide", body, UUID(task["task_id"]))

    async def _act(self, path: str, body: dict[str, Any], task_id: UUID | None = None) -> None:
        key = f"{self.chance.getrandbits(128):032x}"
        act = Act(self.login, self.account_id, key, path, body, task_id)
        self.log.acts.append(act)
        await self.insist(act, AGAIN)

    async def _send(self, act: Act) -> None:
        act.calls.append(await self._call("POST", act.path, json=act.body, headers={"Idempotency-Key": act.key}))

    async def _read(self, box: str) -> list[dict[str, Any]]:
        call = await self._call("GET", "/api/v1/tasks", params={"box": box, "limit": 20})
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


class Crowd:
    """Everybody, and the log of what they were told."""

    def __init__(self, site: Site, seed: int, customers: int) -> None:
        self.log = Log()
        self._site, self._seed, self._customers = site, seed, customers
        self._clients = AsyncExitStack()
        self._people: list[Person] = []

    async def __aenter__(self) -> "Crowd":
        numbers = count()
        with self._site.database.write() as session:
            prepare(session, self._site.people)
            tokens = {login: self._token(session, login) for login in {*DECLARANTS, *APPROVERS}}
        for place, login in enumerate((*DECLARANTS, *APPROVERS)):
            headers = {"Authorization": f"Bearer {tokens[login]}"}
            client = httpx2.AsyncClient(base_url=self._site.address, timeout=CALL_SECONDS, headers=headers)
            await self._clients.enter_async_context(client)
            chance = Random(f"{self._seed}:{place}")
            account = self._site.people.accounts[login]
            self._people.append(Person(login, account, client, chance, self.log, numbers, self._customers))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._clients.aclose()

    def _token(self, session: Session, login: str) -> str:
        return issue_token(session, self._site.people.accounts[login], datetime.now(UTC)).token

    async def work(self, done: asyncio.Event) -> None:
        """Everybody at once until `done`."""
        await asyncio.gather(*(person.work(done) for person in self._people))

    async def come_back(self, share: float) -> None:
        """Of what nobody was told, so many are sent again; of the others the dispatcher has to take care."""
        by_login = {person.login: person for person in self._people}
        chance = Random(f"{self._seed}:back")
        for act in self.log.unknown():
            if chance.random() < share:
                await by_login[act.login].insist(act, 10 * AGAIN)
