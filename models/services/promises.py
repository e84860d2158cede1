"""Everything that was promised to a customer, and what became of it (articles 14-17, regulation 2.5 and 2.6)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from models.rulebook import Frequency, Limit, RegularService, Rulebook, ServiceItem
from models.rules.calendar import local_date
from models.stores.memberships import current_memberships
from models.stores.service_counts import Kept, ServiceCounts, together
from models.tables.cases import Membership
from models.types import Tier


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """One entry of the catalogue for this customer: what it is entitled to, and the numbers of its span."""

    entry: ServiceItem | RegularService
    limits: tuple[Limit, ...]
    frequency: Frequency | None
    kept: Kept


@dataclass(frozen=True, slots=True)
class Promises:
    """The lines of one customer from `first` to `last`: the term of a VIP, the calendar year of everybody else."""

    tier: Tier
    first: date
    last: date
    lines: tuple[PromiseLine, ...]


def promises(session: Session, customer_no: str, rulebook: Rulebook, now: datetime) -> Promises:
    """Article 17 for everybody, and what the running membership adds, in the order of the catalogue."""
    today = local_date(now)
    member = current_memberships(session, [customer_no], today).get(customer_no)
    tier = member.tier if member else Tier.REGULAR
    first, last = (member.valid_from, member.valid_to) if member else (date(today.year, 1, 1), date(today.year, 12, 31))
    numbers = ServiceCounts(session, first, last, customer_no=customer_no).by_code(now)
    lines = (*_regular(rulebook, numbers), *_promised(rulebook, tier, numbers, member))
    return Promises(tier, first, last, tuple(lines))


def _regular(rulebook: Rulebook, numbers: dict[tuple[str, str], Kept]) -> Iterator[PromiseLine]:
    for entry in rulebook.services.regular:
        kept = numbers.get((entry.code, entry.identifier)) or Kept()
        limits = (entry.limit,) if entry.limit else ()
        yield PromiseLine(entry, limits, entry.frequency, kept)


def _promised(
    rulebook: Rulebook, tier: Tier, numbers: dict[tuple[str, str], Kept], member: Membership | None
) -> Iterator[PromiseLine]:
    for entry in rulebook.services.items_of(tier):
        mine = [promise for promise in entry.promises if promise.tier == tier]
        limits = tuple(dict.fromkeys(promise.limit for promise in mine if promise.limit))
        frequency = next((promise.frequency for promise in mine if promise.frequency), None)
        found = [kept for (code, _), kept in numbers.items() if code == entry.code]
        kept = together(found) if found else _granted(entry, member)
        yield PromiseLine(entry, limits, frequency, kept)


def _granted(entry: ServiceItem, member: Membership | None) -> Kept:
    """What the approval itself keeps: the named manager, and the club membership of a chairman (article 16)."""
    done = member is not None and (
        entry.identifier == "named_manager" or (entry.automatic and member.club_contact_id is not None)
    )
    return Kept(due=1, done=1) if done else Kept()
