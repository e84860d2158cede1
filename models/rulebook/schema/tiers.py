"""Tiers, quota and ranking, articles 13 and 15 and regulation 2.3."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from models.rulebook.schema.common import Count, Entry, NamedEntry, NonNegative, Provision, Section, Share
from models.types import CustomerFlag, PolicyStatus, Role, Tier


class TieBreak(StrEnum):
    """并列规则: what decides between two customers, in the order the rulebook lists."""

    VALUE = "value"
    STANDARD_PREMIUM = "standard_premium"
    INSURED_YEARS = "insured_years"
    FIRST_EFFECTIVE_ON = "first_effective_on"
    CUSTOMER_NO = "customer_no"


class TieBreakRule(Entry):
    """One rung of the tie-break; `descending` means that the larger value ranks first."""

    criterion: TieBreak
    descending: bool


class TierDefinition(NamedEntry):
    """层级, article 15; `rank` 1 is the lowest tier."""

    tier: Tier
    rank: Count


class GoldRules(Section):
    """金牌: company-wide seats; entry values in yuan of V."""

    ranked_seats: Count
    new_customer_seats: Count
    entry_value: NonNegative
    new_customer_entry_value: NonNegative
    unfilled_new_customer_seats: Literal["vacant", "to_ranking"]


class RegionEntry(Entry):
    """Silver entry value in yuan of V for institutions of one region class 地区类别."""

    region_class: Annotated[int, Field(ge=1, le=3)]
    value: NonNegative


class SilverRules(Section):
    """银牌: quota of each branch, filed by itself; suggested = posts of `service_role` x `seats_per_service_post`."""

    entry_values: Annotated[tuple[RegionEntry, ...], Field(min_length=1)]
    seats_per_service_post: Count
    service_role: Role

    def entry_value(self, region_class: int) -> RegionEntry:
        """The entry for a region class; the checks at load guarantee that 1, 2 and 3 exist."""
        return next(entry for entry in self.entry_values if entry.region_class == region_class)


class TierRules(Section):
    """Who may hold a seat, and in which order seats are filled."""

    levels: Annotated[tuple[TierDefinition, ...], Field(min_length=1)]
    gold: GoldRules
    silver: SilverRules
    special_share: Share
    """特批: largest share of a quota that may be declared below the line."""
    special_role: Role
    max_overdue_days: Annotated[int, Field(ge=0)]
    """A premium overdue for more days bars the customer."""
    barred_flags: tuple[CustomerFlag, ...]
    barred_statuses: tuple[PolicyStatus, ...]
    tie_break: Annotated[tuple[TieBreakRule, ...], Field(min_length=1)]
    provisions: tuple[Provision, ...] = ()
    """Rules without a number, as people read them."""
