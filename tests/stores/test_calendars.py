"""The calendar from the library, loaded files and company days, on both databases."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.calendar import CalendarSnapshot
from models.rulebook import load_builtin
from models.rules import calendar as cal
from models.services import calendars
from models.stores.audit import AuditStore
from models.tables.calendar import CalendarDay
from models.types import Door
from tests.rules.calendars import china, published_calendar

HOLIDAY_CN = Path(__file__).parents[1] / "data" / "holiday-cn"
WORKING_TIME = load_builtin().working_time
NOW = datetime(2026, 11, 22, tzinfo=UTC)
HEADER = "date,is_workday,name,source\n"


def snapshot(database: Database, around: date = date(2026, 6, 1), institution: str = "") -> CalendarSnapshot:
    with database.read() as session:
        return calendars.snapshot(session, WORKING_TIME, around, institution_code=institution)


def load(database: Database, name: str, content: str | bytes) -> dict[int, str]:
    data = content if isinstance(content, bytes) else content.encode()
    with database.write() as session:
        loaded = calendars.load(
            session, calendars.parse(name, data), name=name, actor="cli:test", door=Door.CLI, now=NOW
        )
    return {year.year: year.state for year in loaded}


def test_the_library_seed_is_the_published_calendar(database: Database) -> None:
    found = snapshot(database, date(2025, 6, 1))
    published = published_calendar(2024, 2025, 2026)
    assert found.official_years == (2024, 2025, 2026)
    assert set(found.holidays) == set(published.holidays)
    assert set(found.make_up_days) == set(published.make_up_days)
    assert found.office_hours == ((540, 720), (810, 1050))
    assert found.version == cal.make_snapshot(**_content(found)).version
    assert len(found.model_dump_json()) < 2048


def _content(found: CalendarSnapshot) -> dict[str, Any]:
    return {
        "official_years": found.official_years,
        "days_off": found.holidays,
        "days_worked": found.make_up_days,
        "half_days": found.half_days,
    }


def test_the_librarys_guess_of_an_unpublished_year_is_not_used(database: Database) -> None:
    found = snapshot(database)
    assert 2027 not in found.official_years
    assert all(day.year < 2027 for day in found.holidays)
    assert cal.add_working_days(found, china("2026-12-30 10:00"), 5).provisional


def test_publishing_a_year_makes_it_official_and_changes_the_version(database: Database) -> None:
    before = snapshot(database)
    days = [("2027-02-08", True), ("2027-02-09", True), ("2027-02-13", False)]
    data = {"year": 2027, "papers": [], "days": [{"name": "春节", "date": d, "isOffDay": off} for d, off in days]}
    assert load(database, "2027.json", json.dumps(data)) == {2027: "official"}
    after = snapshot(database)
    assert 2027 in after.official_years
    assert date(2027, 2, 13) in after.make_up_days
    assert after.version != before.version


def test_an_empty_file_or_a_few_company_days_leave_a_year_provisional(database: Database) -> None:
    assert load(database, "2027.json", (HOLIDAY_CN / "2027.json").read_bytes()) == {2027: "provisional"}
    assert load(database, "own.csv", HEADER + "2027-05-27,false,司庆,公司\n") == {2027: "provisional"}
    found = snapshot(database)
    assert not cal.is_working_day(found, date(2027, 5, 27))
    assert 2027 not in found.official_years


def test_company_days_stand_over_the_library_and_an_institutions_over_the_companys(database: Database) -> None:
    load(
        database,
        "own.csv",
        HEADER + "2026-05-27,否,司庆,公司\n2026-12-31,半日,元旦前,公司\n2026-10-10,false,不调休,公司\n",
    )
    with database.write() as session:
        session.add(
            CalendarDay(institution_code="BJ", day=date(2026, 5, 27), is_workday=True, name="值班", source="北京")
        )
    company, beijing = snapshot(database), snapshot(database, institution="BJ")
    assert not cal.is_working_day(company, date(2026, 5, 27))
    assert not cal.is_working_day(company, date(2026, 10, 10))
    assert cal.same_day(company, china("2026-12-31 09:30")).due_at == china("2026-12-31 12:00")
    assert cal.is_working_day(beijing, date(2026, 5, 27))


def test_a_year_as_people_read_it(database: Database) -> None:
    with database.read() as session:
        view = calendars.year_view(session, WORKING_TIME, 2026)
        unknown = calendars.year_view(session, WORKING_TIME, 2027)
    assert (view.state, view.working_days) == ("official", 248)
    assert sum(row.is_workday for row in view.days) == 6
    assert (unknown.state, unknown.working_days, unknown.days) == ("provisional", 261, ())


def test_loading_a_file_twice_changes_nothing(database: Database) -> None:
    for _ in range(2):
        load(database, "2026.json", (HOLIDAY_CN / "2026.json").read_bytes())
    with database.read() as session:
        assert len(list(AuditStore(session).all())) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("date,name\n2027-01-01,元旦\n", "missing columns is_workday"),
        (HEADER, "no days"),
        (HEADER + "2027-01-01,maybe,元旦,x\n", "line 2: is_workday is 'maybe'"),
        (HEADER + "1 January,false,元旦,x\n", "line 2: '1 January' is no date"),
        (HEADER + "2027-01-01,false,元旦,x\n2027-01-01,true,元旦,x\n", "stands twice"),
        ('{"year": 2027}', "days"),
        ('{"year"', "own.csv"),
    ],
)
def test_a_wrong_file_is_refused_with_its_reason(content: str, reason: str) -> None:
    with pytest.raises(DomainError) as refused:
        calendars.parse("own.csv", content.encode())
    assert refused.value.code is ErrorCode.IMPORT_REJECTED
    assert reason in refused.value.context["reason"]


def test_chinese_headers_and_gb18030_are_read() -> None:
    text = "日期,是否上班,名称,来源\n2027-01-01,否,元旦,国务院\n"
    file = calendars.parse("own.csv", text.encode("gb18030"))
    assert file.days == (calendars.LoadedDay(date(2027, 1, 1), False, False, "元旦", "国务院"),)
