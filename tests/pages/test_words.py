"""Every value that a page may show has its word, by type."""

from enum import StrEnum

import pytest

from api.pages.i18n import using_language
from api.pages.words import declaration_word, word
from models.types import CaseKind, Door, MembershipStage, Outcome, Role, SeatKind, Source, Stage, Tier, Verdict

SHOWN: tuple[type[StrEnum], ...] = (
    CaseKind,
    Door,
    MembershipStage,
    Outcome,
    Role,
    SeatKind,
    Source,
    Stage,
    Tier,
    Verdict,
)


@pytest.mark.parametrize("value", [member for kind in SHOWN for member in kind], ids=repr)
def test_every_value_has_a_word(value: StrEnum) -> None:
    chinese = word(value)
    assert chinese != value.value
    with using_language("en"):
        assert word(value) != chinese


def test_equal_values_of_different_kinds_keep_their_own_words() -> None:
    assert word(Stage.REJECTED) == "已驳回"
    assert word(Outcome.REJECTED) == "驳回"
    assert word(Outcome.EXPIRED) == "到期"
    assert word(MembershipStage.EXPIRED) == "已到期"
    assert word(SeatKind.SILVER) == "机构名额"
    assert word(Tier.SILVER) == "银牌"


def test_what_is_declared() -> None:
    assert declaration_word(Tier.GOLD) == "金牌资格申报"
    assert declaration_word(Tier.GOLD, SeatKind.SPECIAL) == "金牌特批申报"
    assert declaration_word(Tier.SILVER, SeatKind.SILVER) == "银牌资格申报"
