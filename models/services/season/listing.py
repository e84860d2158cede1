"""公示: the list as head office publishes it: for every customer the seat it holds, or why it has none."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import Session

from models.rulebook import TierRules
from models.rules.ranking import Ranked
from models.services.season.standing import reviewed_list
from models.stores.season import Declared, SeasonStore
from models.tables.cases import Seat
from models.types import Outcome, Tier

IN_RESERVE, IN_APPROVAL, REJECTED, WITHDRAWN = "in_reserve", "in_approval", "rejected", "withdrawn"
BARRED, BELOW_ENTRY, NOT_DECLARED, NO_SEAT_LEFT = "barred", "below_entry", "not_declared", "no_seat_left"
APPEAL_UPHELD = "appeal_upheld"
NO_SEAT_REASONS = (
    IN_RESERVE,
    IN_APPROVAL,
    REJECTED,
    WITHDRAWN,
    BARRED,
    BELOW_ENTRY,
    NOT_DECLARED,
    NO_SEAT_LEFT,
    APPEAL_UPHELD,
)
"""Why a customer has no seat; the pages say each in words."""


def write_listing(session: Session, year: int, tiers: TierRules) -> int:
    """Write the list of the year as it stands now; gives the number of customers."""
    store = SeasonStore(session)
    rows = list(_lines(reviewed_list(session, year, tiers), year, store.seats(year), store.declared(year)))
    store.replace_listings(year, rows)
    return len(rows)


def _lines(
    listed: list[Ranked], year: int, seats: Mapping[str, Seat], declared: Mapping[str, Declared]
) -> Iterator[dict[str, Any]]:
    for row in listed:
        number = row.facts.customer_no
        seat = seats.get(number)
        yield {
            "year": year,
            "customer_no": number,
            "institution_code": row.facts.institution_code,
            "rank": row.rank,
            "value": row.score.value,
            "tier": seat.tier if seat else Tier.REGULAR,
            "seat_kind": seat.seat_kind if seat else None,
            "reason": None if seat else no_seat_reason(row, declared.get(number)),
        }


def no_seat_reason(row: Ranked, declared: Declared | None) -> str:
    """Why a customer without a seat has none; one of `NO_SEAT_REASONS`."""
    if declared is not None and declared.outcome is None:
        return IN_RESERVE if declared.in_reserve_since else IN_APPROVAL
    if row.ineligible:
        return BARRED
    if declared is not None and declared.outcome is Outcome.REJECTED:
        return REJECTED
    if declared is not None and declared.outcome is Outcome.WITHDRAWN:
        return WITHDRAWN
    if row.eligible_tier is Tier.REGULAR:
        return BELOW_ENTRY
    return NO_SEAT_LEFT if row.seat is None else NOT_DECLARED
