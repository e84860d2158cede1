"""The approval chain: the pure state machine of `models/rules/approval` on durable execution.

Used by every kind of case that people approve. Rules run here, signers and tasks are found by the record of each act.
"""

import asyncio
from datetime import datetime
from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import FailureError

from activities.approval import ApprovalActivities
from models.messages.alarms import Alarm, AlarmPolicy
from models.messages.approval import Answered, ApprovalState, Decide, Opened, OpenTask
from models.messages.calendar import CalendarSnapshot
from models.messages.calendar_publication import AdoptCalendar, CalendarPublished
from models.messages.handing import ChainAct
from models.messages.qualification import RecordBreach, RecordStep
from models.rules import alarms, approval
from models.types import SYSTEM_SLA, SYSTEM_SLA_ID, AlarmKind, CaseKind, Door
from workflows.human_task import next_breach, wait_until, went_off
from workflows.record import record
from workflows.refusals import domain_cause, refusal, refusing
from workflows.search_attributes import INSTITUTION, KIND, STAGE, STATE_SEQ


class ApprovalChain:
    """State, calendar and lock of one case. Acts are applied one after another, each as the records say."""

    def __init__(self, kind: CaseKind, opened: Opened) -> None:
        self.kind = kind
        self.state: ApprovalState = opened.state
        self.calendar: CalendarSnapshot = opened.calendar
        self._policy: AlarmPolicy | None = opened.alarms
        # Held from rule to record: a second act must see the state the first one left.
        self._lock = asyncio.Lock()
        # Acts found standing in the records when somebody else's came first: their own request may still come.
        self._adopted: dict[str, Answered] = {}
        # Moves whenever an alarm may have moved: the waiting loop then reckons the next one anew.
        self._changes = 0
        self._publications: set[UUID] = set()
        self._publish()

    def check(self, act: ChainAct) -> None:
        """Refuse what the rule refuses, except an act that stands already: its sender gets the answer it missed."""
        if act.update_id not in self._adopted:
            with refusing():
                approval.check(self.state, act)

    async def act(self, act: ChainAct) -> Answered:
        """Apply one act of a person. Raises the refusal of the rule or of the records; then nothing changed."""
        async with self._lock:
            if act.update_id in self._adopted:
                return self._adopted[act.update_id]
            now = workflow.now()
            with refusing():
                after = approval.apply(self.state, act, now, self.calendar)
            recorded = await record(ApprovalActivities.record_step, self._step(after, act, now))
            self._now_at(recorded.state)
            if not recorded.adopted:
                return self.answer()
            self._adopted[recorded.update_id] = self.answer()
        raise refusal(approval.already_decided(recorded.by))

    def _step(self, after: ApprovalState, act: ChainAct, now: datetime) -> RecordStep:
        workflow_id = workflow.info().workflow_id
        return RecordStep(
            workflow_id=workflow_id, before=self.state, after=after, act=act, at=now, calendar=self.calendar
        )

    async def adopt(self, message: CalendarPublished) -> None:
        """Move the open deadlines to a published calendar, once per publication; timers follow."""
        async with self._lock:
            if message.publication_id in self._publications or self.state.outcome is not None:
                return
            asked = AdoptCalendar(case_id=self.state.case_id, publication_id=message.publication_id, before=self.state)
            adopted = await record(ApprovalActivities.adopt_calendar, asked)
            self._publications.add(message.publication_id)
            self.calendar = adopted.calendar
            self._now_at(adopted.state)

    async def run(self) -> None:
        """Live until the case has an outcome; each alarm of an open task goes off once.

        Which comes next is reckoned anew after every change, so no timer outlives its task and none is lost.
        """
        while self.state.outcome is None:
            seen, due = self._changes, self._next_due()
            acted = await wait_until(lambda v=seen: self._changes != v, due[1].at if due else None)  # type: ignore[misc]
            if not acted:
                await self._go_off(seen)

    def _next_due(self) -> tuple[OpenTask, Alarm] | None:
        """The next alarm; of cases opened before alarms had a policy only the deadline itself."""
        if self._policy is not None:
            return alarms.next_alarm(self.state, self._policy, self.calendar)
        task = next_breach(self.state.tasks)
        if task is None:
            return None
        return task, Alarm(key=alarms.BREACH, kind=AlarmKind.BREACH, at=task.deadline.due_at)

    async def _go_off(self, seen: int) -> None:
        async with self._lock:
            due = self._next_due()
            if due is None or self._changes != seen:
                return
            task, alarm = due
            await self._record_alarm(task, alarm)
            self.state = alarms.mark(self.state, task.task_id, alarm.key)
        if alarm.kind is AlarmKind.AUTO_DECISION:
            await self._decide_automatically(task, alarm)

    async def _record_alarm(self, task: OpenTask, alarm: Alarm) -> None:
        case_id = self.state.case_id
        if self._policy is None:
            message = RecordBreach(case_id=case_id, task_id=task.task_id, due_at=task.deadline.due_at)
            await record(ApprovalActivities.record_breach, message)
            return
        await record(ApprovalActivities.record_alarm, went_off(case_id, task, alarm))

    async def _decide_automatically(self, task: OpenTask, alarm: Alarm) -> None:
        """自动决定, signed `system:sla`; where it is refused the case waits for a person, who is reminded on."""
        verdict = self._policy.auto_verdict if self._policy else None
        if verdict is None:
            return
        act = Decide(
            update_id=f"{SYSTEM_SLA}:{task.task_id}:{alarm.key}",
            content_hash=SYSTEM_SLA,
            actor_id=SYSTEM_SLA_ID,
            actor_name=SYSTEM_SLA,
            door=Door.SYSTEM,
            task_id=task.task_id,
            version=task.version,
            verdict=verdict,
        )
        try:
            await self.act(act)
        except FailureError as error:
            if domain_cause(error) is None:
                raise

    def answer(self) -> Answered:
        """Where the case stands."""
        state = self.state
        return Answered(case_id=state.case_id, stage=state.stage, version=state.version, outcome=state.outcome)

    def _now_at(self, state: ApprovalState) -> None:
        self.state = state
        self._changes += 1
        self._publish()

    def _publish(self) -> None:
        workflow.upsert_search_attributes(
            [
                KIND.value_set(self.kind.value),
                STAGE.value_set(self.state.stage.value),
                INSTITUTION.value_set(self.state.declarant_institution),
                STATE_SEQ.value_set(self.state.version),
            ]
        )
