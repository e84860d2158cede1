"""Parts: what each post at each institution owes to a piece of work, and which of them open now."""

from collections.abc import Iterator

from models.messages.rollout import Part, PartTask, PlannedItem, RolloutState
from models.rules.rollout.plan import is_head_office
from models.rules.seats import HEAD_OFFICE_SCOPE
from models.types import Stage


def parts_of(item: PlannedItem, branches: tuple[str, ...]) -> tuple[Part, ...]:
    """One part per post: head office's own once, a branch's once for each branch that takes part."""
    return tuple(
        Part(number=item.number, role=role, institution_code=code)
        for role in item.responsible
        for code in ((HEAD_OFFICE_SCOPE,) if is_head_office(role) else branches)
    )


def item_of(state: RolloutState, number: int) -> PlannedItem | None:
    """The item of a number."""
    return next((item for item in state.items if item.number == number), None)


def owned(state: RolloutState) -> tuple[Part, ...]:
    """Every part of the plan."""
    return tuple(part for item in state.items for part in parts_of(item, state.branches))


def done_items(state: RolloutState) -> frozenset[int]:
    """Numbers of the items of which every part is done."""
    done = {entry.part for entry in state.done}
    return frozenset(item.number for item in state.items if done.issuperset(parts_of(item, state.branches)))


def parts_to_open(state: RolloutState) -> tuple[Part, ...]:
    """Parts whose predecessors are done and that are neither open nor done; none before the launch or after its end."""
    if state.stage is not Stage.RUNNING or state.outcome is not None:
        return ()
    finished = done_items(state)
    known = {entry.part for entry in state.done} | {task.part for task in state.tasks}
    return tuple(part for part in _ready(state, finished) if part not in known)


def _ready(state: RolloutState, finished: frozenset[int]) -> Iterator[Part]:
    for item in state.items:
        if finished.issuperset(item.after):
            yield from parts_of(item, state.branches)


def open_task(state: RolloutState, task_id: object) -> PartTask | None:
    """An open task by its id."""
    return next((task for task in state.tasks if task.task_id == task_id), None)
