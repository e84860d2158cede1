"""超值服务 on request, regulation 2.6: what a co-ordinator (C7) and an advance payment (C8) ask for beside the tier."""

from collections.abc import Set as AbstractSet
from decimal import Decimal

from models.errors import DomainError, ErrorCode

Wrong = list[dict[str, str]]


def check_cities(cities: AbstractSet[str], least: int, remark: str) -> None:
    """C7: the customer is in `least` cities or more. Where the records show fewer, the remark says which others.

    Raises INVALID_INPUT.
    """
    if len(cities) < least and not remark.strip():
        raise _refused([{"field": "remark", "reason": "other_cities"}])


def check_advance(undisputed: Decimal | None, advance: Decimal | None, max_share: Decimal) -> None:
    """C8: both amounts (yuan) are known, above zero, and at most `max_share` of the undisputed one is paid in advance.

    Raises INVALID_INPUT.
    """
    amounts = {"undisputed_amount": undisputed, "advance_amount": advance}
    wrong: Wrong = [{"field": name, "reason": "missing"} for name, amount in amounts.items() if not amount]
    if undisputed is not None and advance is not None and advance > undisputed * max_share:
        wrong.append({"field": "advance_amount", "reason": "above_share"})
    if wrong:
        raise _refused(wrong)


def refuse_amounts(undisputed: Decimal | None, advance: Decimal | None) -> None:
    """No other service pays anything in advance. Raises INVALID_INPUT."""
    amounts = {"undisputed_amount": undisputed, "advance_amount": advance}
    wrong: Wrong = [{"field": name, "reason": "no_advance"} for name, amount in amounts.items() if amount is not None]
    if wrong:
        raise _refused(wrong)


def _refused(wrong: Wrong) -> DomainError:
    return DomainError(ErrorCode.INVALID_INPUT, n=len(wrong), errors=wrong)
