"""The approval chain: the pure state machine of `models/rules/approval.py` on durable execution.

Used by every kind of case that people approve; the case says how its steps are recorded.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from temporalio import workflow

from models.messages.approval import (
    Answered,
    ApprovalState,
    Correct,
    Decide,
    Opened,
    OpenTask,
    Recorded,
    Resubmit,
    Withdraw,
)
from models.messages.calendar import CalendarSnapshot
from models.messages.qualification import RecordBreach, RecordStep
from models.rules import approval
from models.types import CaseKind, Role, Stage
from workflows.human_task import next_breach, open_task, wait_until
from workflows.refusals import refusal, refusing
from workflows.search_attributes import INSTITUTION, KIND, STAGE, STATE_SEQ

A = TypeVar("A", Decide, Correct, Resubmit, Withdraw)
Rule = Callable[[ApprovalState, A, datetime], ApprovalState]


class ApprovalChain:
    """State, calendar and lock of one case. Acts are applied one after another, each as the records say."""

    def __init__(
        self,
        kind: CaseKind,
        opened: Opened,
        record_step: Callable[[RecordStep], Awaitable[Recorded]],
        record_breach: Callable[[RecordBreach], Awaitable[None]],
    ) -> None:
        self.kind = kind
        self.state: ApprovalState = opened.state
        self.calendar: CalendarSnapshot = opened.calendar
        self._record_step = record_step
        self._record_breach = record_breach
        # Held from rule to record: a second act must see the state the first one left.
        self._lock = asyncio.Lock()
        # Acts found standing in the records when somebody else's came first: their own request may still come.
        self._adopted: dict[str, Answered] = {}
        self._publish()

    def check(self, rule: Callable[[ApprovalState, A], None], act: A) -> None:
        """Refuse what the rule refuses, except an act that stands already: its sender gets the answer it missed."""
        if act.update_id not in self._adopted:
            with refusing():
                rule(self.state, act)

    async def act(self, rule: Rule[A], act: A) -> Answered:
        """Apply one act of a person. Raises the refusal of the rule or of the records; then nothing changed."""
        async with self._lock:
            if act.update_id in self._adopted:
                return self._adopted[act.update_id]
            now = workflow.now()
            with refusing():
                after = self._with_next_task(rule(self.state, act, now))
            recorded = await self._record_step(
                RecordStep(workflow_id=workflow.info().workflow_id, before=self.state, after=after, act=act, at=now)
            )
            self.state = recorded.state
            self._publish()
            if not recorded.adopted:
                return self.answer()
            self._adopted[recorded.update_id] = self.answer()
        raise refusal(approval.already_decided(recorded.by))

    async def run(self) -> None:
        """Live until the case has an outcome; record each deadline that passes, once."""
        while self.state.outcome is None:
            seen, task = self.state.version, next_breach(self.state.tasks)
            acted = await wait_until(lambda v=seen: self.state.version != v, task.deadline.due_at if task else None)  # type: ignore[misc]
            if not acted and task is not None:
                await self._breach(seen)

    async def _breach(self, seen: int) -> None:
        async with self._lock:
            task = next_breach(self.state.tasks)
            if task is None or self.state.version != seen:
                return
            message = RecordBreach(case_id=self.state.case_id, task_id=task.task_id, due_at=task.deadline.due_at)
            await self._record_breach(message)
            marked = task.model_copy(update={"breach_recorded": True})
            tasks = tuple(marked if other.task_id == task.task_id else other for other in self.state.tasks)
            self.state = self.state.model_copy(update={"tasks": tasks})

    def answer(self) -> Answered:
        """Where the case stands."""
        state = self.state
        return Answered(case_id=state.case_id, stage=state.stage, version=state.version, outcome=state.outcome)

    def _with_next_task(self, state: ApprovalState) -> ApprovalState:
        if state.outcome is not None or state.tasks:
            return state
        if state.stage is Stage.RETURNED:
            return state.model_copy(update={"tasks": (self._resubmission(state),)})
        step = approval.step_of(state, state.stage)
        if step.institution_code is None:
            return state
        return state.model_copy(update={"tasks": (open_task(state, step, step.institution_code, self.calendar),)})

    def _resubmission(self, state: ApprovalState) -> OpenTask:
        first = approval.steps_taken(state)[0].model_copy(update={"stage": Stage.DECLARED, "role": Role.MGR})
        task = open_task(state, first, state.declarant_institution, self.calendar)
        return task.model_copy(update={"assignee_id": state.declared_by})

    def _publish(self) -> None:
        workflow.upsert_search_attributes(
            [
                KIND.value_set(self.kind.value),
                STAGE.value_set(self.state.stage.value),
                INSTITUTION.value_set(self.state.declarant_institution),
                STATE_SEQ.value_set(self.state.version),
            ]
        )
