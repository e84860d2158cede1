"""Activities of the sweep 巡检: one chunk each, every one of them safe to repeat."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session
from temporalio import activity

from activities.failures import reporting
from activities.handing_over import handed_over
from activities.ports import DutyStarter, Notifier, TouchpointCaller
from models.database import Database
from models.messages.membership import MembershipDue
from models.messages.quarter import StartPeriodClose
from models.messages.service import StartGreenChannel
from models.messages.service_acts import StopTouchpoint
from models.messages.sweep import CloseSweep, RecordOrder, StartSweep, SweepDone, SweepOpened, SweepOrder
from models.services.assessment import keeping
from models.services.care import greetings
from models.services.care.running import Amendment
from models.services.duties import (
    amending,
    calling,
    candidates,
    owing,
    renewals,
    replanning,
    settling,
    starting,
    sweeps,
)
from models.services.duties.starting import Start
from models.services.quarter import adjusting
from models.services.quarter import starting as closes

AT_ONCE = 20
"""Letters claimed together: what a worker killed among them leaves unconfirmed."""
PHASES: dict[str, Callable[[Session, RecordOrder], SweepDone]] = {
    "plans": replanning.plan_members,
    "duties": owing.write_duties,
    "settle": settling.settle_waiting,
    "candidates": candidates.tell_candidates,
    "assessments": keeping.keep_due,
    "adjustments": adjusting.adjust_published,
}


@dataclass
class SweepActivities:
    """The sweep on its collaborators."""

    database: Database
    starter: DutyStarter
    notifier: Notifier
    touchpoints: TouchpointCaller

    @activity.defn(name="open-sweep", no_thread_cancel_exception=True)
    def open(self, start: StartSweep) -> SweepOpened:
        """Note that it begins, and how it is to run."""
        with reporting(), self.database.write() as session:
            return sweeps.open_sweep(session, start, datetime.now(UTC))

    @activity.defn(name="sweep-records", no_thread_cancel_exception=True)
    def records(self, order: RecordOrder) -> SweepDone:
        """One chunk of a phase that touches the records alone."""
        with reporting(), self.database.write() as session:
            return PHASES[order.phase](session, order)

    @activity.defn(name="start-due-touchpoints")
    async def start_due(self, order: SweepOrder) -> SweepDone:
        """Start the cases of one chunk of rows."""
        with reporting():
            starts, after = await asyncio.to_thread(self._starts, order)
            begun = 0
            for number, start in enumerate(starts):
                activity.heartbeat(number)
                begun += await self._start(start, order)
        return SweepDone(after=after, counts={"started": begun})

    @activity.defn(name="amend-running-touchpoints")
    async def amend_running(self, order: SweepOrder) -> SweepDone:
        """End or hand on the cases of one chunk that the records have moved on from."""
        with reporting():
            found, after = await asyncio.to_thread(self._amendments, order)
            counts: Counter[str] = Counter()
            for number, amendment in enumerate(found):
                activity.heartbeat(number)
                name = "stopped" if isinstance(amendment.act, StopTouchpoint) else "handed_on"
                counts[name] += await self.touchpoints.serve(*amendment)
        return SweepDone(after=after, counts=dict(counts))

    @activity.defn(name="call-due-memberships")
    async def call_due(self, order: SweepOrder) -> SweepDone:
        """Signal one chunk of memberships that have a date behind them."""
        with reporting():
            ids, after = await asyncio.to_thread(self._due, order)
            called = 0
            for number, workflow_id in enumerate(ids):
                activity.heartbeat(number)
                message = MembershipDue(day=order.day)
                called += await self.starter.call_due(workflow_id, message, order.per_second)
        return SweepDone(after=after, counts={"called": called})

    @activity.defn(name="start-period-closes")
    async def start_closes(self, order: SweepOrder) -> SweepDone:
        """Start the close of every quarter that ended and was not frozen."""
        with reporting():
            begun = 0
            for number, start in enumerate(await asyncio.to_thread(self._closes, order)):
                activity.heartbeat(number)
                begun += await self.starter.start_close(start, order.per_second)
        return SweepDone(counts={"closes": begun})

    @activity.defn(name="send-greetings", no_thread_cancel_exception=True)
    def send_greetings(self, order: SweepOrder) -> SweepDone:
        """Send the messages of one chunk. Raises when the way out is closed for now: the rest is claimed again."""
        with reporting():
            with self.database.write() as session:
                claims = greetings.claim(session, order.model_copy(update={"limit": min(order.limit, AT_ONCE)}))
            outcomes, failure = handed_over(self.notifier, [(ready, ready.letter) for ready in claims.ready])
            if outcomes:
                with self.database.write() as session:
                    settled = greetings.settle(session, outcomes, order)
            if failure is not None:
                raise failure
        counts = dict(claims.counts)
        for name, number in (settled if outcomes else {}).items():
            counts[name] = counts.get(name, 0) + number
        return SweepDone(after=claims.after, counts=counts)

    @activity.defn(name="close-sweep", no_thread_cancel_exception=True)
    def close(self, message: CloseSweep) -> None:
        """Note what it found."""
        with reporting(), self.database.write() as session:
            sweeps.close_sweep(session, message)

    def _starts(self, order: SweepOrder) -> tuple[list[Start], str | None]:
        with self.database.write() as session:
            return starting.starts_due(session, order)

    def _closes(self, order: SweepOrder) -> list[StartPeriodClose]:
        with self.database.read() as session:
            return closes.closes_due(session, order)

    def _amendments(self, order: SweepOrder) -> tuple[list[Amendment], str | None]:
        with self.database.read() as session:
            return amending.amendments_due(session, order)

    def _due(self, order: SweepOrder) -> tuple[list[str], str | None]:
        with self.database.read() as session:
            return calling.memberships_due(session, order)

    async def _start(self, start: Start, order: SweepOrder) -> bool:
        if not isinstance(start, StartGreenChannel):
            return await self.starter.start_touchpoint(start, order.per_second)
        begun = await self.starter.start_renewal(start, order.per_second)
        await asyncio.to_thread(self._link, start)
        return begun

    def _link(self, start: StartGreenChannel) -> None:
        with self.database.write() as session:
            renewals.link_started(session, start.case_id, datetime.now(UTC))
