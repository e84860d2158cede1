"""Duty sweep 巡检: everything that is due in one branch up to the end of one day; every step may be repeated.

Nothing here remembers what was done: the records do. Whatever days nobody swept, the next sweep finds it all.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError
from temporalio.workflow import ActivityConfig

from activities.sweep import SweepActivities
from models.identifiers import DUTY_SWEEP
from models.messages.sweep import (
    CloseSweep,
    RecordOrder,
    RecordPhase,
    StartSweep,
    SweepDone,
    SweepOpened,
    SweepOrder,
)
from models.rules.touchpoint_day import may_send_from
from workflows.options import GREET, REACH, SWEEP
from workflows.record import record
from workflows.search_attributes import INSTITUTION, KIND

Order = TypeVar("Order", bound=SweepOrder)
Chunk: TypeAlias = Callable[[Any, Order], SweepDone] | Callable[[Any, Order], Awaitable[SweepDone]]
"""An activity that does one chunk."""
UNSENT = "unsent"
QUARTERS = "quarters"
"""Patch: sweeps that began before there were quarterly summaries go on without them."""
AMENDS = "amends-running-cases"
"""Sweeps that began before there was this step go on without it."""
ASSESSED = "assessments"
"""Since then a sweep keeps the assessments of periods that are over."""


@workflow.defn(name=DUTY_SWEEP)
class DutySweepWorkflow:
    """One branch, one day."""

    @workflow.init
    def __init__(self, start: StartSweep) -> None:
        self._start = start
        self._counts: Counter[str] = Counter()
        self._phase = "opening"

    @workflow.run
    async def run(self, start: StartSweep) -> dict[str, int]:
        """Plans, duties, what waits or runs, starts, memberships, cancellations, quarters; then the greetings."""
        workflow.upsert_search_attributes([KIND.value_set(DUTY_SWEEP), INSTITUTION.value_set(start.institution_code)])
        opened = await record(SweepActivities.open, start)
        for phase in ("plans", "duties", "settle"):
            await self._records(phase, opened)
        if workflow.patched(AMENDS):
            await self._walk("running", SweepActivities.amend_running, self._order(opened, 1), REACH)
        await self._walk("starts", SweepActivities.start_due, self._order(opened, opened.start_per_second), REACH)
        await self._walk("memberships", SweepActivities.call_due, self._order(opened, opened.signal_per_second), REACH)
        await self._records("candidates", opened)
        if workflow.patched(ASSESSED):
            await self._records("assessments", opened)
        if workflow.patched(QUARTERS):
            await self._walk(
                "closes", SweepActivities.start_closes, self._order(opened, opened.start_per_second), REACH
            )
            await self._records("adjustments", opened)
        await self._greet(opened)
        self._phase = "closing"
        counts = {name: number for name, number in self._counts.items() if number}
        message = CloseSweep(institution_code=start.institution_code, day=start.day, at=workflow.now(), counts=counts)
        await record(SweepActivities.close, message)
        self._phase = "finished"
        return counts

    async def _records(self, phase: RecordPhase, opened: SweepOpened) -> None:
        order = RecordOrder(**self._order(opened, 1).model_dump(), phase=phase)
        await self._walk(phase, SweepActivities.records, order)

    async def _greet(self, opened: SweepOpened) -> None:
        """On the day of the sweep and outside quiet hours; what that day has no hour left for is the next sweep's."""
        opens = self._may_send_from(opened)
        if opens is not None:
            await self._until(opens)
        if opens is None or self._may_send_from(opened) != workflow.now():
            self._counts[UNSENT] += 1
            return
        try:
            await self._walk("greetings", SweepActivities.send_greetings, self._order(opened, 1), GREET)
        except ActivityError:
            self._counts[UNSENT] += 1  # no way out all day: the next sweep treats them by their kind

    def _may_send_from(self, opened: SweepOpened) -> datetime | None:
        return may_send_from(workflow.now(), opened.quiet_from_hour, opened.quiet_until_hour)

    async def _until(self, opens: datetime) -> None:
        if opens > workflow.now():
            self._phase = "quiet"
            await workflow.sleep(opens - workflow.now(), summary="until quiet hours are over")

    def _order(self, opened: SweepOpened, per_second: int) -> SweepOrder:
        return SweepOrder(
            institution_code=self._start.institution_code,
            day=self._start.day,
            at=workflow.now(),
            limit=opened.chunk,
            per_second=per_second,
        )

    async def _walk(
        self,
        phase: str,
        activity: Chunk[Order],
        order: Order,
        options: ActivityConfig = SWEEP,
    ) -> None:
        """Chunk after chunk to the end of a phase."""
        self._phase = phase
        while True:
            order = order.model_copy(update={"at": workflow.now()})
            done: SweepDone = await workflow.execute_activity_method(activity, order, **options)
            self._counts.update(done.counts)
            if done.after is None:
                return
            order = order.model_copy(update={"after": done.after})

    @workflow.query
    def progress(self) -> dict[str, int | str]:
        """The phase it is in, and what it has done so far."""
        return {"phase": self._phase, **self._counts}
