"""试算: who falls out if a customer enters, article 13. Computed on a list as it stands; nothing is saved.

An entrant with a seat kind is given that seat first and the others share what is left; with a value only, the list
decides. Special seats 特批 are a pool of their own: they displace nobody, and may all be taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from models.rulebook.schema.tiers import TierRules
from models.rules.ranking import Ranked, entry_tier, order_and_seat
from models.types import SeatKind


@dataclass(frozen=True)
class Entrant:
    """Who enters and how. `seat` None: the list decides; `value` None: as it stands in the list (yuan, or points)."""

    customer_no: str
    seat: SeatKind | None = None
    value: Decimal | None = None


@dataclass(frozen=True)
class Change:
    """A customer whose seat the entry changes; `branch_code` None: a customer of head office itself."""

    customer_no: str
    branch_code: str | None
    rank: int
    before: SeatKind | None
    after: SeatKind | None


@dataclass(frozen=True)
class WhatIf:
    """The entrant before and after, and whoever else changes seat, best first.

    `is_full`: the pool has no seat at all to give (its quota is 0, or all special seats are taken).
    """

    entrant: Change
    rank_before: int
    value: Decimal
    ineligible: tuple[str, ...]
    changes: tuple[Change, ...]
    is_full: bool = False

    @property
    def falls_out(self) -> tuple[Change, ...]:
        """Who has no seat at all any more."""
        return tuple(change for change in self.changes if change.after is None)


def what_if(
    rows: Sequence[Ranked],
    entrant: Entrant,
    tiers: TierRules,
    silver_quotas: Mapping[str, int],
    *,
    special_left: int = 0,
) -> WhatIf:
    """The list with the entrant in it. `rows` is the whole list, untouched. Raises KeyError for who is not in it."""
    before = {row.facts.customer_no: row for row in rows}
    old = before[entrant.customer_no]
    own = replace(old) if entrant.value is None else _valued(old, entrant.value, tiers)
    rules, quotas, room = _pool_without_one(tiers, silver_quotas, own, entrant.seat, special_left)
    if not room:
        return _result(old, own, (), is_full=True)
    if entrant.seat:
        own.ineligible = ("entrant",)  # in its place in the list, but out of the race: its seat is given beforehand
    listed = order_and_seat([own, *(replace(row) for row in rows if row is not old)], rules, quotas)
    own.seat = entrant.seat or own.seat
    changed = (_change(before[row.facts.customer_no], row) for row in listed if row is not own)
    return _result(old, own, tuple(change for change in changed if change.before is not change.after))


def _result(old: Ranked, own: Ranked, changes: tuple[Change, ...], *, is_full: bool = False) -> WhatIf:
    return WhatIf(_change(old, own), old.rank, own.score.value, old.ineligible, changes, is_full)


def _change(old: Ranked, new: Ranked) -> Change:
    return Change(old.facts.customer_no, old.facts.branch_code, new.rank, old.seat, new.seat)


def _valued(row: Ranked, value: Decimal, tiers: TierRules) -> Ranked:
    score, facts = row.score._replace(value=value), row.facts
    tier = entry_tier(tiers, value, new_customer=score.new_customer, region_class=facts.region_class)
    return replace(row, score=score, eligible_tier=tier)


def _pool_without_one(
    tiers: TierRules, quotas: Mapping[str, int], own: Ranked, seat: SeatKind | None, special_left: int
) -> tuple[TierRules, Mapping[str, int], bool]:
    """The seats left for the others once the entrant holds its own, and whether there was one to hold."""
    gold = tiers.gold
    if seat is SeatKind.RANKED:
        return _with_gold(tiers, ranked_seats=gold.ranked_seats - 1), quotas, gold.ranked_seats > 0
    if seat is SeatKind.NEW_CUSTOMER:
        return _with_gold(tiers, new_customer_seats=gold.new_customer_seats - 1), quotas, gold.new_customer_seats > 0
    if seat is SeatKind.SILVER:
        branch = own.facts.branch_code or ""
        left = quotas.get(branch, 0) - 1
        return tiers, {**quotas, branch: left}, left >= 0
    return tiers, quotas, seat is None or special_left > 0


def _with_gold(tiers: TierRules, **seats: int) -> TierRules:
    return tiers.model_copy(update={"gold": tiers.gold.model_copy(update=seats)})
