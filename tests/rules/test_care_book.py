"""Every customer of the sample book with its contacts, for both tiers and two terms: due dates as a walk finds them."""

import csv
from collections.abc import Iterator
from datetime import date
from functools import cache
from uuid import UUID, uuid5

import pytest

from models.rulebook import load_builtin
from models.rules.care.dates import birthday_of
from models.rules.care.plan import MemberYear, ServedContact, merged, wished
from models.services.demo import SAMPLE_BOOK
from models.types import BirthdayCalendar, ContactKind, Tier
from tests.rules.calendars import published_calendar
from tests.support.vip_year import Person, Promise, Term, year

CALENDAR = published_calendar(2025, 2026)
TERMS = ((date(2026, 3, 1), date(2027, 2, 28)), (date(2027, 3, 1), date(2028, 2, 29)))
MOST = 2
"""Leaders, and handlers, that article 16 names."""


@cache
def _book() -> dict[str, tuple[Person, ...]]:
    """The contacts that are served, by customer: the first two of each kind in the order of the book."""
    with (SAMPLE_BOOK / "customers.csv").open(encoding="utf-8-sig", newline="") as file:
        found: dict[str, list[Person]] = {row["customer_no"]: [] for row in csv.DictReader(file)}
    with (SAMPLE_BOOK / "contacts.csv").open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            leader = row["kind"] == "leader"
            held = found[row["customer_no"]]
            if sum(person.leader is leader for person in held) < MOST:
                birthday, lunar = row["birthday"] or None, row["birthday_calendar"] == "lunar"
                held.append(Person(str(number), leader, birthday, lunar, row["consent"] == "是", row["title"]))
    return {number: tuple(people) for number, people in found.items()}


def _works(day: date) -> bool:
    """The published days asked by name; a year without them has its weekdays."""
    if day in CALENDAR.holidays:
        return False
    return day in CALENDAR.make_up_days or day.weekday() < 5


def _id(person: str) -> UUID:
    return uuid5(UUID(int=0), person)


def _planned(tier: Tier, term: Term, people: tuple[Person, ...]) -> Iterator[Promise]:
    """The same people as the rules see them, and what they plan."""
    contacts = tuple(_served(person) for person in people)
    club = next(
        (_id(person.name) for person in people if person.leader and person.title[:3] in {"董事长", "总经理"}), None
    )
    member = MemberYear(tier, term.first, term.last, term.from_on, contacts, club)
    names = {_id(person.name): person.name for person in people}
    for point in merged(wished(load_builtin(), member, CALENDAR)):
        name = names[point.contact_id] if point.contact_id else ""
        carried = point.merged_into is not None
        yield Promise(point.code, point.due_on, point.planned_on, point.lead_on, name, point.human, carried)


def _served(person: Person) -> ServedContact:
    counted_by = BirthdayCalendar.LUNAR if person.lunar else BirthdayCalendar.SOLAR
    kind = ContactKind.LEADER if person.leader else ContactKind.HANDLER
    return ServedContact(_id(person.name), kind, birthday_of(person.birthday, counted_by), person.consent)


def test_the_book_has_birthdays_of_every_kind() -> None:
    people = [person for served in _book().values() for person in served]
    born = [person.birthday for person in people if person.birthday]
    assert len(_book()) == 379
    assert any(day.endswith("02-29") for day in born)
    assert any(person.lunar and (person.birthday or "").endswith("-30") for person in people)
    assert {person.consent for person in people} == {True, False}


@pytest.mark.parametrize("tier", [Tier.SILVER, Tier.GOLD])
@pytest.mark.parametrize(("first", "last"), TERMS)
def test_every_customer_of_the_book_is_planned_as_a_walk_through_the_year_says(
    tier: Tier, first: date, last: date
) -> None:
    term = Term(first, last, first)
    for number, people in _book().items():
        assert sorted(_planned(tier, term, people)) == year(tier is Tier.GOLD, term, people, _works), number


@pytest.mark.parametrize("tier", [Tier.SILVER, Tier.GOLD])
@pytest.mark.parametrize("from_on", [date(2026, 5, 2), date(2026, 9, 26), date(2027, 2, 27)])
def test_a_plan_in_the_middle_of_the_year_has_what_is_left_of_it(tier: Tier, from_on: date) -> None:
    term = Term(*TERMS[0], from_on)
    for number, people in list(_book().items())[::10]:
        assert sorted(_planned(tier, term, people)) == year(tier is Tier.GOLD, term, people, _works), number
