"""Benefits 礼品 per person and calendar year against the cap of 2.6: what is outside the contract is a legal risk.

保险法 art. 116 forbids benefits beyond the contract; the caps and the sign-off 合规审批 above them are the guard, this
report is its proof. Amounts are yuan.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models.rulebook import Rulebook
from models.rulebook.schema.care import GiftCap
from models.stores.care import CareStore
from models.stores.customers import names_of
from models.stores.gifts import GiftStore, Given
from models.stores.spend import Reader


@dataclass(frozen=True)
class Benefit:
    """What one person, or the unit as a whole (`contact_id` None), was given in a calendar year."""

    customer_no: str
    customer: str
    contact_id: UUID | None
    contact: str
    gifts: int
    largest: Decimal
    given: Decimal
    cap: Decimal
    left: Decimal
    signed_off: int
    unsigned: int
    """Gifts above the cap a time, or beyond that of the year, that nobody signed off."""

    def as_dict(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)


def benefits(session: Session, year: int, reader: Reader, rulebook: Rulebook) -> list[Benefit]:
    """Everybody whom the reader sees who was given something in the year: without a sign-off first, then by amount."""
    found: dict[tuple[str, UUID | None], list[Given]] = {}
    for gift in GiftStore(session).of_year(year, reader):
        found.setdefault((gift.customer_no, gift.contact_id), []).append(gift)
    customers = names_of(session, {number for number, _ in found})
    contacts = CareStore(session).contacts({contact for _, contact in found if contact})
    cap = rulebook.care.gift_cap
    rows = [
        Benefit(
            customer_no=number,
            customer=customers.get(number, number),
            contact_id=contact_id,
            contact=contacts[contact_id].name if contact_id else "",
            **_sums(gifts, cap),
        )
        for (number, contact_id), gifts in found.items()
    ]
    return sorted(rows, key=lambda row: (-row.unsigned, -row.given, row.customer_no, str(row.contact_id)))


def _sums(gifts: list[Given], cap: GiftCap) -> dict[str, Any]:
    given = sum((gift.value for gift in gifts), Decimal(0))
    above = list(_above(gifts, cap))
    return {
        "gifts": len(gifts),
        "largest": max(gift.value for gift in gifts),
        "given": given,
        "cap": cap.per_person_and_year,
        "left": max(Decimal(0), cap.per_person_and_year - given),
        "signed_off": sum(1 for gift in above if gift.cleared),
        "unsigned": sum(1 for gift in above if not gift.cleared),
    }


def _above(gifts: Iterable[Given], cap: GiftCap) -> Iterable[Given]:
    """Gifts above what was left when they were given, in the order they were."""
    before = Decimal(0)
    for gift in gifts:
        if gift.value > min(cap.per_time, cap.per_person_and_year - before):
            yield gift
        before += gift.value
