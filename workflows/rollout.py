"""启动计划 (附件八): a draft until head office launches it; then each part opens when its predecessors are done.

A launch has some hundred parts at most and one act for each, so one run holds it (a test counts its events).
"""

import asyncio
from datetime import datetime
from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.approval import ApprovalActivities
from activities.rollout import RolloutActivities
from models.errors import DomainError, ErrorCode
from models.identifiers import ROLLOUT
from models.messages.alarms import Alarm
from models.messages.approval import Answered, OpenTask
from models.messages.calendar_publication import CalendarPublished
from models.messages.rollout import (
    AdoptRolloutCalendar,
    RecordRolloutOpening,
    RecordRolloutStep,
    RolloutAct,
    RolloutOpened,
    RolloutRecorded,
    RolloutState,
    StartRollout,
)
from models.rules import alarms, rollout
from models.types import CaseKind, Outcome
from workflows.human_task import wait_until, went_off
from workflows.record import record
from workflows.refusals import refusal, refusing
from workflows.search_attributes import KIND, STAGE, STATE_SEQ


@workflow.defn(name=ROLLOUT)
class RolloutWorkflow:
    """One launch."""

    @workflow.init
    def __init__(self, start: StartRollout) -> None:
        self._opened: RolloutOpened | None = None
        self._state: RolloutState | None = None
        self._refused: ApplicationError | None = None
        # Held from rule to record: a second act must see the state the first one left.
        self._lock = asyncio.Lock()
        # Acts found standing in the records when somebody else's came first: their own request may still come.
        self._adopted: dict[str, Answered] = {}
        # Moves whenever an alarm may have moved: the waiting loop then reckons the next one anew.
        self._changes = 0
        self._publications: set[UUID] = set()

    @workflow.run
    async def run(self, start: StartRollout) -> Outcome:
        """Open the draft and live until every part is done; each alarm of an open part goes off once."""
        await self._open(start)
        state, _ = await self._ready()
        while state.outcome is None:
            seen = self._changes
            acted = await wait_until(lambda v=seen: self._changes != v, self._next_instant())  # type: ignore[misc]
            if not acted:
                await self._go_off(seen)
            state, _ = await self._ready()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return state.outcome

    async def _open(self, start: StartRollout) -> None:
        try:
            message = RecordRolloutOpening(start=start, at=workflow.now())
            self._opened = await record(RolloutActivities.record_opening, message)
        except ApplicationError as error:
            # The opener waits in `opened`: it gets the refusal, then the run fails.
            self._refused = error
            await workflow.wait_condition(workflow.all_handlers_finished)
            raise
        self._now_at(self._opened.state)

    async def _ready(self) -> tuple[RolloutState, RolloutOpened]:
        await workflow.wait_condition(lambda: self._state is not None or self._refused is not None)
        if self._state is None or self._opened is None:
            raise self._refused or ApplicationError("not opened")
        return self._state, self._opened

    def _next_instant(self) -> datetime | None:
        due = self._next_alarm()
        return due[1].at if due else None

    def _next_alarm(self) -> tuple[OpenTask, Alarm] | None:
        if self._state is None or self._opened is None:
            return None
        return alarms.next_alarm(self._state, self._opened.alarms, self._opened.calendar)

    async def _go_off(self, seen: int) -> None:
        async with self._lock:
            due = self._next_alarm()
            if due is None or self._state is None or self._changes != seen:
                return
            task, alarm = due
            await record(ApprovalActivities.record_alarm, went_off(self._state.case_id, task, alarm))
            self._state = alarms.mark(self._state, task.task_id, alarm.key)

    def _now_at(self, state: RolloutState) -> None:
        self._state = state
        self._changes += 1
        workflow.upsert_search_attributes(
            [
                KIND.value_set(CaseKind.ROLLOUT.value),
                STAGE.value_set(state.stage.value),
                STATE_SEQ.value_set(state.step_no),
            ]
        )

    def _answer(self, state: RolloutState) -> Answered:
        return Answered(case_id=state.case_id, stage=state.stage, version=state.version, outcome=state.outcome)

    @workflow.update
    async def opened(self) -> Answered:
        """Wait for the first record; refused when the opening is."""
        state, _ = await self._ready()
        return self._answer(state)

    @workflow.update
    async def lead(self, act: RolloutAct) -> Answered:
        """Everything people do to the launch; `kind` of the act tells what."""
        _, opened = await self._ready()
        async with self._lock:
            if act.update_id in self._adopted:
                return self._adopted[act.update_id]
            before, now = (await self._ready())[0], workflow.now()
            with refusing():
                after = rollout.apply(before, act, now, opened.calendar)
            message = RecordRolloutStep(before=before, after=after, act=act, at=now)
            recorded = await record(RolloutActivities.record_step, message)
            state = recorded.state or rollout.with_tasks(after, recorded.opened)
            self._now_at(state)
            if not recorded.adopted:
                return self._answer(state)
            self._adopted[recorded.update_id] = self._answer(state)
        raise _first(recorded)

    @lead.validator
    def _check_lead(self, act: RolloutAct) -> None:
        if self._state is not None and act.update_id not in self._adopted:
            with refusing():
                rollout.check(self._state, act)

    @workflow.signal
    async def calendar_published(self, message: CalendarPublished) -> None:
        """The working calendar changed: open deadlines follow, once."""
        await workflow.wait_condition(lambda: self._state is not None or self._refused is not None)
        async with self._lock:
            if self._state is None or self._opened is None or message.publication_id in self._publications:
                return
            before, publication_id = self._state, message.publication_id
            if before.outcome is not None:
                return
            asked = AdoptRolloutCalendar(case_id=before.case_id, publication_id=publication_id, before=before)
            adopted = await record(RolloutActivities.adopt_calendar, asked)
            self._publications.add(publication_id)
            self._opened = self._opened.model_copy(update={"calendar": adopted.calendar})
            self._now_at(adopted.state)

    @workflow.query
    def state(self) -> RolloutState | None:
        """The launch as the workflow holds it, for operators and reconciliation."""
        return self._state


def _first(recorded: RolloutRecorded) -> ApplicationError:
    """The refusal that names who acted first."""
    by = recorded.by
    return refusal(DomainError(ErrorCode.ALREADY_DECIDED, who=by.actor_name, when=by.at.isoformat(), verb=by.act))
