"""The year a member is promised, found by walking every day of it: an oracle in plain Python.

The table is typed in from regulation 2.5 and 2.6 and the frequencies of articles 16 and 17; nothing here reads the
rulebook or calls the rules that plan. Lunar days are asked day by day of the library's solar-to-lunar conversion.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

from lunar_python import Solar

ONE = timedelta(days=1)
Works = Callable[[date], bool]
"""Whether a day is a working day."""


@dataclass(frozen=True)
class Row:
    """One line of the table: how often a year by tier, where in its part, how many working days ahead."""

    code: str
    silver: int
    gold: int
    percent: int
    lead: int
    human: bool = True
    merge: bool = False
    leaders: bool = False


TABLE = (
    Row("Z08", 4, 12, 70, 5, merge=True),
    Row("Z09", 1, 2, 60, 10, merge=True),
    Row("Z13", 12, 12, 20, 0, human=False),
    Row("Z14", 2, 4, 95, 10),
    Row("Z15", 1, 2, 50, 15),
    Row("Z16", 1, 1, 75, 20),
    Row("C2", 0, 1, 65, 15),
    Row("C3", 0, 1, 40, 20, leaders=True),
    Row("C4", 0, 1, 0, 0),
    Row("C5", 0, 1, 80, 15),
    Row("C6", 0, 1, 30, 15),
    Row("C9", 0, 1, 0, 0),
)
LUNAR_FESTIVALS = {"春节": (1, 1), "中秋": (8, 15)}
NATIONAL_DAY = ("国庆", 10, 1)
CLUB = ("董事长", "总经理")


@dataclass(frozen=True)
class Person:
    """重点服务对象: `name` tells them apart."""

    name: str
    leader: bool
    birthday: str | None = None
    lunar: bool = False
    consent: bool = True
    title: str = ""


@dataclass(frozen=True, order=True)
class Promise:
    """What is to stand in the records: for whom, on which days; `carried` by the visit of the branch's head."""

    code: str
    due_on: date
    planned_on: date
    lead_on: date
    person: str = ""
    human: bool = True
    carried: bool = False


@dataclass(frozen=True)
class Term:
    """The days of a term, both included, and from which day on it is planned."""

    first: date
    last: date
    from_on: date


def year(gold: bool, term: Term, people: Sequence[Person], works: Works) -> list[Promise]:
    """Everything promised to a member, clashes merged, sorted."""
    leaders = tuple(person.name for person in people if person.leader)
    found = [promise for row in TABLE for promise in _of_row(row, gold, term, leaders if row.leaders else (), works)]
    found += _festivals(term, works)
    found += _birthdays(term, people, works)
    if gold:
        found += _club(term, people, works)
    return sorted(_merged(found, term, parts_of(12 if gold else 4, term)))


def days(first: date, last: date) -> Iterator[date]:
    """Every day of a span, both included."""
    while first <= last:
        yield first
        first += ONE


def back(day: date, count: int, works: Works) -> date:
    """So many working days earlier, one day after the other."""
    while count:
        day -= ONE
        count -= works(day)
    return day


def onward(day: date, count: int, works: Works) -> date:
    """So many working days later; 0 is the day itself or the next that is one."""
    while count or not works(day):
        day += ONE
        count -= bool(count) and works(day)
    return day


def months_back(day: date, count: int) -> date:
    """The same day so many months earlier, or the last one of that month: walked back day by day."""
    first = day.replace(day=1)
    for _ in range(count):
        first = (first - ONE).replace(day=1)
    return max(found for found in days(first, first + 30 * ONE) if found.month == first.month and found.day <= day.day)


@cache
def parts_of(per_year: int, term: Term) -> list[list[date]]:
    """The term cut every so many months, as lists of days."""
    parts: list[list[date]] = []
    months = 0
    for day in days(term.first, term.last):
        if day.day == term.first.day:
            if months % (12 // per_year) == 0:
                parts.append([])
            months += 1
        parts[-1].append(day)
    return parts


@cache
def _of_row(row: Row, gold: bool, term: Term, leaders: tuple[str, ...], works: Works) -> list[Promise]:
    found = []
    per_year = row.gold if gold else row.silver
    for part in parts_of(per_year, term) if per_year else []:
        left = [day for day in part if day >= term.from_on]
        if left:
            on = left[(len(left) - 1) * row.percent // 100]
            due = _worked(on, left, works)
            lead = min(max(back(due, row.lead, works), term.from_on), due)
            found += [Promise(row.code, due, on, lead, name, row.human) for name in leaders or ("",)]
    return found


def _worked(on: date, within: Sequence[date], works: Works) -> date:
    """The next working day of the part, else the last one before, else the day itself."""
    later = [day for day in within if day >= on and works(day)]
    earlier = [day for day in within if day < on and works(day)]
    return later[0] if later else earlier[-1] if earlier else on


def _merged(found: Iterable[Promise], term: Term, visits: list[list[date]]) -> list[Promise]:
    """A manager's visit in the week of the head's is done with it, where that day is in the visit's own part."""
    promises = list(found)
    heads = {promise.due_on.isocalendar()[:2]: promise for promise in promises if promise.code == "Z09"}
    for number, promise in enumerate(promises):
        head = heads.get(promise.due_on.isocalendar()[:2])
        if promise.code != "Z08" or head is None:
            continue
        (own,) = [part for part in visits if promise.planned_on in part]
        if head.due_on in own and head.due_on >= term.from_on:
            promises[number] = replace(promise, due_on=head.due_on, lead_on=head.lead_on, carried=True)
    return promises


@cache
def _festivals(term: Term, works: Works) -> list[Promise]:
    return [_greeting("Z11", day, term, works) for day in days(term.from_on, term.last) if is_festival(day)]


def _birthdays(term: Term, people: Sequence[Person], works: Works) -> list[Promise]:
    born = [person for person in people if person.consent and person.birthday]
    return [
        replace(_greeting("Z10", day, term, works), person=person.name)
        for person in born
        for day in days_of(person, term.from_on, term.last)
    ]


def _greeting(code: str, day: date, term: Term, works: Works) -> Promise:
    return Promise(code, day, day, max(back(day, 1, works), term.from_on), human=False)


def _club(term: Term, people: Sequence[Person], works: Works) -> Iterator[Promise]:
    member = next((person for person in people if person.leader and person.title.startswith(CLUB)), None)
    due = _worked(term.from_on, list(days(term.from_on, term.last)), works)
    yield Promise("C1", due, term.from_on, due, member.name if member else "")


# --- days that come round ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lunar:
    """A day as the lunar calendar names it."""

    year: int
    month: int
    day: int
    leap: bool


@cache
def lunar(day: date) -> Lunar:
    """The library's conversion of one solar day; a negative month is a leap month."""
    found = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    return Lunar(found.getYear(), abs(found.getMonth()), found.getDay(), found.getMonth() < 0)


@cache
def _leap_month(lunar_year: int) -> int:
    """The month that comes twice, 0 for none."""
    span = days(date(lunar_year, 1, 15), date(lunar_year + 1, 3, 1))
    return next((found.month for found in map(lunar, span) if found.leap and found.year == lunar_year), 0)


def is_festival(day: date) -> bool:
    """春节, 中秋 or 国庆."""
    named = lunar(day)
    lunar_day = (named.month, named.day) in LUNAR_FESTIVALS.values() and not named.leap
    return lunar_day or (day.month, day.day) == NATIONAL_DAY[1:]


def days_of(person: Person, first: date, last: date) -> list[date]:
    """Their birthdays: 29 February on the 28th of a common year, the 30th on the last day of a short month."""
    written = re.fullmatch(r"(?:\d{4}-)?(闰?)(\d{2})-(\d{2})", person.birthday or "")
    assert written is not None, person
    leap, month, born = bool(written[1]), int(written[2]), int(written[3])
    if person.lunar:
        return [day for day in days(first, last) if _is_lunar(day, month, born, leap)]
    return [day for day in days(first, last) if _is_solar(day, month, born)]


def _is_solar(day: date, month: int, born: int) -> bool:
    if day.month != month:
        return False
    return day.day == born or (day.day < born and (day + ONE).day == 1)


def _is_lunar(day: date, month: int, born: int, leap: bool) -> bool:
    here = lunar(day)
    if here.month != month or here.leap != (leap and _leap_month(here.year) == month):
        return False
    return here.day == born or (here.day < born and lunar(day + ONE).day == 1)
