"""People who serve customers: requests on the green channel, complaints, and visits that the programme asks for."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session, select

from models.rules.calendar import local_date
from models.service_types import TouchpointOrigin
from models.tables.book import Contact
from models.types import Tier
from tests.faults.soak.people import Person, Turn
from tests.faults.soak.records import VISIT
from tests.support import serving, world
from tests.support.care_members import running_member
from tests.support.sweeping import add_touchpoint

GREEN, COMPLAINTS, VISITS = "/api/v1/green-channel", "/api/v1/complaints", "/api/v1/care/touchpoints"
COUNTERS = (serving.COUNTER, "ctr2")
LATE = 0.3
"""How often a request was received long ago, so that it is overdue at once."""
_NEXT: dict[str, tuple[str, dict[str, Any]]] = {
    "received": ("accept", {}),
    "accepted": ("complete", {"result": "已办", "late_reason": "系统停机"}),
    "awaiting_confirmation": ("confirm", {"satisfied": True, "proof": "电话"}),
}
_ON_COMPLAINTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("reply", {"text": "正在核查", "late_reason": "系统停机"}),
    ("investigate", {"text": "查明原因"}),
    ("judge", {"justified": True, "handling": "致歉"}),
    ("close", {"customer_view": "satisfied", "late_reason": "系统停机"}),
)
"""Tried in any order: what does not fit the stage is refused, which is an answer too."""


def prepare(session: Session, people: world.World, visits: int) -> None:
    """A gold customer with so many visits that are due today."""
    today, number = local_date(datetime.now(UTC)), people.customer(world.GOLD)
    member = running_member(session, people, number, Tier.GOLD)
    contact = session.exec(select(Contact).where(Contact.customer_no == number)).one()
    for visit in range(visits):
        add_touchpoint(
            session,
            number,
            today,
            key=f"{VISIT}:{visit}",
            origin=TouchpointOrigin.MANUAL,
            membership_id=member.id,
            contact_id=contact.id,
            assignee_id=people.accounts["mgr"],
        )


class Counter(Person):
    """Takes in requests and complaints, and serves what waits; two of them meet on the same ones."""

    def turns(self) -> tuple[Turn, Turn]:
        """Mostly served, now and then taken in."""
        return self._serve, self._take_in

    async def _take_in(self) -> None:
        reference = f"CL-{self.chance.getrandbits(48):x}"
        body: dict[str, Any] = {"customer_no": world.GOLD, "service": "claim", "reference_no": reference}
        if self.chance.random() < LATE:
            body["received_at"] = (datetime.now(UTC) - timedelta(days=60)).isoformat()
        await self.act(GREEN, body)

    async def _serve(self) -> None:
        rows = [row for row in await self.read(GREEN) if row["stage"] in _NEXT]
        if not rows:
            await self._take_in()
            return
        row = self.chance.choice(rows[:3])
        name, body = _NEXT[row["stage"]]
        await self.act(f"{GREEN}/{row['case_id']}/{name}", {"version": row["version"], **body})


class Listener(Person):
    """Registers complaints and does something about them."""

    def turns(self) -> tuple[Turn, Turn]:
        """Mostly handled, now and then registered."""
        return self._handle, self._register

    async def _register(self) -> None:
        await self.act(
            COMPLAINTS, {"customer_no": world.GOLD, "channel": "phone", "subject": "理赔", "matter": "理赔款未到账"}
        )

    async def _handle(self) -> None:
        rows = await self.read(COMPLAINTS)
        if not rows:
            await self._register()
            return
        row = self.chance.choice(rows[:3])
        name, body = self.chance.choice(_ON_COMPLAINTS)
        await self.act(f"{COMPLAINTS}/{row['case_id']}/{name}", {"version": row["version"], **body})


class Visitor(Person):
    """Does the visits that are due."""

    def turns(self) -> tuple[Turn, Turn]:
        """One after the other."""
        return self._visit, self._visit

    async def _visit(self) -> None:
        rows = [row for row in await self.read(VISITS, person="me", stage="due") if row["case_id"]]
        if not rows:
            return
        row = self.chance.choice(rows)
        done_on = local_date(datetime.now(UTC)).isoformat()
        body = {"version": row["version"], "done_on": done_on, "content": "上门拜访", "late_reason": "系统停机"}
        await self.act(f"{VISITS}/{row['touchpoint_id']}/complete", body)
