"""Eligibility checks 资格核对: the sentence is in one language and names the unit of the formula."""

import re
from decimal import Decimal

import pytest

from api.pages.i18n import using_language
from api.problems import sentence
from models.errors import DomainError, ErrorCode
from models.rulebook import load_builtin
from models.rules.eligibility import Applicant, checks, refuse_failed
from models.types import SeatKind, Tier

TIERS = load_builtin().tiers


def _refusal(*, in_points: bool) -> DomainError:
    applicant = Applicant(
        tier=Tier.GOLD,
        seat_kind=SeatKind.RANKED,
        value=Decimal(1),
        is_new_customer=False,
        region_class=1,
        ineligible=(),
        in_points=in_points,
    )
    with pytest.raises(DomainError) as refused:
        refuse_failed(checks(TIERS, applicant))
    return refused.value


@pytest.mark.parametrize(
    ("in_points", "unit", "english"), [(False, "1,000,000 元", "¥1,000,000"), (True, "分", "points")]
)
def test_a_refusal_names_the_unit_and_keeps_to_one_language(*, in_points: bool, unit: str, english: str) -> None:
    context = _refusal(in_points=in_points).context
    assert unit in sentence(ErrorCode.NOT_ELIGIBLE, context)
    with using_language("en"):
        text = sentence(ErrorCode.NOT_ELIGIBLE, context)
    assert english in text
    assert not re.search("[\u4e00-\u9fff]", text)
