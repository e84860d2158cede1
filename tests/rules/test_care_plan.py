"""The plan of a year against a walk through every day of it: which promises there are, and on which day each is due."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rulebook import load_builtin
from models.rules.calendar import is_working_day
from models.rules.care.dates import YearlyDay, festival_day
from models.rules.care.periods import add_months
from models.rules.care.plan import MemberYear, PlannedTouchpoint, ServedContact, merged, wished
from models.service_types import WorkdayMove
from models.types import ContactKind, Tier
from tests.rules.calendars import published_calendar
from tests.rules.care_oracle import days, is_it, period_marks, worked

BOOK = load_builtin()
CALENDAR = published_calendar(2024, 2025, 2026)
LEADER, HANDLER, SILENT = UUID(int=1), UUID(int=2), UUID(int=3)
CONTACTS = (
    ServedContact(LEADER, ContactKind.LEADER, YearlyDay(12, 30, lunar=True), consent=True),
    ServedContact(HANDLER, ContactKind.HANDLER, YearlyDay(2, 29), consent=True),
    ServedContact(SILENT, ContactKind.HANDLER, YearlyDay(5, 5), consent=False),
)
VALUE_ADDED = ("Z08", "Z09", "Z10", "Z11", "Z13", "Z14", "Z15", "Z16")
TIMES = {
    Tier.SILVER: dict(zip(VALUE_ADDED, (4, 1, 2, 3, 12, 2, 1, 1), strict=True)),
    Tier.GOLD: dict(zip(VALUE_ADDED, (12, 2, 2, 3, 12, 4, 2, 1), strict=True))
    | {"C1": 1, "C2": 1, "C3": 1, "C4": 1, "C5": 1, "C6": 1, "C9": 1},
}


def _member(tier: Tier, year: int, from_on: date | None = None) -> MemberYear:
    first = date(year, 3, 1)
    last = add_months(first, 12) - timedelta(days=1)
    return MemberYear(tier, first, last, from_on or first, CONTACTS, LEADER if tier is Tier.GOLD else None)


def _due(tier: Tier, year: int) -> Counter[tuple[str, date, date]]:
    plan = wished(BOOK, _member(tier, year), CALENDAR)
    return Counter((point.code, point.planned_on, point.due_on) for point in plan)


def _by_walking(tier: Tier, year: int) -> Iterator[tuple[str, date, date]]:
    """What the rulebook promises, found without any of the plan's arithmetic."""
    member = _member(tier, year)
    span = (member.first, member.last)
    for day in days(*span):
        for contact in CONTACTS:
            if contact.consent and contact.birthday and is_it(contact.birthday, day):
                yield "Z10", day, day
        for festival in BOOK.care.festivals:
            if is_it(festival_day(festival), day):
                yield "Z11", day, day
    for code, times in TIMES[tier].items():
        entry = BOOK.keeping.planned(code)
        assert entry is not None
        if code in {"Z10", "Z11"}:
            continue
        assert entry.move is WorkdayMove.NEXT
        marks = period_marks(*span, times, entry.at_percent)
        for number, mark in enumerate(marks):
            part = (add_months(span[0], 12 // times * number), add_months(span[0], 12 // times * (number + 1)))
            yield code, mark, worked(CALENDAR, mark, (part[0], part[1] - timedelta(days=1)))


@pytest.mark.parametrize("year", [2024, 2025, 2026, 2027])
@pytest.mark.parametrize("tier", [Tier.SILVER, Tier.GOLD])
def test_every_due_date_is_where_a_walk_through_the_year_finds_it(tier: Tier, year: int) -> None:
    assert _due(tier, year) == Counter(_by_walking(tier, year))


def test_a_regular_customer_is_promised_nothing_here() -> None:
    assert wished(BOOK, _member(Tier.REGULAR, 2026), CALENDAR) == ()


def test_every_promise_with_a_frequency_is_planned_but_the_survey() -> None:
    for tier in (Tier.SILVER, Tier.GOLD):
        promised = {
            item.code
            for item in BOOK.services.items_of(tier)
            if any(promise.tier is tier and promise.frequency for promise in item.promises)
        }
        assert promised - {"Z19"} == set(TIMES[tier])


@settings(max_examples=60, deadline=None)
@given(tier=st.sampled_from([Tier.SILVER, Tier.GOLD]), late=st.integers(0, 364), year=st.integers(2024, 2027))
def test_nothing_falls_before_the_grant_or_out_of_its_part(tier: Tier, late: int, year: int) -> None:
    member = _member(tier, year, date(year, 3, 1) + timedelta(days=late))
    plan = merged(wished(BOOK, member, CALENDAR))
    assert len({point.key for point in plan}) == len(plan)
    keys = {point.key for point in plan}
    for point in plan:
        assert member.from_on <= point.planned_on <= member.last
        assert member.from_on <= point.lead_on <= point.due_on <= member.last
        assert point.part.first <= point.due_on <= point.part.last
        assert point.article
        assert point.merged_into is None or point.merged_into in keys
        if point.move is not WorkdayMove.NONE and any(
            is_working_day(CALENDAR, day) for day in days(point.opens, point.part.last)
        ):
            assert is_working_day(CALENDAR, point.due_on)


def test_of_visits_in_one_week_the_rarer_one_carries_the_other() -> None:
    plan = merged(wished(BOOK, _member(Tier.GOLD, 2024), published_calendar()))
    points = {point.key: point for point in plan}
    carried = [point for point in plan if point.merged_into]
    assert [(point.code, points[str(point.merged_into)].code) for point in carried] == [("Z08", "Z09")]
    (visit,) = carried
    carrier = points[str(visit.merged_into)]
    assert carrier.merged_into is None
    assert visit.due_on == carrier.due_on
    assert visit.planned_on != carrier.planned_on  # its own day is remembered


def test_a_promise_nobody_is_named_for_is_still_a_promise() -> None:
    member = MemberYear(Tier.GOLD, date(2026, 3, 1), date(2027, 2, 28), date(2026, 3, 1))
    plan = {point.code: point for point in wished(BOOK, member, CALENDAR)}
    assert plan["C3"].contact_id is None
    assert (plan["C1"].contact_id, plan["C1"].automatic) == (None, False)  # somebody has to find the chairman
    assert "Z10" not in plan


def test_the_posts_are_those_of_the_catalogue() -> None:
    plan: dict[str, PlannedTouchpoint] = {
        point.code: point for point in wished(BOOK, _member(Tier.GOLD, 2026), CALENDAR)
    }
    for code, point in plan.items():
        item = BOOK.services.item(code)
        assert (point.role, point.level, point.item) == (item.roles[0], item.levels[0], item.identifier)
