"""资格核对: may this customer apply for this seat (regulation 2.3)?"""

from dataclasses import dataclass
from decimal import Decimal

from models.errors import DomainError, ErrorCode
from models.rulebook import TierRules
from models.types import SeatKind, Tier


@dataclass(frozen=True)
class Applicant:
    """What an application is checked by; `value` in yuan, or `in_points` under formula B.

    `ineligible` is as `ranking.ineligible_reasons` gives it.
    """

    tier: Tier
    seat_kind: SeatKind
    value: Decimal
    is_new_customer: bool
    region_class: int
    ineligible: tuple[str, ...]
    in_points: bool = False


@dataclass(frozen=True)
class Check:
    """One line of the check list: what is asked, whether it holds, in both languages."""

    code: str
    zh: str
    en: str
    passed: bool


_SEATS = {
    Tier.GOLD: {SeatKind.RANKED, SeatKind.NEW_CUSTOMER, SeatKind.SPECIAL},
    Tier.SILVER: {SeatKind.SILVER, SeatKind.SPECIAL},
}


def entry_value(rules: TierRules, tier: Tier, seat_kind: SeatKind, region_class: int) -> Decimal:
    """准入线: the least V for a seat, in yuan (formula B: points); silver by region class, new gold customers lower."""
    if tier is Tier.SILVER:
        return rules.silver.entry_value(region_class).value
    return rules.gold.new_customer_entry_value if seat_kind is SeatKind.NEW_CUSTOMER else rules.gold.entry_value


def checks(rules: TierRules, applicant: Applicant) -> tuple[Check, ...]:
    """Every check of regulation 2.3, passed or not. A special declaration 特批 needs no entry value."""
    needed = entry_value(rules, applicant.tier, applicant.seat_kind, applicant.region_class)
    entered = applicant.seat_kind is SeatKind.SPECIAL or applicant.value >= needed
    is_new = applicant.seat_kind is not SeatKind.NEW_CUSTOMER or applicant.is_new_customer
    barred = {reason.split(":", 1)[0] for reason in applicant.ineligible}
    limit = rules.max_overdue_days
    return (
        Check("seat", "席位与层级相符", "Seat fits the tier", applicant.seat_kind in _SEATS.get(applicant.tier, set())),
        Check(
            "entry_value",
            f"客户价值达到准入线 {needed:,.0f} {'分' if applicant.in_points else '元'}",
            f"Value reaches the entry value {needed:,.0f} points"
            if applicant.in_points
            else f"Value reaches the entry value ¥{needed:,.0f}",
            entered,
        ),
        Check("new_customer", "本年度新客户", "New customer of the year", is_new),
        Check("policies", "无失效保单", "No lapsed policy", "policy" not in barred),
        Check(
            "arrears", f"无超 {limit} 天欠费", f"No premium overdue by more than {limit} days", "overdue" not in barred
        ),
        Check("flags", "无欺诈、反洗钱标记", "No fraud or money-laundering flag", "flag" not in barred),
    )


def refuse_failed(lines: tuple[Check, ...]) -> None:
    """Raise NOT_ELIGIBLE with the first check that does not hold."""
    failed = next((line for line in lines if not line.passed), None)
    if failed is not None:
        raise DomainError(ErrorCode.NOT_ELIGIBLE, reason=f"未通过“{failed.zh}”", reason_en=f"failed: {failed.en}")
