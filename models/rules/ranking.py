"""硬性排名 and seats, article 13: gold by rank, ten for new customers, silver by branch quota.

The region class of the silver entry value is that of the customer's own institution; the quota is its branch's.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from operator import attrgetter
from typing import Any

from models.rulebook.schema.tiers import TieBreak, TierRules
from models.rules.facts import CustomerFacts
from models.rules.scoring import Score
from models.types import SeatKind, Tier


@dataclass(slots=True)
class Ranked:
    """One customer in the list. `tie_break` names the criterion that placed it below a neighbour of equal value;
    `ineligible` holds the reasons why it may take no seat."""

    facts: CustomerFacts
    score: Score
    eligible_tier: Tier
    ineligible: tuple[str, ...]
    rank: int = 0
    seat: SeatKind | None = None
    tie_break: TieBreak | None = None


_CRITERIA: dict[TieBreak, Callable[[Ranked], Any]] = {
    TieBreak.VALUE: attrgetter("score.value"),
    TieBreak.STANDARD_PREMIUM: attrgetter("score.standard_premium"),
    TieBreak.INSURED_YEARS: attrgetter("score.insured_years"),
    TieBreak.FIRST_EFFECTIVE_ON: attrgetter("facts.first_effective_on"),
    TieBreak.CUSTOMER_NO: attrgetter("facts.customer_no"),
}


def entry_tier(tiers: TierRules, value: Decimal, *, new_customer: bool, region_class: int) -> Tier:
    """Highest tier whose entry value V meets, before quotas and eligibility checks."""
    gold = tiers.gold
    if value >= gold.entry_value or (new_customer and value >= gold.new_customer_entry_value):
        return Tier.GOLD
    return Tier.SILVER if value >= tiers.silver.entry_value(region_class).value else Tier.REGULAR


def ineligible_reasons(tiers: TierRules, facts: CustomerFacts, year: int) -> tuple[str, ...]:
    """资格核对: `flag:fraud`, `overdue:75`, `policy:lapsed:P1`; empty when the customer may take a seat.

    A lapsed policy bars when its term meets the evaluation year; one of the past does not bar for ever.
    """
    flags = [f"flag:{flag}" for flag in sorted(facts.flags) if flag in tiers.barred_flags]
    overdue = [f"overdue:{facts.overdue_days}"] if facts.overdue_days > tiers.max_overdue_days else []
    first, last = date(year, 1, 1), date(year, 12, 31)
    policies = [
        f"policy:{policy.status}:{policy.policy_no}"
        for policy in facts.troubled_policies
        if policy.status in tiers.barred_statuses and policy.effective_on <= last and policy.expires_on >= first
    ]
    return (*flags, *overdue, *sorted(policies))


def special_seats(tiers: TierRules, quota: int) -> int:
    """特批: how many seats of a quota may be declared below the line, rounded down."""
    return int(tiers.special_share * quota)


def suggested_silver_quota(tiers: TierRules, service_posts: int) -> int:
    """Default 机构名额 of a branch: VIP service posts x the rulebook's number."""
    return tiers.silver.seats_per_service_post * service_posts


def rank(
    scored: Iterable[tuple[CustomerFacts, Score]], tiers: TierRules, year: int, silver_quotas: Mapping[str, int]
) -> list[Ranked]:
    """The whole list, best first, with tiers, seats and the tie-breaks that decided. Quotas by branch code."""
    return order_and_seat([unranked(facts, score, tiers, year) for facts, score in scored], tiers, silver_quotas)


def order_and_seat(rows: list[Ranked], tiers: TierRules, silver_quotas: Mapping[str, int]) -> list[Ranked]:
    """Rank and seat prepared rows afresh, in place; also used when reviewers adjusted some of them."""
    _sort(rows, tiers)
    for place, row in enumerate(rows, start=1):
        row.rank, row.seat, row.tie_break = place, None, None
    _note_tie_breaks(rows, tiers)
    _fill_gold(rows, tiers)
    _fill_silver(rows, tiers, silver_quotas)
    return rows


def unranked(facts: CustomerFacts, score: Score, tiers: TierRules, year: int) -> Ranked:
    """A customer with tier and eligibility, before the list is made."""
    tier = entry_tier(tiers, score.value, new_customer=score.new_customer, region_class=facts.region_class)
    return Ranked(facts, score, tier, ineligible_reasons(tiers, facts, year))


def _sort(rows: list[Ranked], tiers: TierRules) -> None:
    """Stable sorts from the last criterion to the first; the customer number makes the order total."""
    rows.sort(key=_CRITERIA[TieBreak.CUSTOMER_NO])
    for rule in reversed(tiers.tie_break):
        rows.sort(key=_CRITERIA[rule.criterion], reverse=rule.descending)


def _note_tie_breaks(rows: Sequence[Ranked], tiers: TierRules) -> None:
    first, *rest = [rule.criterion for rule in tiers.tie_break]
    for above, below in pairwise(rows):
        if _CRITERIA[first](above) == _CRITERIA[first](below):
            decided = (criterion for criterion in rest if _CRITERIA[criterion](above) != _CRITERIA[criterion](below))
            below.tie_break = next(decided, TieBreak.CUSTOMER_NO)


def _fill_gold(rows: Sequence[Ranked], tiers: TierRules) -> None:
    gold = tiers.gold
    by_value = [row for row in rows if not row.ineligible and row.score.value >= gold.entry_value]
    _seat(by_value[: gold.ranked_seats], SeatKind.RANKED)
    fresh = [row for row in rows if _may_take_new_seat(row, gold.new_customer_entry_value)][: gold.new_customer_seats]
    _seat(fresh, SeatKind.NEW_CUSTOMER)
    if gold.unfilled_new_customer_seats == "to_ranking":
        spare = gold.new_customer_seats - len(fresh)
        _seat([row for row in by_value if row.seat is None][:spare], SeatKind.RANKED)


def _may_take_new_seat(row: Ranked, entry_value: Decimal) -> bool:
    return row.score.new_customer and row.seat is None and not row.ineligible and row.score.value >= entry_value


def _fill_silver(rows: Sequence[Ranked], tiers: TierRules, quotas: Mapping[str, int]) -> None:
    taken: Counter[str] = Counter()
    for row in rows:
        branch = row.facts.branch_code
        if row.seat is not None or row.ineligible or branch is None or row.eligible_tier is Tier.REGULAR:
            continue
        if row.score.value >= tiers.silver.entry_value(row.facts.region_class).value and taken[branch] < quotas.get(
            branch, 0
        ):
            row.seat = SeatKind.SILVER
            taken[branch] += 1


def _seat(rows: Iterable[Ranked], seat: SeatKind) -> None:
    for row in rows:
        row.seat = seat
