"""Waiting for people: until somebody acts, or an instant comes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from temporalio import workflow

from models.messages.alarms import Alarm, RecordAlarm
from models.messages.approval import OpenTask


def next_breach(tasks: tuple[OpenTask, ...]) -> OpenTask | None:
    """The open task whose deadline comes first and was not yet recorded as passed."""
    waiting = [task for task in tasks if not task.breach_recorded]
    return min(waiting, key=lambda task: task.deadline.due_at, default=None)


def went_off(case_id: UUID, task: OpenTask, alarm: Alarm) -> RecordAlarm:
    """The alarm of a task, to be recorded: now, and never before its own instant.

    A worker that takes over a workflow after a local activity may be told a time some seconds past for a moment.
    """
    at = max(workflow.now(), alarm.at)
    return RecordAlarm(case_id=case_id, task_id=task.task_id, alarm=alarm, due_at=task.deadline.due_at, at=at)


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
