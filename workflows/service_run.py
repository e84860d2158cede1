"""One service case on durable execution: the pure rules of `models/rules/service`, one act after another, each as the
records say, and the alarms of its one open task."""

import asyncio
from datetime import datetime
from uuid import UUID

from temporalio import workflow

from activities.approval import ApprovalActivities
from activities.service import ServiceActivities
from models.messages.alarms import AlarmPolicy
from models.messages.approval import Answered
from models.messages.calendar import CalendarSnapshot
from models.messages.calendar_publication import CalendarPublished
from models.messages.service import AdoptServiceCalendar, RecordServiceStep, ServiceOpened, ServiceState
from models.messages.service_acts import ServiceAct
from models.rules import alarms, service
from workflows.human_task import wait_until, went_off
from workflows.record import record
from workflows.refusals import refusal, refusing
from workflows.search_attributes import INSTITUTION, KIND, STAGE, STATE_SEQ


class ServiceRun:
    """State, calendar and lock of one service case."""

    def __init__(self, opened: ServiceOpened) -> None:
        self.state: ServiceState = opened.state
        self.calendar: CalendarSnapshot = opened.calendar
        # Nobody decides over a customer's wish by letting time pass.
        self._policy: AlarmPolicy = opened.alarms.model_copy(update={"auto_verdict": None})
        # Held from rule to record: a second act must see the state the first one left.
        self._lock = asyncio.Lock()
        # Acts found standing in the records when somebody else's came first: their own request may still come.
        self._adopted: dict[str, Answered] = {}
        # Moves whenever an alarm may have moved: the waiting loop then reckons the next one anew.
        self._changes = 0
        self._publications: set[UUID] = set()
        self._publish()

    def check(self, act: ServiceAct) -> None:
        """Refuse what the rule refuses, except an act that stands already: its sender gets the answer it missed."""
        if act.update_id not in self._adopted:
            with refusing():
                service.check(self.state, act, workflow.now())

    async def act(self, act: ServiceAct) -> Answered:
        """Apply one act. Raises the refusal of the rule or of the records; then nothing changed."""
        async with self._lock:
            if act.update_id in self._adopted:
                return self._adopted[act.update_id]
            now = workflow.now()
            with refusing():
                after = service.apply(self.state, act, now, self.calendar)
            recorded = await record(ServiceActivities.record_step, self._step(after, act, now))
            self.calendar = recorded.calendar or self.calendar
            self._now_at(recorded.state)
            if not recorded.adopted:
                return self.answer()
            self._adopted[recorded.update_id] = self.answer()
        raise refusal(service.already_acted(recorded.by))

    def _step(self, after: ServiceState, act: ServiceAct, now: datetime) -> RecordServiceStep:
        workflow_id = workflow.info().workflow_id
        return RecordServiceStep(workflow_id=workflow_id, before=self.state, after=after, act=act, at=now)

    async def adopt(self, message: CalendarPublished) -> None:
        """Move the running clocks to a published calendar, once per publication; timers follow."""
        async with self._lock:
            if message.publication_id in self._publications or self.is_over():
                return
            before, publication_id = self.state, message.publication_id
            asked = AdoptServiceCalendar(case_id=before.case_id, publication_id=publication_id, before=before)
            adopted = await record(ServiceActivities.adopt_calendar, asked)
            self._publications.add(publication_id)
            self.calendar = adopted.calendar
            self._now_at(adopted.state)

    def is_over(self) -> bool:
        """Closed, and not to be reopened any more."""
        return self.state.outcome is not None and not service.may_reopen(self.state, workflow.now())

    async def run(self) -> None:
        """Live until the case is closed and can be reopened no more; each alarm of its task goes off once."""
        while not self.is_over():
            seen = self._changes
            acted = await wait_until(lambda v=seen: self._changes != v, self._next_instant())  # type: ignore[misc]
            if not acted:
                await self._go_off(seen)

    def _next_instant(self) -> datetime | None:
        if self.state.outcome is not None:
            return self.state.reopen_until
        due = alarms.next_alarm(self.state, self._policy, self.calendar)
        return due[1].at if due else None

    async def _go_off(self, seen: int) -> None:
        async with self._lock:
            due = alarms.next_alarm(self.state, self._policy, self.calendar)
            if due is None or self._changes != seen:
                return
            task, alarm = due
            await record(ApprovalActivities.record_alarm, went_off(self.state.case_id, task, alarm))
            self.state = alarms.mark(self.state, task.task_id, alarm.key)

    def answer(self) -> Answered:
        """Where the case stands."""
        state = self.state
        return Answered(case_id=state.case_id, stage=state.stage, version=state.version, outcome=state.outcome)

    def _now_at(self, state: ServiceState) -> None:
        self.state = state
        self._changes += 1
        self._publish()

    def _publish(self) -> None:
        workflow.upsert_search_attributes(
            [
                KIND.value_set(self.state.kind.value),
                STAGE.value_set(self.state.stage.value),
                INSTITUTION.value_set(self.state.institution_code),
                STATE_SEQ.value_set(self.state.version),
            ]
        )
