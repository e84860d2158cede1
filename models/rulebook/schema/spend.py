"""附件七 yearly service spend, regulation 2.10; amounts in yuan."""

from typing import Annotated, Literal

from pydantic import Field

from models.rulebook.schema.common import Count, Entry, NamedEntry, NonNegative, Positive, Section, Share, Text
from models.types import InstitutionLevel, Role, Tier


class SpendLimit(Entry):
    """投入限额 of a tier as a share of the standard premium."""

    tier: Tier
    share: Share


class UnitCost(NamedEntry):
    """单价 of a service item: subtotal = persons x frequency x `amount`."""

    service: Text
    amount: NonNegative
    unit_zh: Text
    persons: Count | None = None
    """Fixed number of persons; None: not counted by person unless `per_key_person`."""
    per_key_person: bool = False
    """One for each key person of the customer."""
    payer: InstitutionLevel


class ReferenceTotal(Entry):
    """Checksum of the unit costs: the full set of a tier for `reference_persons` key persons."""

    tier: Tier
    amount: Positive
    tolerance: Share


class SpendRules(Section):
    """Limits, unit costs and who signs when a limit is exceeded."""

    limits: Annotated[tuple[SpendLimit, ...], Field(min_length=1)]
    over_limit: Literal["reason_and_approval", "block"]
    over_limit_role: Role
    unit_costs: Annotated[tuple[UnitCost, ...], Field(min_length=1)]
    reference_persons: Count
    reference_totals: tuple[ReferenceTotal, ...]
