"""礼品限额, regulation 2.6: so much a time, so much per person and calendar year; above it only what was signed off.

Amounts are yuan. A gift to the unit as a whole counts against the cap of the unit, as if it were one person.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rulebook import Rulebook
from models.stores.gifts import GiftStore
from models.tables.care import Touchpoint

_CENT = Decimal("0.01")


class GiftRoom(NamedTuple):
    """What may still be given at this touchpoint without asking."""

    per_time: Decimal
    per_year: Decimal
    given: Decimal
    """In the calendar year, at other touchpoints."""

    @property
    def left(self) -> Decimal:
        """The smaller of what one gift may be and what the year has left; never below zero."""
        return max(Decimal(0), min(self.per_time, self.per_year - self.given))

    def over(self, value: Decimal) -> Decimal:
        """By how much a gift is above what is left."""
        return max(Decimal(0), value - self.left)


def room(session: Session, rulebook: Rulebook, row: Touchpoint, year: int) -> GiftRoom:
    """The caps of a touchpoint's person and what the calendar year has used of them."""
    return room_of(session, rulebook, row.customer_no, row.contact_id, year, beside=row.id)


def room_of(
    session: Session,
    rulebook: Rulebook,
    customer_no: str,
    contact_id: UUID | None,
    year: int,
    *,
    beside: UUID | None = None,
) -> GiftRoom:
    """The same for a person of a customer; `beside` names a touchpoint that does not count."""
    cap = rulebook.care.gift_cap
    given = GiftStore(session).given(customer_no, contact_id, year, beside=beside)
    return GiftRoom(cap.per_time, cap.per_person_and_year, given)


def check(session: Session, rulebook: Rulebook, row: Touchpoint, value: Decimal | None, on: date) -> None:
    """Raises GIFT_CAP_EXCEEDED with what is left, unless a sign-off covers a gift of this value.

    Holds the customer until the transaction ends: of two gifts at once the second sees the first.
    """
    if not value:
        return
    GiftStore(session).hold(row.customer_no)
    found = room(session, rulebook, row, on.year)
    if found.over(value) and not is_cleared(session, row.id, value):
        raise DomainError(ErrorCode.GIFT_CAP_EXCEEDED, left=plain(found.left))


def is_cleared(session: Session, touchpoint_id: UUID, value: Decimal) -> bool:
    """Whether a gift of this value was signed off for the touchpoint."""
    found = GiftStore(session).clearances(touchpoint_id)
    return any(row.cleared_at is not None and row.gift_value >= value for row in found)


def plain(value: Decimal) -> str:
    """An amount as a sentence and JSON carry it: 50, 12.50."""
    exact = value.quantize(_CENT)
    return str(exact.quantize(Decimal(1))) if exact == exact.to_integral_value() else str(exact)
