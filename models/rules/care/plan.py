"""The plan of a member's year 关怀计划: every promise with a frequency, from the catalogue and how it is planned.

A period item falls into each part of the term at its `at_percent`; a birthday or a festival falls on its own day.
Nothing is planned before `MemberYear.from_on`: of a part that has begun only what is left of it counts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from models.messages.calendar import CalendarSnapshot
from models.rulebook import Rulebook
from models.rulebook.schema.keeping import PlannedItem
from models.rulebook.schema.services import Frequency, ServiceItem
from models.rules.calendar import is_working_day, move_to_working_day, previous_working_day
from models.rules.care.dates import YearlyDay, festival_day, occurrences
from models.rules.care.periods import Part, parts_of
from models.service_types import WorkdayMove
from models.types import ContactKind, InstitutionLevel, Role, Tier

BIRTHDAY, SURVEY = "birthday_greeting", "survey"
"""Identifiers of the item that a contact's own day drives, and of the one that is planned with its campaigns."""


@dataclass(frozen=True)
class ServedContact:
    """重点服务对象 as planning sees it."""

    contact_id: UUID
    kind: ContactKind
    birthday: YearlyDay | None
    consent: bool


@dataclass(frozen=True)
class MemberYear:
    """Whose year is planned: the term (both days included), the tier that counts, and from which day on."""

    tier: Tier
    first: date
    last: date
    from_on: date
    contacts: tuple[ServedContact, ...] = ()
    club_contact_id: UUID | None = None


@dataclass(frozen=True)
class PlannedTouchpoint:
    """One promise on one day. `key` makes it the same touchpoint in every plan of the year.

    `planned_on` is the day itself, `due_on` the day moved by kind, `lead_on` when it is taken up. `part` is the period
    it counts for, of which only what lies from `opens` on was left when it was planned.
    `dated`: the day is given (a birthday), not chosen. `merged_into` is the key of the one that carries it.
    """

    key: str
    code: str
    item: str
    article: str
    contact_id: UUID | None
    title: str
    role: Role
    level: InstitutionLevel
    human: bool
    automatic: bool
    merge: bool
    dated: bool
    per_year: int
    part: Part
    opens: date
    move: WorkdayMove
    lead_working_days: int
    planned_on: date
    due_on: date
    lead_on: date
    merged_into: str | None = None


def wished(rulebook: Rulebook, member: MemberYear, calendar: CalendarSnapshot) -> tuple[PlannedTouchpoint, ...]:
    """Everything the member is promised from `from_on` to the end of its term, by due date; clashes not yet merged."""
    found = [
        redated(point, point.planned_on, calendar, member.from_on)
        for item in rulebook.services.items_of(member.tier)
        for point in _of_item(rulebook, item, member)
    ]
    return tuple(sorted(found, key=lambda point: (point.due_on, point.code, point.key)))


def redated(point: PlannedTouchpoint, planned_on: date, calendar: CalendarSnapshot, from_on: date) -> PlannedTouchpoint:
    """The touchpoint on another day: due on a working day of its part by kind, taken up so much earlier."""
    due_on = _moved(planned_on, point, calendar)
    lead_on = due_on
    for _ in range(point.lead_working_days):
        lead_on = previous_working_day(calendar, lead_on)
    lead_on = min(max(lead_on, from_on), due_on)
    return replace(point, planned_on=planned_on, due_on=due_on, lead_on=lead_on)


def merged(points: Iterable[PlannedTouchpoint]) -> tuple[PlannedTouchpoint, ...]:
    """Clashes of one customer merged: of those in one week that may be merged, the rarest carries the others.

    A carried one is done with its carrier and due with it; it is left alone where that day lies outside its own part.
    """
    given = tuple(points)
    found = {point.key: point for point in given}
    for week in _weeks(point for point in given if point.merge):
        carrier, *others = sorted(week, key=lambda point: (point.per_year, point.code, point.due_on))
        for other in others:
            if other.code != carrier.code and other.opens <= carrier.due_on <= other.part.last:
                found[other.key] = replace(
                    other, due_on=carrier.due_on, lead_on=carrier.lead_on, merged_into=carrier.key
                )
    return tuple(found[point.key] for point in given)


def _weeks(points: Iterable[PlannedTouchpoint]) -> Iterable[list[PlannedTouchpoint]]:
    weeks: dict[tuple[int, int], list[PlannedTouchpoint]] = {}
    for point in points:
        year, week, _ = point.due_on.isocalendar()
        weeks.setdefault((year, week), []).append(point)
    return weeks.values()


def _of_item(rulebook: Rulebook, item: ServiceItem, member: MemberYear) -> Iterator[PlannedTouchpoint]:
    entry, promise = rulebook.keeping.planned(item.code), item.promise(member.tier)
    if entry is None or promise is None or promise.frequency is None or item.identifier == SURVEY:
        return
    if item.identifier == BIRTHDAY:
        yield from _birthdays(rulebook, item, entry, member)
    elif item.festivals:
        yield from _festivals(rulebook, item, entry, member)
    else:
        yield from _periods(item, entry, promise.frequency, member)


def _birthdays(
    rulebook: Rulebook, item: ServiceItem, entry: PlannedItem, member: MemberYear
) -> Iterator[PlannedTouchpoint]:
    for contact in member.contacts:
        if contact.birthday is None or contact.kind not in item.persons or (entry.greeting and not contact.consent):
            continue
        mark = "L" if contact.birthday.lunar else ""
        for found in occurrences(contact.birthday, member.from_on, member.last, rulebook.care.leap_day_birthday):
            key = f"{item.code}:{mark}{found.year}:{contact.contact_id}"
            yield _point(item, entry, key, Part(found.on, found.on, 0), found.on, contact_id=contact.contact_id)


def _festivals(
    rulebook: Rulebook, item: ServiceItem, entry: PlannedItem, member: MemberYear
) -> Iterator[PlannedTouchpoint]:
    for festival in rulebook.care.festivals:
        if festival.code not in item.festivals:
            continue
        day = festival_day(festival)
        for found in occurrences(day, member.from_on, member.last, rulebook.care.leap_day_birthday):
            key = f"{item.code}:{festival.code}:{found.year}"
            yield _point(item, entry, key, Part(found.on, found.on, 0), found.on, title=festival.name_zh)


def _periods(
    item: ServiceItem, entry: PlannedItem, frequency: Frequency, member: MemberYear
) -> Iterator[PlannedTouchpoint]:
    for part in parts_of(member.first, member.last, frequency.per_year()):
        opens = max(part.first, member.from_on)
        if opens > part.last:
            continue
        day = opens + timedelta(days=(part.last - opens).days * entry.at_percent // 100)
        for contact_id in _persons(item, member):
            key = f"{item.code}:{part.first.isoformat()}/{part.months}" + (f":{contact_id}" if contact_id else "")
            yield replace(
                _point(item, entry, key, part, day, contact_id=contact_id),
                dated=False,
                opens=opens,
                per_year=frequency.per_year(),
            )


def _persons(item: ServiceItem, member: MemberYear) -> tuple[UUID | None, ...]:
    """Whom a period item is for: one row per key person where it is personal; nobody named is still a promise."""
    if item.automatic:
        return (member.club_contact_id,)
    return tuple(contact.contact_id for contact in member.contacts if contact.kind in item.persons) or (None,)


def _point(
    item: ServiceItem,
    entry: PlannedItem,
    key: str,
    part: Part,
    on: date,
    *,
    contact_id: UUID | None = None,
    title: str = "",
) -> PlannedTouchpoint:
    return PlannedTouchpoint(
        key=key,
        code=item.code,
        item=item.identifier,
        article=item.article,
        contact_id=contact_id,
        title=title,
        role=item.roles[0],
        level=item.levels[0],
        human=entry.human,
        automatic=item.automatic and contact_id is not None,
        merge=entry.merge,
        dated=True,
        per_year=1,
        part=part,
        opens=part.first,
        move=entry.move,
        lead_working_days=entry.lead_working_days,
        planned_on=on,
        due_on=on,
        lead_on=on,
    )


def _moved(day: date, point: PlannedTouchpoint, calendar: CalendarSnapshot) -> date:
    """The working day by kind; the other way where that would leave the part, and the day itself where both would."""
    if point.move is WorkdayMove.NONE or is_working_day(calendar, day):
        return day
    later, earlier = move_to_working_day(calendar, day), previous_working_day(calendar, day)
    wanted = (later, earlier) if point.move is WorkdayMove.NEXT else (earlier, later)
    inside = (found for found in wanted if point.opens <= found <= point.part.last or point.dated)
    return next(inside, day)
