"""Everybody who works while the service is killed, and the log of what they were told."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import count
from random import Random

import httpx2

from models.services.sign_in import issue_token
from models.tables.organisation import Post
from models.types import Role
from tests.faults.soak import servants
from tests.faults.soak.people import AGAIN, Approver, Declarant, Person
from tests.faults.soak.servants import COUNTERS, Counter, Listener, Visitor
from tests.faults.soak.site import Site
from tests.faults.soak.told import Log
from tests.support import serving, world

DECLARANTS = 2
WORK: tuple[tuple[str, type[Person]], ...] = (
    *[("mgr", Declarant)] * DECLARANTS,
    *[(login, Approver) for login in ("unit", "ops", "svc", "sh-lead", "lead", "hq-lead")],
    *[(login, Counter) for login in COUNTERS],
    ("svc", Listener),
    ("mgr", Visitor),
)
SECOND_POSTS = (("ops", Role.UNIT_LEAD, "BJ01"), ("sh-lead", Role.BR_SVC, "BJ"), ("hq-lead", Role.BR_LEAD, "BJ"))
"""So that two people may decide each task of a branch."""
CALL_SECONDS = 20.0


def prepare(people: world.World, visits: int) -> None:
    """Counters, second posts, and what is there to serve: before any worker, which begins with the day's sweep."""
    for login in COUNTERS:
        serving.with_counter(people, login)
    with people.database.write() as session:
        for login, role, code in SECOND_POSTS:
            session.add(Post(account_id=people.accounts[login], role=role, institution_code=code))
        servants.prepare(session, people, visits)


class Crowd:
    """Everybody, and the log of what they were told."""

    def __init__(self, site: Site, seed: int, customers: int) -> None:
        self.log = Log()
        self._site, self._seed, self._customers = site, seed, customers
        self._clients = AsyncExitStack()
        self._people: list[Person] = []

    async def __aenter__(self) -> "Crowd":
        numbers, people = count(), self._site.people
        with self._site.database.write() as session:
            tokens = {login: issue_token(session, people.accounts[login], datetime.now(UTC)).token for login, _ in WORK}
        for place, (login, kind) in enumerate(WORK):
            headers = {"Authorization": f"Bearer {tokens[login]}"}
            client = httpx2.AsyncClient(base_url=self._site.address, timeout=CALL_SECONDS, headers=headers)
            await self._clients.enter_async_context(client)
            own = login, people.accounts[login], client, Random(f"{self._seed}:{place}"), self.log
            shared = (numbers, DECLARANTS, self._customers) if kind is Declarant else ()
            self._people.append(kind(*own, *shared))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._clients.aclose()

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
