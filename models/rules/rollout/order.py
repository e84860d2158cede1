"""What waits for what: order, dependents, and the longest chain 关键路径."""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from models.messages.calendar import CalendarSnapshot
from models.messages.rollout import PlannedItem
from models.rules import calendar as cal

__all__ = ["CycleError", "critical", "dependents", "in_order", "length"]


def in_order(items: Sequence[PlannedItem]) -> tuple[PlannedItem, ...]:
    """The items, each after everything it waits for. Raises CycleError, and KeyError for what does not exist."""
    known = {item.number: item for item in items}
    sorter = TopologicalSorter({item.number: item.after for item in items})
    return tuple(known[number] for number in sorter.static_order())


def dependents(items: Sequence[PlannedItem], number: int) -> frozenset[int]:
    """Everything that waits for an item, directly or through others. Raises as `in_order`."""
    found = {number}
    for item in in_order(items):
        if found.intersection(item.after):
            found.add(item.number)
    return frozenset(found - {number})


def length(calendar: CalendarSnapshot, item: PlannedItem) -> int:
    """Working days of an item, both ends included; at least one."""
    return max(1, sum(1 for _ in _worked(calendar, item)))


def critical(items: Sequence[PlannedItem], calendar: CalendarSnapshot) -> frozenset[int]:
    """Numbers on a longest chain, in working days: a day lost there is a day lost for the launch.

    Raises as `in_order`.
    """
    ordered = in_order(items)
    lengths = {item.number: length(calendar, item) for item in ordered}
    before = _longest(ordered, lengths, {item.number: item.after for item in ordered})
    waiting = {item.number: tuple(o.number for o in ordered if item.number in o.after) for item in ordered}
    behind = _longest(tuple(reversed(ordered)), lengths, waiting)
    whole = max(before.values(), default=0)
    return frozenset(number for number in lengths if before[number] + behind[number] - lengths[number] == whole)


def _longest(
    ordered: Sequence[PlannedItem], lengths: Mapping[int, int], neighbours: Mapping[int, tuple[int, ...]]
) -> dict[int, int]:
    """The longest chain that ends with each item, itself included."""
    found: dict[int, int] = {}
    for item in ordered:
        longest = max((found[number] for number in neighbours[item.number]), default=0)
        found[item.number] = longest + lengths[item.number]
    return found


def _worked(calendar: CalendarSnapshot, item: PlannedItem) -> Iterator[object]:
    day = item.from_on
    while day <= item.to_on:
        if cal.is_working_day(calendar, day):
            yield day
        day += cal.ONE_DAY
