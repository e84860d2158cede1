"""One human task: opened with its deadline, watched until somebody acts or the deadline passes."""

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow

from models.messages.approval import ApprovalState, OpenTask, RouteStep
from models.messages.calendar import CalendarSnapshot
from models.rules.calendar import due_on_date


def open_task(state: ApprovalState, step: RouteStep, institution_code: str, calendar: CalendarSnapshot) -> OpenTask:
    """The task of a route step: due on its procedure date, never sooner than the allowance (decisions.md 12)."""
    now = workflow.now()
    return OpenTask(
        task_id=workflow.uuid7(),
        step=step.stage.value,
        role=step.role,
        institution_code=institution_code,
        opened_at=now,
        deadline=due_on_date(calendar, step.due_on, now, state.min_allowance_working_days),
    )


def next_breach(tasks: tuple[OpenTask, ...]) -> OpenTask | None:
    """The open task whose deadline comes first and was not yet recorded as passed."""
    waiting = [task for task in tasks if not task.breach_recorded]
    return min(waiting, key=lambda task: task.deadline.due_at, default=None)


async def wait_until(condition: Callable[[], bool], deadline: datetime | None) -> bool:
    """Wait for the condition; False when the deadline came first. Computed from the instant, not from a tick."""
    if deadline is None:
        await workflow.wait_condition(condition)
        return True
    left = max(deadline - workflow.now(), timedelta())
    try:
        await workflow.wait_condition(condition, timeout=left, timeout_summary="deadline of the open task")
    except TimeoutError:
        return False
    return True
