"""Twelve months as the page draws them: every day with how it counts."""

from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta

from api.pages.format import long_day
from api.pages.i18n import _, language
from api.pages.i18n import mark as _m
from api.pages.view.calendar import DayCell, DayKind, Month
from models.messages.calendar import CalendarSnapshot
from models.rules import calendar as cal

_KIND_WORDS = {
    DayKind.WORK: _m("工作日"),
    DayKind.WEEKEND: _m("周末"),
    DayKind.HOLIDAY: _m("节假日"),
    DayKind.MAKE_UP: _m("调休上班"),
    DayKind.HALF: _m("半日"),
}
_MARKS = {DayKind.HOLIDAY: _m("休"), DayKind.MAKE_UP: _m("班"), DayKind.HALF: _m("半")}
_WEEKDAYS = (_m("一"), _m("二"), _m("三"), _m("四"), _m("五"), _m("六"), _m("日"))
_MONTHS_EN: tuple[str, ...] = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DAYS_A_WEEK = 7


def weekday_names() -> tuple[str, ...]:
    """一 to 日."""
    return tuple(_(name) for name in _WEEKDAYS)


def months_of(
    calendar: CalendarSnapshot,
    year: int,
    names: Mapping[date, str],
    *,
    changed: Collection[date],
    href: Callable[[date], str],
) -> tuple[Month, ...]:
    """The months of a year; `href` gives the address that chooses a day, empty where one may not."""

    def cell(day: date) -> DayCell:
        kind = kind_of(calendar, day)
        words = [long_day(day), _(_KIND_WORDS[kind])]
        if kind is not DayKind.WEEKEND and names.get(day):
            words.append(names[day])
        return DayCell(
            number=day.day,
            kind=kind,
            mark=_(_MARKS[kind]) if kind in _MARKS else "",
            label=" · ".join(words),
            changed=day in changed,
            href=href(day),
        )

    return tuple(Month(title=_title(month), weeks=_weeks(date(year, month, 1), cell)) for month in range(1, 13))


def kind_of(calendar: CalendarSnapshot, day: date) -> DayKind:
    """How a day counts."""
    if not cal.is_working_day(calendar, day):
        return DayKind.WEEKEND if day.weekday() >= 5 else DayKind.HOLIDAY
    if day in calendar.half_day_set:
        return DayKind.HALF
    return DayKind.MAKE_UP if day.weekday() >= 5 else DayKind.WORK


def _title(month: int) -> str:
    return _MONTHS_EN[month - 1] if language() == "en" else f"{month}月"


def _weeks(first: date, cell: Callable[[date], DayCell]) -> tuple[tuple[DayCell | None, ...], ...]:
    cells: list[DayCell | None] = [None] * first.weekday()
    day = first
    while day.month == first.month:
        cells.append(cell(day))
        day += timedelta(days=1)
    cells += [None] * (-len(cells) % DAYS_A_WEEK)
    return tuple(tuple(cells[start : start + DAYS_A_WEEK]) for start in range(0, len(cells), DAYS_A_WEEK))
