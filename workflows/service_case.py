"""What every workflow that serves a customer has in common: its opening, its acts, its calendar."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.service import ServiceActivities
from models.messages.approval import Answered
from models.messages.calendar_publication import CalendarPublished
from models.messages.service import RecordServiceOpening, ServiceStart, ServiceState
from models.messages.service_acts import ServiceAct
from models.types import Outcome
from workflows.record import record
from workflows.service_run import ServiceRun


class ServiceCase:
    """A service case: refused until its first record stands, then one act after another."""

    def __init__(self) -> None:
        self._run: ServiceRun | None = None
        self._refused: ApplicationError | None = None

    async def live(self, start: ServiceStart) -> Outcome:
        """Open by the first record and live until the case is over; gives its outcome."""
        try:
            opened = await record(
                ServiceActivities.record_opening, RecordServiceOpening(start=start, at=workflow.now())
            )
        except ApplicationError as error:
            # Whoever took it in waits in `opened`: it gets the refusal, then the run fails so that the id is free.
            self._refused = error
            await workflow.wait_condition(workflow.all_handlers_finished)
            raise
        self._run = ServiceRun(opened)
        await self._until_over(self._run)
        return self._run.state.outcome or Outcome.COMPLETED

    async def _until_over(self, run: ServiceRun) -> None:
        """An act that is being recorded when the last hour strikes may reopen the case."""
        while not run.is_over():
            await run.run()
            await workflow.wait_condition(workflow.all_handlers_finished)

    async def _ready(self) -> ServiceRun:
        await workflow.wait_condition(lambda: self._run is not None or self._refused is not None)
        if self._run is None:
            raise self._refused or ApplicationError("not opened")
        return self._run

    @workflow.update
    async def opened(self) -> Answered:
        """Wait for the first record; refused when the intake is."""
        return (await self._ready()).answer()

    @workflow.update
    async def serve(self, act: ServiceAct) -> Answered:
        """Everything people do to the case; `kind` of the act tells what."""
        return await (await self._ready()).act(act)

    @serve.validator
    def _check_serve(self, act: ServiceAct) -> None:
        if self._run is not None:
            self._run.check(act)

    @workflow.signal
    async def calendar_published(self, message: CalendarPublished) -> None:
        """The working calendar changed: running clocks follow, once."""
        await workflow.wait_condition(lambda: self._run is not None or self._refused is not None)
        if self._run is not None:
            await self._run.adopt(message)

    @workflow.query
    def state(self) -> ServiceState | None:
        """The state as the workflow holds it, for operators and reconciliation."""
        return self._run.state if self._run else None
