"""Every sample customer of the book with its sample contacts: each birthday of the year is planned, and no other."""

import csv
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from uuid import UUID, uuid5

import pytest

from models.rulebook import load_builtin
from models.rules.care.dates import YearlyDay, birthday_of
from models.rules.care.plan import MemberYear, ServedContact, wished
from models.services.demo import SAMPLE_BOOK
from models.types import BirthdayCalendar, ContactKind, Tier
from tests.rules.calendars import published_calendar
from tests.rules.care_oracle import days, is_it

BOOK, CALENDAR = load_builtin(), published_calendar(2025, 2026)
TERM = (date(2026, 3, 1), date(2027, 2, 28))
SPACE = UUID(int=0)


@cache
def _contacts() -> dict[str, tuple[ServedContact, ...]]:
    found: dict[str, tuple[ServedContact, ...]] = {}
    with (Path(SAMPLE_BOOK) / "contacts.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            contact = ServedContact(
                contact_id=uuid5(SPACE, row["customer_no"] + row["name"]),
                kind=ContactKind(row["kind"]),
                birthday=birthday_of(row["birthday"], BirthdayCalendar(row["birthday_calendar"] or "solar")),
                consent=row["consent"] in {"true", "1", "是"},
            )
            found[row["customer_no"]] = (*found.get(row["customer_no"], ()), contact)
    return found


@cache
def _by_walking(born: YearlyDay) -> tuple[date, ...]:
    return tuple(day for day in days(*TERM) if is_it(born, day))


def _wanted(contacts: tuple[ServedContact, ...]) -> Iterator[tuple[UUID | None, date]]:
    for contact in contacts:
        if contact.consent and contact.birthday is not None:
            yield from ((contact.contact_id, day) for day in _by_walking(contact.birthday))


@pytest.mark.parametrize("tier", [Tier.SILVER, Tier.GOLD])
def test_every_birthday_of_the_sample_book_is_planned_on_its_day(tier: Tier) -> None:
    greeted = 0
    for number, contacts in _contacts().items():
        plan = wished(BOOK, MemberYear(tier, *TERM, TERM[0], contacts), CALENDAR)
        birthdays = [(point.contact_id, point.due_on) for point in plan if point.code == "Z10"]
        assert sorted(birthdays, key=str) == sorted(_wanted(contacts), key=str), number
        greeted += len(birthdays)
    assert len(_contacts()) > 50
    assert greeted > len(_contacts())
    born = [contact.birthday for contacts in _contacts().values() for contact in contacts if contact.birthday]
    assert any(day.lunar and day.day == 30 for day in born)
    assert any((day.month, day.day, day.lunar) == (2, 29, False) for day in born)
