"""Where each piece of work stands: done, open, waiting; late or not; on the critical path or not."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from models.messages.calendar import CalendarSnapshot
from models.messages.rollout import PlannedItem, RolloutState
from models.rules import calendar as cal
from models.rules.rollout.order import critical
from models.rules.rollout.parts import done_items, owned, parts_of


class ItemPlace(StrEnum):
    """Where an item stands: 等前项 before its predecessors are done, then 进行中 and 已完成."""

    BLOCKED = "blocked"
    READY = "ready"
    DONE = "done"


class Progress(NamedTuple):
    """Parts done of all."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        """Rounded down: 100 means all."""
        return self.done * 100 // self.total if self.total else 0


class ItemStanding(NamedTuple):
    """One item at an instant. `waits_for`: predecessors that are not done."""

    item: PlannedItem
    place: ItemPlace
    late: bool
    critical: bool
    progress: Progress
    waits_for: tuple[int, ...] = ()


def progress(state: RolloutState) -> Progress:
    """Of the whole launch."""
    return Progress(len(state.done), len(owned(state)))


def standing(state: RolloutState, now: datetime, calendar: CalendarSnapshot) -> tuple[ItemStanding, ...]:
    """Every item, in the order of the plan. An item is late when its last day closed and a part of it is not done."""
    finished, longest = done_items(state), critical(state.items, calendar)

    def of(item: PlannedItem) -> ItemStanding:
        waits_for = tuple(number for number in item.after if number not in finished)
        place = ItemPlace.DONE if item.number in finished else ItemPlace.BLOCKED if waits_for else ItemPlace.READY
        over = cal.close_of(calendar, cal.move_to_working_day(calendar, item.to_on)) < now
        late = place is not ItemPlace.DONE and over
        return ItemStanding(item, place, late, item.number in longest, _progress_of(state, item), waits_for)

    return tuple(map(of, state.items))


def _progress_of(state: RolloutState, item: PlannedItem) -> Progress:
    done = sum(1 for entry in state.done if entry.part.number == item.number)
    return Progress(done, len(parts_of(item, state.branches)))
