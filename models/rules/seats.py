"""How many seats there are (article 13), as pure arithmetic on the rulebook."""

from typing import NamedTuple

from models.rulebook import TierRules
from models.rules.ranking import special_seats
from models.types import SeatKind, Tier

HEAD_OFFICE_SCOPE = "HQ"


class SeatClass(NamedTuple):
    """The pool a seat is taken from and its size. `scope_code` is the branch for silver, `HQ` for gold."""

    tier: Tier
    kind: SeatKind
    scope_code: str
    quota: int


def seat_class(rules: TierRules, tier: Tier, kind: SeatKind, branch_code: str, silver_quota: int) -> SeatClass:
    """Pool of a seat: 90 ranked + 10 new-customer gold, the branch's silver quota, special at most 5 % of either."""
    gold_total = rules.gold.ranked_seats + rules.gold.new_customer_seats
    total = gold_total if tier is Tier.GOLD else silver_quota
    sizes = {
        SeatKind.RANKED: rules.gold.ranked_seats,
        SeatKind.NEW_CUSTOMER: rules.gold.new_customer_seats,
        SeatKind.SILVER: silver_quota,
        SeatKind.SPECIAL: special_seats(rules, total),
    }
    scope = HEAD_OFFICE_SCOPE if tier is Tier.GOLD else branch_code
    return SeatClass(tier, kind, scope, sizes[kind])
