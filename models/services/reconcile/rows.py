"""Which columns of a row its workflow decides, and which people at the desk may change without it."""

import hashlib
import json
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from models.rules.approval import DECLARED
from models.services.case_state import state_class
from models.stores.reconcile import Standing
from models.tables.cases import Case, Task
from models.types import OPEN_TASK_STATES, CaseKind, TaskState

CASE_COLUMNS = (
    "stage",
    "round",
    "version",
    "tier",
    "seat_kind",
    "outcome",
    "closed_at",
    "open_key",
    "in_reserve_since",
    "state",
)
TASK_COLUMNS = tuple(name for name in Task.model_fields if name not in {"id", "customer_name"})
"""The name is the book's: a customer that was renamed is no drift."""
_MARKED = ("alarms", "breach_recorded")
"""Only the workflow marks alarms of an open task; they reach the case's row with the next act."""
_DEADLINE = ("due_at", "provisional", "calendar_version", "version")


def aligned_case(row: Case, should: Case) -> Case:
    """The case as it should be, with what its workflow does not decide as it is."""
    if should.outcome is None:
        should.open_key, should.in_reserve_since = row.open_key, row.in_reserve_since
    if _quiet(row.kind, row.state) == _quiet(row.kind, should.state):
        should.state = row.state
    return should


def aligned_task(row: Task, should: Task, breached_at: datetime | None, *, redated: bool) -> Task:
    """The task as it should be, with the claim of a person from its queue as it is.

    `breached_at`: as its alarm has it. `redated`: the case once moved to another calendar, so that the last deadline
    of a closed task is known to its own row alone.
    """
    is_open = should.state in OPEN_TASK_STATES
    # A case opened before alarms had rows: its task was overdue at its deadline, or not at all.
    should.breached_at = breached_at or (row.breached_at if row.breached_at == should.due_at else None)
    if should.assignee_id is None or should.step == DECLARED:
        _keep_claim(row, should, is_open=is_open)
    elif not is_open:
        should.claimed_at = row.claimed_at
    if redated and not is_open:
        for name in _DEADLINE:
            setattr(should, name, getattr(row, name))
    return should


def _keep_claim(row: Task, should: Task, *, is_open: bool) -> None:
    """领取 and 放回 are the desk's: a claim has its person and its instant, or it is none."""
    if (row.assignee_id is None) != (row.claimed_at is None) and should.step != DECLARED:
        return
    should.assignee_id, should.claimed_at = row.assignee_id, row.claimed_at
    if is_open and should.state is not TaskState.WAITING:
        should.state = TaskState.CLAIMED if row.claimed_at else TaskState.OPEN


def closed_by(row: Task, act: Standing) -> Task:
    """The open row as the act that closed its task would have left it."""
    should = Task(**row.model_dump())
    should.version += row.closed_at is None
    should.state, should.closed_at, should.closed_by = TaskState.DONE, act.at, act.actor_id
    return should


def case_sides(row: Case, should: Case) -> dict[str, Any]:
    """What differs: by column, and by part of the state, the row's value and the workflow's."""
    sides = _sides(row, should, CASE_COLUMNS)
    if sides.pop("state", None):
        old, new = (_quiet(row.kind, each.state) for each in (row, should))
        parts = sorted({*old, *new})
        sides |= {
            f"state.{part}": [_short(old.get(part)), _short(new.get(part))]
            for part in parts
            if old.get(part) != new.get(part)
        }
    return sides


def task_sides(row: Task, should: Task) -> dict[str, Any]:
    """The same of a task."""
    return _sides(row, should, TASK_COLUMNS)


def _sides(row: Case | Task, should: Case | Task, names: tuple[str, ...]) -> dict[str, Any]:
    pairs = {name: (getattr(row, name), getattr(should, name)) for name in names}
    return {name: [plain(old), plain(new)] for name, (old, new) in pairs.items() if old != new}


def plain(value: Any) -> Any:
    """A value of a column as it is told; a document holds names of people and is told by its digest."""
    if isinstance(value, dict):
        return _short(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int) else str(getattr(value, "value", value))


def _short(value: Any) -> Any:
    """A part of a state holds names of people: what is more than a word is shown by its digest."""
    if value is None or isinstance(value, bool | int):
        return value
    text = json.dumps(value, sort_keys=True)
    return "#" + hashlib.sha256(text.encode()).hexdigest()[:8]


def _quiet(kind: CaseKind, state: dict[str, Any]) -> dict[str, Any]:
    """A stored state as it reads today, without the marks of alarms; as it stands when it cannot be read."""
    try:
        found = state_class(kind).model_validate(state).model_dump(mode="json")
    except ValidationError:
        return state
    found["tasks"] = [{name: task[name] for name in task if name not in _MARKED} for task in found["tasks"]]
    return found
