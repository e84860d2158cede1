"""The rows a case should have: its acts once more through the writers that wrote them, up to its workflow's state.

Rows are built beside the session; nothing here is stored.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

from models.messages.service import ServiceState
from models.services.approval.tasks import Past, close_row, move_row, new_row, redate_row
from models.services.case_state import CaseState
from models.services.case_steps import write_case
from models.tables.cases import Case, Task

Named: TypeAlias = Callable[[UUID], str]
"""What a task is about."""


class Act(NamedTuple):
    """An accepted act: the state it led to, and when. Kinds that keep no state with their acts have none of these."""

    state: CaseState
    at: datetime


@dataclass
class Expected:
    """The rows as they should be. `whole`: every task there ever was is known, so any other row is one too many."""

    case: Case
    whole: bool
    tasks: dict[UUID, Task] = field(default_factory=dict)


def fold(case: Case, acts: Sequence[Act], now: CaseState, named: Named) -> Expected:
    """What the acts, in order, and the workflow's state now make of the case."""
    expected = Expected(_unclosed(case), whole=bool(acts) and not gaps(acts, now))
    before: CaseState | None = None
    for act in acts:
        _follow(expected, before, act, named)
        before = act.state
    if before is not None and _same_tasks(before, now):
        _follow_calendar(expected, now, _last_at(case, now))
    else:
        _follow(expected, before, Act(now, _last_at(case, now)), named)
    return expected


def _last_at(case: Case, now: CaseState) -> datetime:
    return now.acts[-1].at if now.acts else case.opened_at


def gaps(acts: Sequence[Act], now: CaseState) -> tuple[int, ...]:
    """Steps that the workflow took and of which no act stands in the records."""
    first = 0 if isinstance(now, ServiceState) else 1  # the step of the opening
    return tuple(sorted(set(range(first, now.step_no + 1)) - {act.state.step_no for act in acts}))


def _same_tasks(before: CaseState, now: CaseState) -> bool:
    same = {task.task_id for task in before.tasks} == {task.task_id for task in now.tasks}
    return same and before.step_no == now.step_no


def _unclosed(case: Case) -> Case:
    shadow = Case(**case.model_dump())
    shadow.outcome, shadow.closed_at = None, None
    return shadow


def _follow(expected: Expected, before: CaseState | None, act: Act, named: Named) -> None:
    """One act, as its record wrote it: tasks closed or moved, the case, then the tasks that open."""
    still_open = {task.task_id: task for task in act.state.tasks}
    for task in before.tasks if before else ():
        row = expected.tasks[task.task_id]
        if task.task_id in still_open:
            move_row(row, task, still_open[task.task_id])
        else:
            _close(row, act.state)
    write_case(expected.case, act.state, act.at)
    for task in act.state.tasks:
        if task.task_id not in expected.tasks:
            expected.tasks[task.task_id] = new_row(expected.case, named(task.task_id), task, act.state.round)


def _close(row: Task, after: CaseState) -> None:
    """By the act that names it; a companion that no act names fell away with the last one."""
    acts: Sequence[Past] = after.acts
    act = next((past for past in reversed(acts) if row.id == past.task_id or row.id in past.closed), acts[-1])
    close_row(row, act, act.at)


def _follow_calendar(expected: Expected, now: CaseState, at: datetime) -> None:
    """After its last act a workflow may have moved its deadlines to another calendar: no act, but a new version."""
    write_case(expected.case, now, at)
    for task in now.tasks:
        redate_row(expected.tasks[task.task_id], task)
