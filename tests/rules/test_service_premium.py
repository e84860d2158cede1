"""What a co-ordinator and an advance payment ask for: cities, and a share of the undisputed amount."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import DomainError, ErrorCode
from models.rulebook import load_builtin
from models.rules.service.premium import check_advance, check_cities, refuse_amounts
from models.service_types import GreenService
from models.types import Role

HALF = Decimal("0.5")
FEN = st.integers(min_value=1, max_value=10**12)


def _wrong(check: Any, *given: Any) -> set[tuple[str, str]]:
    with pytest.raises(DomainError) as caught:
        check(*given)
    assert caught.value.code is ErrorCode.INVALID_INPUT
    return {(entry["field"], entry["reason"]) for entry in caught.value.context["errors"]}


def test_two_cities_are_enough_and_one_wants_the_others_named() -> None:
    check_cities({"北京", "上海"}, 2, "")
    check_cities({"北京"}, 2, "另有上海、广州员工")
    assert _wrong(check_cities, {"北京"}, 2, "  ") == {("remark", "other_cities")}


@given(undisputed=FEN, advance=FEN)
def test_never_more_than_the_share_is_paid_in_advance(undisputed: int, advance: int) -> None:
    amounts = Decimal(undisputed) / 100, Decimal(advance) / 100
    if advance * 2 <= undisputed:
        check_advance(*amounts, HALF)
    else:
        assert _wrong(check_advance, *amounts, HALF) == {("advance_amount", "above_share")}


def test_both_amounts_are_wanted_and_no_other_service_takes_them() -> None:
    both = {("undisputed_amount", "missing"), ("advance_amount", "missing")}
    assert _wrong(check_advance, None, None, HALF) == both
    assert _wrong(check_advance, Decimal(1), None, HALF) == {("advance_amount", "missing")}
    assert _wrong(check_advance, Decimal("0.00"), Decimal(0), HALF) == both
    refuse_amounts(None, None)
    assert _wrong(refuse_amounts, Decimal(1), None) == {("undisputed_amount", "no_advance")}


@pytest.mark.parametrize(
    ("service", "amount", "posts"),
    [
        (GreenService.CLAIM, None, (Role.BR_CTR, Role.BR_LEAD)),
        (GreenService.RENEWAL, None, (Role.MGR, Role.BR_LEAD)),
        (GreenService.COORDINATION, None, (Role.HQ_VIP, Role.HQ_LEAD)),
        (GreenService.ADVANCE_PAYMENT, None, (Role.BR_CTR, Role.BR_LEAD)),
        (GreenService.ADVANCE_PAYMENT, Decimal(200_000), (Role.BR_CTR, Role.BR_LEAD)),
        (GreenService.ADVANCE_PAYMENT, Decimal("200000.01"), (Role.HQ_VIP, Role.HQ_LEAD)),
    ],
)
def test_the_post_is_the_first_whose_authority_reaches(
    service: GreenService, amount: Decimal | None, posts: tuple[Role, Role]
) -> None:
    assert load_builtin().keeping.green_channel.posts_of(service, amount) == posts
