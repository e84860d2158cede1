"""What a plan of a year stands on, as a digest: whoever is served, the club's member, and the working days of the term.

A plan keeps the digest it was made with. The daily sweep holds it against the records of now, so that no import, act or
published calendar can forget to have the year planned anew.
"""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.encryption import keyring
from models.messages.calendar import CalendarSnapshot
from models.rulebook import Rulebook
from models.rules.calendar import local_date
from models.services.calendars import snapshot
from models.services.care.club import club_member, entitled
from models.stores.care import BasisStore, Person
from models.tables.cases import Membership

_BEYOND = timedelta(days=31)
"""What is due on the last day of a term may move so far beyond it, over the longest holiday."""
_LENGTH = 32


class Basis(NamedTuple):
    """Both halves, so that it can be said which of them changed."""

    people: str
    calendar: str

    def __str__(self) -> str:
        """As a plan keeps it."""
        return f"{self.people}.{self.calendar}"

    @classmethod
    def parse(cls, text: str) -> "Basis":
        """The basis that a plan keeps."""
        people, calendar = text.split(".")
        return cls(people, calendar)


def basis_now(session: Session, row: Membership, rulebook: Rulebook, at: datetime) -> Basis:
    """What a plan made at `at` stands on."""
    store = BasisStore(session)
    people = store.people([row.customer_no]).get(row.customer_no, [])
    served = store.served([row.id]).get(row.id, set())
    return basis_of(row, rulebook, people, served, calendar_of(session, row, rulebook, at))


def basis_of(
    row: Membership, rulebook: Rulebook, people: Sequence[Person], served: Collection[UUID], calendar: CalendarSnapshot
) -> Basis:
    """The same from what was read before. Birthdays are personal data, so the digest of people is a keyed one."""
    facts = "\n".join(_facts(row, rulebook, people, served))
    days = ",".join(day.isoformat() for day in _exceptions(row, calendar))
    return Basis(keyring().blind_index(facts)[:_LENGTH], hashlib.sha256(days.encode()).hexdigest()[: _LENGTH // 2])


def calendar_of(session: Session, row: Membership, rulebook: Rulebook, at: datetime) -> CalendarSnapshot:
    """The calendar that the rest of the term is planned on. Raises CALENDAR_UNKNOWN as `snapshot` does."""
    return snapshot(session, rulebook.working_time, plans_from(row, at), institution_code=row.institution_code)


def plans_from(row: Membership, at: datetime) -> date:
    """The first day that a plan made at `at` speaks of."""
    return max(row.valid_from, local_date(at))


def _facts(row: Membership, rulebook: Rulebook, people: Sequence[Person], served: Collection[UUID]) -> Iterator[str]:
    """Who is served, with all that planning asks of them; who would be served now; who belongs to the club."""
    for person in sorted((one for one in people if one.id in served), key=lambda one: one.id):
        consent = "yes" if person.consent else "no"
        yield f"{person.id}|{person.kind}|{person.birthday}|{person.birthday_calendar}|{consent}|{person.left_on}"
    present = [one for one in people if one.left_on is None]
    for persons in rulebook.services.key_persons:
        kind = [one for one in present if one.kind is persons.kind]
        if sum(one.id in served for one in kind) < persons.least:
            yield from (f"next:{one.id}" for one in kind if one.id not in served)
    if entitled(row, rulebook):
        yield f"club:{club_member(row, people, served)}"


def _exceptions(row: Membership, calendar: CalendarSnapshot) -> list[date]:
    """Days of the term that are off or worked against their weekday; hours move no day."""
    first, last = row.valid_from, row.valid_to + _BEYOND
    return [day for day in sorted((*calendar.holidays, *calendar.make_up_days)) if first <= day <= last]
