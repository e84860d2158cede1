"""年度服务投入, 附件七: a customer's year against its share of the standard premium. Pure; amounts are yuan.

Over the limit is no block: it takes a reason and an approval, which raise the ceiling to what was approved.
"""

from dataclasses import dataclass
from decimal import Decimal

from models.rulebook.schema.spend import SpendRules
from models.rules.scoring import round_half_up
from models.service_types import SpendState
from models.types import Tier

CENT = Decimal("0.01")
NONE = Decimal(0)


@dataclass(frozen=True)
class Figures:
    """Everything that has to do with the spend of one customer and year.

    `planned` is the estimate of 附件七, `extra` what people added to it. `reserved` is kept for touchpoints that are
    still to be done, `committed` was spent. `approved`: the total that was approved above the limit.
    """

    planned: Decimal
    extra: Decimal
    reserved: Decimal
    committed: Decimal
    limit: Decimal
    approved: Decimal | None = None
    asked: bool = False
    """An approval is under way."""

    @property
    def projected(self) -> Decimal:
        """What the year comes to: the plan with its additions, or what is spent and reserved already, if more."""
        return max(self.planned + self.extra, self.reserved + self.committed)

    @property
    def ceiling(self) -> Decimal:
        """The limit, or the total that was approved above it."""
        return max(self.limit, self.approved or NONE)

    @property
    def over(self) -> Decimal:
        """超限额: by how much the year is above its ceiling."""
        return max(NONE, self.projected - self.ceiling)

    @property
    def left(self) -> Decimal:
        """What of the plan is neither spent nor reserved; below zero where more was spent than planned."""
        return self.planned + self.extra - self.reserved - self.committed

    @property
    def deviation(self) -> Decimal:
        """偏差: actual less plan."""
        return self.committed - self.planned

    @property
    def state(self) -> SpendState:
        """Where it stands; an approval that is under way comes before being over the limit."""
        if self.over:
            return SpendState.ASKED if self.asked else SpendState.OVER_LIMIT
        return SpendState.APPROVED if self.projected > self.limit else SpendState.WITHIN

    def with_extra(self, amount: Decimal) -> "Figures":
        """The same with one more touchpoint of so many yuan."""
        return Figures(
            self.planned,
            self.extra + amount,
            self.reserved + amount,
            self.committed,
            self.limit,
            self.approved,
            self.asked,
        )


def limit_of(rules: SpendRules, tier: Tier, standard_premium: Decimal) -> Decimal:
    """限额 of a tier in yuan, rounded half up to the cent; nothing for a tier without a share."""
    return round_half_up(share_of_tier(rules, tier) * standard_premium, CENT)


def share_of_tier(rules: SpendRules, tier: Tier) -> Decimal:
    """The tier's share of the standard premium: 0.05 stands for 5 %."""
    return next((row.share for row in rules.limits if row.tier is tier), NONE)


def share_of_premium(total: Decimal, standard_premium: Decimal) -> Decimal | None:
    """合计/标准保费, not rounded; None without a premium."""
    return total / standard_premium if standard_premium else None
