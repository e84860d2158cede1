"""The plan itself: from the rulebook's weeks to dates, edited in the draft, put off while it runs."""

from collections.abc import Sequence
from datetime import date, timedelta

from models.errors import DomainError, ErrorCode
from models.messages.calendar import CalendarSnapshot
from models.messages.rollout import PlannedItem, PlanRollout, RolloutState
from models.rulebook import Rollout
from models.rules import calendar as cal
from models.rules.rollout.order import CycleError, dependents, in_order
from models.types import Role

OWNERS = frozenset({Role.HQ_VIP, Role.HQ_LEAD, Role.BR_LEAD, Role.BR_SVC, Role.BR_CTR, Role.MGR})
"""Posts that work of a launch may be given to, of head office and of a branch; what the rulebook names may stay."""
WEEK = timedelta(days=7)
LONGEST = timedelta(days=730)
"""A launch lasts two years at most: what lies farther away is a slip of the pen."""


def from_template(template: Rollout, start_on: date, calendar: CalendarSnapshot) -> tuple[PlannedItem, ...]:
    """附件八 with dates: each task from the first to the last working day of its weeks, counted from `start_on`.

    A week without a working day lends the next one.
    """
    first = cal.move_to_working_day(calendar, start_on)
    return tuple(
        PlannedItem(
            number=task.number,
            responsible=task.responsible,
            from_on=(begins := cal.move_to_working_day(calendar, first + WEEK * (task.from_week - 1))),
            to_on=max(begins, cal.previous_working_day(calendar, first + WEEK * task.to_week)),
            after=template.after(task),
        )
        for task in template.tasks
    )


def refuse_far_start(start_on: date, around: date) -> None:
    """Raises INVALID_INPUT for a start more than two years from a day: no calendar reaches so far."""
    if abs(start_on - around) > LONGEST:
        raise _wrong([("start_on", "years_away")])


def planned(items: Sequence[PlannedItem], calendar: CalendarSnapshot) -> tuple[PlannedItem, ...]:
    """The items with their dates on working days and each owner once, in the order of their numbers."""
    moved = (
        item.model_copy(
            update={
                "responsible": tuple(dict.fromkeys(item.responsible)),
                "from_on": cal.move_to_working_day(calendar, item.from_on),
                "to_on": cal.move_to_working_day(calendar, item.to_on),
            }
        )
        for item in items
    )
    return tuple(sorted(moved, key=lambda item: item.number))


def drafted(state: RolloutState, act: PlanRollout, calendar: CalendarSnapshot) -> RolloutState:
    """The draft as typed. Raises INVALID_INPUT with everything that is wrong with it."""
    refuse_bad_plan(state, act)
    change = {"start_on": act.start_on, "branches": act.branches, "items": planned(act.items, calendar)}
    return state.model_copy(update=change)


def refuse_bad_plan(state: RolloutState, act: PlanRollout) -> None:
    """Raises INVALID_INPUT: nobody takes part, an item is missing or unknown, ends before it begins, has no owner or
    one that is no post for it, begins before what it waits for ends, or waits for itself; or the start is moved by
    years."""
    refuse_far_start(act.start_on, state.start_on)
    errors = [("branches", "missing")] if not act.branches else []
    if sorted(item.number for item in act.items) != sorted(item.number for item in state.items):
        raise _wrong([*errors, ("items", "missing")])
    known = {item.number: frozenset(item.responsible) for item in state.items}
    ends = {item.number: item.to_on for item in act.items}
    for item in act.items:
        errors += [(f"items.{item.number}.{field}", reason) for field, reason in _slips(item, act.start_on, ends)]
        if not set(item.responsible) <= OWNERS | known[item.number]:
            errors.append((f"items.{item.number}.responsible", "enum"))
    if _turns_in_a_circle(act.items):
        errors.append(("items", "circle"))
    if errors:
        raise _wrong(errors)


def _slips(item: PlannedItem, start_on: date, ends: dict[int, date]) -> list[tuple[str, str]]:
    found = [] if item.responsible else [("responsible", "missing")]
    if item.to_on < item.from_on:
        found.append(("to_on", "before_start"))
    if item.from_on < start_on or item.to_on > start_on + LONGEST:
        found.append(("from_on", "out_of_range"))
    if any(item.from_on <= ends.get(number, date.max) for number in item.after):
        found.append(("from_on", "before_predecessor"))
    return found


def _turns_in_a_circle(items: Sequence[PlannedItem]) -> bool:
    try:
        in_order(items)
    except (CycleError, KeyError):
        return True
    return False


def moved_item(
    items: Sequence[PlannedItem], number: int, from_on: date, to_on: date, calendar: CalendarSnapshot
) -> tuple[PlannedItem, ...]:
    """改期 of one item: what depends on it is put off by the working days that it ends later; nothing comes nearer.

    Raises INVALID_INPUT when it would end before it begins, or begin before what it waits for ends.
    """
    found = next(item for item in items if item.number == number)
    begins, ends = cal.move_to_working_day(calendar, from_on), cal.move_to_working_day(calendar, to_on)
    if ends < begins:
        raise _wrong([("to_on", "before_start")])
    if abs(ends - found.to_on) > LONGEST or abs(begins - found.from_on) > LONGEST:
        raise _wrong([("to_on", "out_of_range")])
    if any(item.number in found.after and begins <= item.to_on for item in items):
        raise _wrong([("from_on", "before_predecessor")])
    days, behind = _days_between(calendar, found.to_on, ends), dependents(items, number)
    return tuple(
        item.model_copy(update={"from_on": begins, "to_on": ends})
        if item.number == number
        else _put_off(item, days, calendar)
        if item.number in behind
        else item
        for item in items
    )


def _put_off(item: PlannedItem, days: int, calendar: CalendarSnapshot) -> PlannedItem:
    change = {
        "from_on": cal.shift_working_days(calendar, item.from_on, days),
        "to_on": cal.shift_working_days(calendar, item.to_on, days),
    }
    return item.model_copy(update=change)


def _days_between(calendar: CalendarSnapshot, first: date, last: date) -> int:
    """Working days after `first` up to `last`; none when it is not later."""
    days = 0
    while first < last:
        first = cal.next_working_day(calendar, first)
        days += first <= last
    return days


def is_head_office(role: Role) -> bool:
    """Whether a post sits at head office alone; every other one is meant at each branch that takes part."""
    return role in {Role.HQ_VIP, Role.HQ_LEAD}


def _wrong(errors: list[tuple[str, str]]) -> DomainError:
    named = [{"field": field, "reason": reason} for field, reason in errors]
    return DomainError(ErrorCode.INVALID_INPUT, n=len(named), errors=named)
