"""What the catalogue says of one kind of touchpoint 触点: its names, who does it, how its day moves, what proves it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from models.messages.calendar import CalendarSnapshot
from models.rulebook import Rulebook
from models.rulebook.schema.keeping import Duty, PlannedItem
from models.rulebook.schema.services import RegularService, ServiceItem
from models.rules import calendar as cal
from models.service_types import ProofKind, WorkdayMove
from models.types import ContactKind, LimitUnit, Role, Tier

EVENT_CARE = "event_care"
YEARLY_VISIT = "yearly_visit"
_DEFAULT_LEAD = 5


@dataclass(frozen=True)
class CareEntry:
    """One entry; `within` are the working days from knowing (重要事件关怀), None where a day is planned instead."""

    code: str
    item: str
    article: str
    name_zh: str
    name_en: str
    role: Role
    persons: tuple[ContactKind, ...] = ()
    greeting: bool = False
    proof: tuple[ProofKind, ...] = (ProofKind.TEXT,)
    move: WorkdayMove = WorkdayMove.NEXT
    lead_working_days: int = _DEFAULT_LEAD
    within: int | None = None

    def due(self, calendar: CalendarSnapshot, day: date) -> date:
        """The day it is due: moved off days without work, as its kind says."""
        if self.move is WorkdayMove.NONE or cal.is_working_day(calendar, day):
            return day
        if self.move is WorkdayMove.PREVIOUS:
            return cal.previous_working_day(calendar, day)
        return cal.move_to_working_day(calendar, day)

    def lead(self, calendar: CalendarSnapshot, due_on: date) -> date:
        """From this day on the sweep takes it up."""
        day = due_on
        for _ in range(self.lead_working_days):
            day = cal.previous_working_day(calendar, day)
        return day


def entry_of(rulebook: Rulebook, code: str, item: str) -> CareEntry | None:
    """The entry of a touchpoint as it stands in its row; None for what the rulebook knows no more."""
    for named in rulebook.services.items:
        if (named.code, named.identifier) == (code, item):
            return _item(named, rulebook.keeping.planned(code), Tier.GOLD)
    return next((entry for entry in _duties(rulebook) if (entry.code, entry.item) == (code, item)), None)


def extra_entries(rulebook: Rulebook, tier: Tier) -> tuple[CareEntry, ...]:
    """What may be added by hand for a customer of the tier."""
    visit = tuple(entry for entry in _duties(rulebook) if entry.item == YEARLY_VISIT)
    return visit if tier is Tier.REGULAR else (*_entries(rulebook, tier), *visit)


def catalogue(rulebook: Rulebook) -> tuple[CareEntry, ...]:
    """Every kind of touchpoint there is, duties of article 17 last."""
    return (*_entries(rulebook, Tier.GOLD), *_duties(rulebook))


def _entries(rulebook: Rulebook, tier: Tier) -> Iterator[CareEntry]:
    for item in rulebook.services.items:
        planned = rulebook.keeping.planned(item.code)
        if item.promise(tier) is not None and (planned is not None or item.identifier == EVENT_CARE):
            yield _item(item, planned, tier)


def _item(item: ServiceItem, planned: PlannedItem | None, tier: Tier) -> CareEntry:
    promise = item.promise(tier)
    limit = promise.limit if promise and item.identifier == EVENT_CARE else None
    within = limit.value if limit and limit.unit is LimitUnit.WORKING_DAYS else None
    entry = CareEntry(
        code=item.code,
        item=item.identifier,
        article=item.article,
        name_zh=item.name_zh,
        name_en=item.name_en,
        role=item.roles[0],
        persons=item.persons,
        within=within,
    )
    return entry if planned is None else _planned(entry, planned)


def _planned(entry: CareEntry, planned: PlannedItem) -> CareEntry:
    return replace(
        entry,
        greeting=planned.greeting,
        proof=planned.proof,
        move=planned.move,
        lead_working_days=planned.lead_working_days,
    )


def _duties(rulebook: Rulebook) -> Iterator[CareEntry]:
    for duty in rulebook.keeping.duties:
        named = _named(rulebook, duty)
        if named is not None:
            yield CareEntry(
                code=duty.code,
                item=duty.item,
                article=duty.article,
                name_zh=named.name_zh,
                name_en=named.name_en,
                role=duty.role,
                proof=duty.proof,
                lead_working_days=duty.lead_working_days,
            )


def _named(rulebook: Rulebook, duty: Duty) -> RegularService | ServiceItem | None:
    entries: tuple[RegularService | ServiceItem, ...] = (*rulebook.services.regular, *rulebook.services.items)
    exact = next((entry for entry in entries if entry.identifier == duty.item), None)
    return exact or next((entry for entry in entries if entry.code == duty.code), None)
