"""Quota season 名额季: the phases of one evaluation year; dates remind, people decide, the appeal window closes."""

import asyncio
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.season import SeasonActivities
from models.errors import DomainError, ErrorCode
from models.identifiers import QUOTA_SEASON
from models.messages.season import (
    MoveSeason,
    OpenSeason,
    RecordSeasonMove,
    RecordSeasonOpening,
    RemindSeason,
    SeasonAnswered,
    SeasonOpened,
    SeasonRecorded,
    SeasonState,
)
from models.rules import season
from models.types import CaseKind, SeasonPhase
from workflows.human_task import wait_until
from workflows.options import EFFECT
from workflows.record import record
from workflows.refusals import refusal, refusing
from workflows.search_attributes import KIND, STAGE, STATE_SEQ


@workflow.defn(name=QUOTA_SEASON)
class QuotaSeasonWorkflow:
    """One season; head office leads it from phase to phase."""

    @workflow.init
    def __init__(self, start: OpenSeason) -> None:
        self._opened: SeasonOpened | None = None
        self._state: SeasonState | None = None
        self._refused: ApplicationError | None = None
        self._lock = asyncio.Lock()
        # Moves found standing in the records when another came first: their own request may still come.
        self._adopted: dict[str, SeasonAnswered] = {}

    @workflow.run
    async def run(self, start: OpenSeason) -> SeasonPhase:
        """Open, live until the list takes effect: remind at procedure dates, close the appeal window."""
        await self._open(start)
        state = await self._ready()
        while state.phase is not SeasonPhase.EFFECTIVE:
            seen = state.version
            acted = await wait_until(lambda v=seen: self._version() != v, self._wakes_at())  # type: ignore[misc]
            if not acted:
                await self._woken(seen)
            state = await self._ready()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return state.phase

    async def _open(self, start: OpenSeason) -> None:
        try:
            message = RecordSeasonOpening(start=start, at=workflow.now())
            self._opened = await record(SeasonActivities.record_opening, message)
        except ApplicationError as error:
            # The opener waits in `opened`: it gets the refusal, then the run fails so that the id is free again.
            self._refused = error
            await workflow.wait_condition(workflow.all_handlers_finished)
            raise
        self._now_at(self._opened.state)

    def _now_at(self, state: SeasonState) -> None:
        self._state = state
        workflow.upsert_search_attributes(
            [
                KIND.value_set(CaseKind.QUOTA_SEASON.value),
                STAGE.value_set(state.phase.value),
                STATE_SEQ.value_set(state.version),
            ]
        )

    async def _ready(self) -> SeasonState:
        await workflow.wait_condition(lambda: self._state is not None or self._refused is not None)
        if self._state is None:
            raise self._refused or ApplicationError("not opened")
        return self._state

    def _version(self) -> int:
        return self._state.version if self._state else 0

    def _wakes_at(self) -> datetime | None:
        """When the appeal window ends, else when head office is to be reminded of the phase."""
        if self._state is None or self._opened is None:
            return None
        if self._state.phase is SeasonPhase.PUBLISH:
            return self._state.appeals_until.due_at if self._state.appeals_until else None
        reminder = season.next_reminder(self._state, self._opened.calendar)
        return reminder.at if reminder else None

    async def _woken(self, seen: int) -> None:
        async with self._lock:
            state = await self._ready()
            if state.version != seen:
                return
            if state.phase is SeasonPhase.PUBLISH:
                await self._record(state, season.close_window(state, workflow.now()), None)
            else:
                await self._remind(state)

    async def _remind(self, state: SeasonState) -> None:
        due = season.date_of(state, state.phase)
        if due is None:
            return
        message = RemindSeason(year=state.year, phase=due.phase, due_on=due.due_on, at=workflow.now())
        await workflow.execute_activity_method(SeasonActivities.remind, message, **EFFECT)
        self._state = season.reminded(state, due.phase)

    async def _record(self, before: SeasonState, after: SeasonState, act: MoveSeason | None) -> SeasonRecorded:
        message = RecordSeasonMove(before=before, after=after, act=act, at=workflow.now())
        recorded = await record(SeasonActivities.record_move, message)
        self._now_at(recorded.state)
        return recorded

    def _answer(self) -> SeasonAnswered:
        if self._state is None:
            raise ApplicationError("not opened")
        return SeasonAnswered(year=self._state.year, phase=self._state.phase, version=self._state.version)

    @workflow.update
    async def opened(self) -> SeasonAnswered:
        """Wait for the first record; refused when the opening is."""
        await self._ready()
        return self._answer()

    @workflow.update
    async def move(self, act: MoveSeason) -> SeasonAnswered:
        """To another phase, as the records say."""
        await self._ready()
        if self._opened is None:
            raise ApplicationError("not opened")
        async with self._lock:
            if act.update_id in self._adopted:
                return self._adopted[act.update_id]
            state = await self._ready()
            with refusing():
                after = season.move(state, act, workflow.now(), self._opened.calendar)
            recorded = await self._record(state, after, act)
            if not recorded.adopted:
                return self._answer()
            if recorded.update_id is not None:
                self._adopted[recorded.update_id] = self._answer()
        raise refusal(DomainError(ErrorCode.STALE_VERSION, version=recorded.state.version))

    @move.validator
    def _check_move(self, act: MoveSeason) -> None:
        if self._state is not None and act.update_id not in self._adopted:
            with refusing():
                season.check(self._state, act)

    @workflow.query
    def state(self) -> SeasonState | None:
        """The season as the workflow holds it, for operators and reconciliation."""
        return self._state
