"""Survey campaign 满意度调查: asks, reminds once, closes at its hour; people extend it, close it early and publish it.

Answers do not pass through here: each is one record transaction of its own (docs/adr/0014-answers-are-records.md).
"""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Literal

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.workflow import ActivityConfig

from activities.survey import SurveyActivities
from models.errors import DomainError, ErrorCode
from models.identifiers import SURVEY
from models.messages.survey import (
    OpenSurvey,
    RecordSurveyMove,
    RecordSurveyOpening,
    SurveyAct,
    SurveyAnswered,
    SurveyOpened,
    SurveyOrder,
    SurveyRecorded,
    SurveySent,
    SurveyState,
)
from models.rules import survey_stages
from models.rules.touchpoint_day import next_hour_to_send
from models.service_types import SurveyStage
from workflows.human_task import wait_until
from workflows.options import GREET
from workflows.record import record
from workflows.refusals import refusal, refusing
from workflows.search_attributes import INSTITUTION, KIND, STAGE, STATE_SEQ

Round = Literal["ask", "invite", "remind"]
LONGEST_ROUND = timedelta(hours=10)
"""A chunk that finds no way out for so long is given up."""


@workflow.defn(name=SURVEY)
class SurveyWorkflow:
    """One campaign from its opening to the publication of its results."""

    @workflow.init
    def __init__(self, start: OpenSurvey) -> None:
        self._opened: SurveyOpened | None = None
        self._state: SurveyState | None = None
        self._refused: ApplicationError | None = None
        self._lock = asyncio.Lock()
        self._rounds: list[Round] = []
        self._counts: Counter[str] = Counter()
        # Acts found standing in the records when another came first: their own request may still come.
        self._adopted: dict[str, SurveyAnswered] = {}

    @workflow.run
    async def run(self, start: OpenSurvey) -> SurveyStage:
        """Open, ask, remind, close, wait for the publication."""
        await self._open(start)
        state = await self._ready()
        while state.stage is not SurveyStage.PUBLISHED:
            seen, due = state.version, self._next_round(state)
            wakes_at = due[1] if due else state.closes_at.due_at if state.stage is SurveyStage.OPEN else None
            acted = await wait_until(lambda v=seen: self._version() != v, wakes_at)  # type: ignore[misc]
            if not acted:
                await (self._send(due[0]) if due else self._close(seen))
            state = await self._ready()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return state.stage

    async def _open(self, start: OpenSurvey) -> None:
        try:
            message = RecordSurveyOpening(start=start, at=workflow.now())
            self._opened = await record(SurveyActivities.record_opening, message)
        except ApplicationError as error:
            # The opener waits in `opened`: it gets the refusal, then the run fails so that the id is free again.
            self._refused = error
            await workflow.wait_condition(workflow.all_handlers_finished)
            raise
        self._rounds = ["ask", "invite"] if self._opened.reminded else ["ask", "invite", "remind"]
        self._now_at(self._opened.state)

    def _now_at(self, state: SurveyState) -> None:
        self._state = state
        workflow.upsert_search_attributes(
            [
                KIND.value_set(SURVEY),
                STAGE.value_set(state.stage.value),
                INSTITUTION.value_set(state.institution_code),
                STATE_SEQ.value_set(state.version),
            ]
        )

    async def _ready(self) -> SurveyState:
        await workflow.wait_condition(lambda: self._state is not None or self._refused is not None)
        if self._state is None:
            raise self._refused or ApplicationError("not opened")
        return self._state

    def _version(self) -> int:
        return self._state.version if self._state else 0

    def _next_round(self, state: SurveyState) -> tuple[Round, datetime] | None:
        """The next round, and when: links at once, letters outside quiet hours and before the closing."""
        if self._opened is None or not self._rounds or state.stage is not SurveyStage.OPEN:
            return None
        if self._rounds[0] == "ask":
            return "ask", workflow.now()
        due = state.opened_at
        if self._rounds[0] == "remind":
            reminder = survey_stages.reminder_at(state, self._opened.calendar)
            if reminder is None:
                return None
            due = reminder
        hours = self._opened.quiet_from_hour, self._opened.quiet_until_hour
        at = next_hour_to_send(max(due, workflow.now()), *hours)
        return (self._rounds[0], at) if at < state.closes_at.due_at else None

    async def _send(self, round_: Round) -> None:
        """Chunk after chunk; where the way out stays closed, the rest is left to the reminder and to printed codes."""
        self._rounds.remove(round_)
        order = SurveyOrder(campaign_id=(await self._ready()).campaign_id, round=round_, at=workflow.now())
        try:
            while True:
                sent: SurveySent = await workflow.execute_activity_method(
                    SurveyActivities.send, order, **await self._until_it_closes()
                )
                self._counts.update(sent.counts)
                if sent.after is None:
                    return
                order = order.model_copy(update={"after": sent.after, "at": workflow.now()})
        except ActivityError:
            self._counts["broken_off"] += 1

    async def _until_it_closes(self) -> ActivityConfig:
        """As greetings are sent, but no longer than the campaign is open: it closes at its hour, mail server or not."""
        state = await self._ready()
        left = max(state.closes_at.due_at - workflow.now(), timedelta(seconds=1))
        return {**GREET, "schedule_to_close_timeout": min(left, LONGEST_ROUND)}

    async def _close(self, seen: int) -> None:
        async with self._lock:
            state = await self._ready()
            if state.version == seen:
                await self._record(state, survey_stages.close(state, workflow.now()), None)

    async def _record(self, before: SurveyState, after: SurveyState, act: SurveyAct | None) -> SurveyRecorded:
        message = RecordSurveyMove(before=before, after=after, act=act, at=workflow.now())
        recorded = await record(SurveyActivities.record_move, message)
        self._now_at(recorded.state)
        return recorded

    def _answer(self) -> SurveyAnswered:
        if self._state is None:
            raise ApplicationError("not opened")
        return SurveyAnswered(campaign_id=self._state.campaign_id, stage=self._state.stage, version=self._state.version)

    @workflow.update
    async def opened(self) -> SurveyAnswered:
        """Wait for the first record; refused when the opening is."""
        await self._ready()
        return self._answer()

    @workflow.update
    async def lead(self, act: SurveyAct) -> SurveyAnswered:
        """提前截止, 延期 or 发布, as the records say."""
        await self._ready()
        if self._opened is None:
            raise ApplicationError("not opened")
        async with self._lock:
            if act.update_id in self._adopted:
                return self._adopted[act.update_id]
            state = await self._ready()
            with refusing():
                after = survey_stages.move(state, act, workflow.now(), self._opened.calendar)
            recorded = await self._record(state, after, act)
            if not recorded.adopted:
                return self._answer()
            if recorded.update_id is not None:
                self._adopted[recorded.update_id] = self._answer()
        raise refusal(DomainError(ErrorCode.STALE_VERSION, version=recorded.state.version))

    @lead.validator
    def _check_lead(self, act: SurveyAct) -> None:
        if self._state is not None and act.update_id not in self._adopted:
            with refusing():
                survey_stages.check(self._state, act)

    @workflow.query
    def state(self) -> SurveyState | None:
        """The campaign as the workflow holds it, for operators and reconciliation."""
        return self._state

    @workflow.query
    def progress(self) -> dict[str, int]:
        """How many were asked, and what became of their messages."""
        return dict(self._counts)
