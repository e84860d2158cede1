"""附件七 reckoned a second time, from the text of the regulation and not from the code: figures in plain numbers."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

SILVER, GOLD = "silver", "gold"
SHARES = {SILVER: Fraction(5, 100), GOLD: Fraction(3, 100)}
PRICES = {
    "visit": 100,
    "birthday": 200,
    "festival": 150,
    "magazine": 10,
    "lecture": 2000,
    "event": 300,
    "health check": 1000,
    "HQ visit": 2000,
    "rescue card": 200,
    "plaque": 300,
}


PARTS = {
    "Z08": PRICES["visit"],
    "Z09": PRICES["visit"],
    "Z10": PRICES["birthday"],
    "Z11": PRICES["festival"],
    "Z13": PRICES["magazine"],
    "Z15": PRICES["lecture"],
    "Z16": 2 * PRICES["event"],
    "C2": PRICES["HQ visit"],
    "C3": PRICES["health check"],
    "C4": PRICES["rescue card"],
    "C9": PRICES["plaque"],
}
"""What one touchpoint of an item costs; a health check is one person's, where it has a person."""


def expected_part(code: str, *, personal: bool) -> Decimal:
    """The part of the plan that one touchpoint keeps aside."""
    return Decimal(PARTS.get(code, 0)) * (2 if code == "C3" and not personal else 1)


def expected_total(tier: str, persons: int) -> int:
    """Every promise of 2.5 and 2.6 that costs something, times its unit cost."""
    gold = tier == GOLD
    visits = (12 if gold else 4) + (2 if gold else 1)  # the manager's a month or a quarter, and the branch head's
    total = visits * PRICES["visit"]
    total += persons * PRICES["birthday"]
    total += 3 * PRICES["festival"] + 12 * PRICES["magazine"]
    total += (2 if gold else 1) * PRICES["lecture"] + 2 * PRICES["event"]
    if gold:
        total += PRICES["HQ visit"] + 2 * PRICES["health check"] + PRICES["rescue card"] + PRICES["plaque"]
    return total


def expected_limit(tier: str, premium: Decimal) -> Decimal:
    """A share of the standard premium, to the cent, half up, by integers only."""
    cents = Fraction(premium) * SHARES[tier] * 100
    whole = (2 * cents.numerator + cents.denominator) // (2 * cents.denominator)
    return Decimal(whole) / 100


@dataclass
class Purse:
    """A touchpoint's money kept by hand: what was put aside, spent and given back, and what lies aside now."""

    aside: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)

    def open(self, part: Decimal) -> None:
        """It is to be done: its part is put aside, unless it is already or the money was spent before."""
        if not self.aside and not self.spent:
            self.aside += part
            self.reserved += part

    def done(self, cost: Decimal) -> None:
        """It was done and cost so much; what it cost more than before is paid, the rest given back.

        What was paid too much comes back into the purse, and is given back with it.
        """
        if cost < self.spent:
            self.returned += self.spent - cost
            self.spent = cost
        due = cost - self.spent
        beyond = max(due - self.aside, Decimal(0))
        self.reserved += beyond
        self.spent += due
        self.returned += self.aside - (due - beyond)
        self.aside = Decimal(0)

    def dropped(self) -> None:
        """Nothing comes of it: all of it is given back."""
        self.returned += self.aside
        self.aside = Decimal(0)


def sums(rows: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Amounts by kind."""
    found: dict[str, Decimal] = {}
    for kind, yuan in rows:
        found[kind] = found.get(kind, Decimal(0)) + yuan
    return found
