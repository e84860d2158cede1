"""试算 for a reader: who falls out if a customer enters, of whom the reader sees its own institutions only."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rulebook import TierRules
from models.rules.ranking import Ranked, special_seats
from models.rules.what_if import Change, Entrant, WhatIf, what_if
from models.services.quotas import silver_quotas
from models.services.season.standing import ranked_list
from models.stores.customers import customer_in_scope
from models.stores.scope import Scope
from models.stores.seats import SeatStore
from models.types import SeatKind, Tier

MAX_VALUE = Decimal(10) ** 15


@dataclass(frozen=True)
class Trial:
    """What came of it. `elsewhere`: how many customers of other institutions change seat; they stay unnamed."""

    name: str
    result: WhatIf
    changes: tuple[tuple[str, Change], ...]
    """Name and change of those the reader may see, best first."""
    elsewhere: int


def try_out(session: Session, year: int, tiers: TierRules, entrant: Entrant, scope: Scope) -> Trial:
    """The list of the year with the entrant in it; nothing is saved.

    Raises NOT_FOUND outside the scope or without a line in the list, INVALID_INPUT for a value that is none.
    """
    if entrant.value is not None and not 0 <= entrant.value <= MAX_VALUE:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "value", "reason": "greater_than"}])
    rows = {row.facts.customer_no: row for row in ranked_list(session, year)}
    if entrant.customer_no not in rows or customer_in_scope(session, entrant.customer_no, scope) is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    quotas = silver_quotas(session, year, tiers)
    left = _special_left(session, year, tiers, rows[entrant.customer_no], quotas)
    found = what_if(list(rows.values()), entrant, tiers, quotas, special_left=left)
    seen = tuple(
        (rows[change.customer_no].facts.name, change)
        for change in found.changes
        if customer_in_scope(session, change.customer_no, scope) is not None
    )
    return Trial(rows[entrant.customer_no].facts.name, found, seen, len(found.changes) - len(seen))


def _special_left(session: Session, year: int, tiers: TierRules, row: Ranked, quotas: Mapping[str, int]) -> int:
    """Special seats left in the pool the customer's value points to: gold at head office, silver at its branch."""
    gold = row.eligible_tier is not Tier.REGULAR or row.facts.branch_code is None
    tier, scope = (Tier.GOLD, "HQ") if gold else (Tier.SILVER, row.facts.branch_code or "")
    total = tiers.gold.ranked_seats + tiers.gold.new_customer_seats if gold else quotas.get(scope, 0)
    return special_seats(tiers, total) - len(SeatStore(session).taken(year, tier, SeatKind.SPECIAL, scope))
