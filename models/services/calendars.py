"""The working calendar: loaded days over the library seed, and the snapshot that workflows carry.

A year is official only when its make-up days are known: from the library, or from a loaded file that shows them. Of any
other year the seed is a guess (statutory days without 调休), so it counts Monday-Friday plus loaded days and stays
provisional. Never import this in workflow code: the library loads modules lazily.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

import holidays
from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.calendar import CalendarSnapshot, MinuteSpan
from models.rulebook.schema.working_time import OpeningInterval, WorkingTime
from models.rules import calendar as rules
from models.services import audit
from models.services.rulebooks import rulebook_of
from models.stores.calendar import COMPANY, CalendarStore
from models.stores.people import PeopleStore
from models.tables.calendar import CalendarDay, CalendarYear
from models.tables.cases import Case
from models.types import Door

LIBRARY_SOURCE = f"holidays {version('holidays')}"
WEEKDAYS_OF_A_PUBLISHED_YEAR = 7
"""A loaded year without make-up days is official only with at least so many weekdays off: the State Council has
granted eleven days or more since 2008, while a few company days alone say nothing about the year."""
YEARS_BEFORE, YEARS_AFTER = 1, 2
_WORK_WORDS = {"true": True, "1": True, "yes": True, "是": True, "上班": True, "half": True, "半日": True}
_WORK_WORDS |= {"false": False, "0": False, "no": False, "否": False, "休": False}
_HALF_WORDS = ("half", "半日")
_CSV_HEADER = {"日期": "date", "是否上班": "is_workday", "名称": "name", "来源": "source"}


class LoadedDay(NamedTuple):
    """One day that differs from its weekday."""

    day: date
    is_workday: bool
    is_half_day: bool
    name: str
    source: str


class CalendarFile(NamedTuple):
    """A parsed file: its days and the years it speaks of (a holiday-cn year may be empty)."""

    days: tuple[LoadedDay, ...]
    years: tuple[int, ...]


class LoadedYear(NamedTuple):
    """What a file did to a year: its state now and how many days the file has of it."""

    year: int
    state: str
    days: int


class YearView(NamedTuple):
    """A year as people read it."""

    year: int
    state: str
    working_days: int
    days: tuple[LoadedDay, ...]
    version: str


class Proposal(NamedTuple):
    """A change to look at before it is made: rows as if they were stored, and years that it publishes."""

    days: tuple[CalendarDay, ...] = ()
    official: frozenset[int] = frozenset()


AS_IT_STANDS = Proposal()


def snapshot(
    session: Session,
    working_time: WorkingTime,
    around: date,
    *,
    institution_code: str = COMPANY,
    proposed: Proposal = AS_IT_STANDS,
) -> CalendarSnapshot:
    """Calendar of the years around a date: loaded rows over the seed, rows of an institution over those above it."""
    years = range(around.year - YEARS_BEFORE, around.year + YEARS_AFTER + 1)
    days = _days(session, years, _layers(session, institution_code), proposed.days)
    return rules.make_snapshot(
        office_hours=_spans(working_time.opening),
        half_day_hours=_spans(working_time.half_day),
        official_years=official_years(session, years) | (proposed.official & set(years)),
        days_off=[row.day for row in days if not row.is_workday],
        days_worked=[row.day for row in days if row.is_workday and not row.is_half_day],
        half_days=[row.day for row in days if row.is_half_day],
    )


def case_calendar(session: Session, case: Case, at: datetime, *, proposed: Proposal = AS_IT_STANDS) -> CalendarSnapshot:
    """The working calendar of the case's institution, with the office hours of the case's own rulebook version."""
    working_time = rulebook_of(session, case.rulebook_version_id).rulebook.working_time
    code = case.institution_code
    return snapshot(session, working_time, rules.local_date(at), institution_code=code, proposed=proposed)


def official_years(session: Session, years: Iterable[int]) -> set[int]:
    """Years whose make-up days are known."""
    wanted = set(years)
    stored = CalendarStore(session).official_years(min(wanted), max(wanted))
    return {year for year in wanted if year in stored or _library_knows(year)}


def year_view(session: Session, working_time: WorkingTime, year: int, *, institution_code: str = COMPANY) -> YearView:
    """Holidays, make-up days, number of working days and state of one year."""
    calendar = snapshot(session, working_time, date(year, 7, 1), institution_code=institution_code)
    return YearView(
        year=year,
        state="official" if rules.is_official(calendar, year) else "provisional",
        working_days=rules.working_days_in_year(calendar, year),
        days=tuple(_days(session, [year], _layers(session, institution_code))),
        version=calendar.version,
    )


def load(session: Session, file: CalendarFile, *, name: str, actor: str, door: Door, now: datetime) -> list[LoadedYear]:
    """Store a file's days for the whole company, replacing the same dates; says what state its years have now.

    Loading the same file again changes nothing.
    """
    store = CalendarStore(session)
    changed = store.put_days([_row(day, name) for day in file.days])
    states, moved = settle_years(session, file.years, source=name, now=now)
    if changed or moved:
        after = {"days": changed, "years": {str(year): state for year, state in states.items()}}
        audit.append(
            session,
            actor=actor,
            action="calendar.loaded",
            object_kind="calendar",
            object_id=name[:100],
            door=door,
            after=after,
            at=now,
        )
    return [LoadedYear(year, state, sum(day.day.year == year for day in file.days)) for year, state in states.items()]


def settle_years(
    session: Session, years: Iterable[int], *, source: str, now: datetime, official: bool = False
) -> tuple[dict[int, str], int]:
    """State of years whose company days were just stored, and how many of them have another than before.

    `official`: whoever stored them says that these are the published days.
    """
    states = {year: "official" if official else year_state(session, year) for year in years}
    rows = [CalendarYear(year=year, state=state, source=source[:200], loaded_at=now) for year, state in states.items()]
    return states, CalendarStore(session).put_years(rows)


def _row(day: LoadedDay, name: str) -> CalendarDay:
    return CalendarDay(
        institution_code=COMPANY,
        day=day.day,
        is_workday=day.is_workday,
        is_half_day=day.is_half_day,
        name=day.name,
        source=(day.source or name)[:100],
    )


def parse(name: str, content: bytes) -> CalendarFile:
    """Read a holiday-cn JSON file, or CSV with `date,is_workday,name,source`.

    Raises IMPORT_REJECTED with the reason.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    try:
        return _parse_json(json.loads(text)) if text.lstrip().startswith("{") else _parse_csv(text)
    except (ValueError, KeyError, TypeError) as error:
        raise DomainError(ErrorCode.IMPORT_REJECTED, reason=f"{name}: {error}") from error


def _parse_json(data: dict[str, Any]) -> CalendarFile:
    source = next(iter(data.get("papers", [])), "") or data.get("$id", "holiday-cn")
    days = tuple(
        LoadedDay(date.fromisoformat(day["date"]), not day["isOffDay"], False, str(day["name"])[:100], source[:100])
        for day in data["days"]
    )
    return CalendarFile(days, tuple(sorted({int(data["year"])} | {day.day.year for day in days})))


def _parse_csv(text: str) -> CalendarFile:
    reader = csv.reader(io.StringIO(text))
    header = [_CSV_HEADER.get(cell.strip(), cell.strip()) for cell in next(reader, [])]
    if missing := {"date", "is_workday", "name"} - set(header):
        raise ValueError(f"missing columns {', '.join(sorted(missing))}")
    days: dict[date, LoadedDay] = {}
    for cells in filter(None, reader):
        row = _csv_day(reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=False)))
        if days.setdefault(row.day, row) != row:
            raise ValueError(f"line {reader.line_num}: {row.day} stands twice with other content")
    if not days:
        raise ValueError("no days")
    return CalendarFile(tuple(days.values()), tuple(sorted({day.year for day in days})))


def _csv_day(line: int, row: dict[str, str]) -> LoadedDay:
    word = row.get("is_workday", "").lower()
    if word not in _WORK_WORDS:
        raise ValueError(f"line {line}: is_workday is {word!r}, not true, false or half")
    try:
        day = date.fromisoformat(row["date"])
    except ValueError:
        raise ValueError(f"line {line}: {row['date']!r} is no date") from None
    half = word in _HALF_WORDS
    return LoadedDay(day, _WORK_WORDS[word], half, row.get("name", "")[:100], row.get("source", "")[:100])


def _layers(session: Session, institution_code: str) -> list[str]:
    """Whose rows count, each over those before it: the company, what lies above the institution, itself."""
    above = [item.code for item in reversed(PeopleStore(session).ancestry(institution_code))]
    return list(dict.fromkeys([COMPANY, *above, institution_code]))


def _days(
    session: Session, years: Sequence[int] | range, layers: Sequence[str], proposed: Sequence[CalendarDay] = ()
) -> list[LoadedDay]:
    """Seed of the years the library knows, company rows over it, each institution's rows on top; by date."""
    merged = {row.day: row for year in years if _library_knows(year) for row in _library_days(year)}
    first, last = date(min(years), 1, 1), date(max(years), 12, 31)
    stored = CalendarStore(session).days(first, last, layers)
    wanted = [row for row in proposed if row.institution_code in layers and first <= row.day <= last]
    # Sorting is stable: of one layer, what is proposed stands over what is stored.
    for row in sorted([*stored, *wanted], key=lambda row: layers.index(row.institution_code)):
        merged[row.day] = LoadedDay(row.day, row.is_workday, row.is_half_day, row.name, row.source)
    return [merged[day] for day in sorted(merged)]


def year_state(session: Session, year: int, proposed: Sequence[CalendarDay] = ()) -> str:
    """`official` when the company's days of the year, with those proposed, show that it was published."""
    if _library_knows(year):
        return "official"
    stored = CalendarStore(session).days(date(year, 1, 1), date(year, 12, 31))
    rows = {row.day: row for row in (*stored, *proposed) if row.institution_code == COMPANY and row.day.year == year}
    make_up = any(row.is_workday and row.day.weekday() >= 5 for row in rows.values())
    weekdays_off = sum(not row.is_workday and row.day.weekday() < 5 for row in rows.values())
    return "official" if make_up or weekdays_off >= WEEKDAYS_OF_A_PUBLISHED_YEAR else "provisional"


@cache
def _library_days(year: int) -> tuple[LoadedDay, ...]:
    """Weekdays off and weekend days worked of one year, as the library has them."""
    china = holidays.country_holidays("CN", years=year, language="zh_CN")
    off = [LoadedDay(day, False, False, name, LIBRARY_SOURCE) for day, name in china.items() if day.year == year]
    worked = [
        LoadedDay(day, True, False, "调休上班", LIBRARY_SOURCE) for day in china.weekend_workdays if day.year == year
    ]
    return tuple(sorted((*off, *worked)))


@cache
def _library_knows(year: int) -> bool:
    """The library guesses years without data in silence; only make-up days prove that it has them."""
    return any(row.is_workday for row in _library_days(year))


def _spans(intervals: Iterable[OpeningInterval]) -> list[MinuteSpan]:
    return [(_minute(interval.opens), _minute(interval.closes)) for interval in intervals]


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute
