"""The score table says what the explanation says: classes summed, factors beside amounts, left-out rows with why."""

from datetime import date
from decimal import Decimal

import pytest

from api.pages.i18n import using_language
from api.pages.score_view import entry_tag, rank_tag, score_table
from models.messages.scoring import ScoreExplanation
from models.rulebook import load_builtin
from models.rules.explain import explain
from models.rules.facts import PolicyYear
from models.rules.scoring import Scorer
from tests.rules.facts import YEAR, customer, policy_year

RULES = load_builtin().scoring


def explained(*rows: PolicyYear, years: int = 4, formula: str = "A") -> ScoreExplanation:
    """Explanation of a customer under the built-in rules."""
    rules = RULES.model_copy(update={"formula": formula})
    return explain(Scorer(rules, YEAR), customer(*rows, years=years))


def test_policies_of_a_class_stand_in_one_line() -> None:
    """The first worked example of regulation 2.2."""
    rows = (
        policy_year("A", 500_000),
        policy_year("A", 300_000, policy_no="PA2"),
        policy_year("B", 1_000_000),
        policy_year("E", 5_000_000),
    )
    table = score_table(explained(*rows), rule="规则 v3")
    assert table.value == "2,415,000"
    assert table.rule == "规则 v3 · 公式 A"
    first = table.lines[0]
    assert (first.premium, first.factor, first.amount) == ("800,000.00", "× 1.00", "800,000.00")
    assert first.hint == "2 张保单"
    assert [line.amount for line in table.lines if line.is_sum] == ["2,100,000.00"]
    assert [line.factor for line in table.lines[-2:]] == ["× 1.15", "× 1.00"]
    assert table.lines[-1].hint == "[60%, 75%)"


def test_what_does_not_count_is_said_with_its_reason() -> None:
    ended = policy_year("A", 200_000, policy_no="PX", effective_on=date(YEAR, 1, 1), expires_on=date(YEAR, 6, 30))
    table = score_table(explained(policy_year(), ended))
    line = next(line for line in table.lines if line.text == "PX 不计入")
    assert (line.hint, line.amount) == ("已满期", "0.00")


def test_a_neutral_factor_says_why() -> None:
    table = score_table(explained(policy_year("F"), years=1))
    assert table.lines[-1].text == "利润贡献：只有年金、账户类，系数取 1"
    with using_language("en"):
        english = score_table(explained(policy_year("F"), years=1))
    assert english.lines[-1].text == "Profit contribution: annuity and account classes only, factor 1"


def test_formula_b_shows_points() -> None:
    table = score_table(explained(policy_year("A", 800_000), formula="B"))
    assert table.total.text.startswith("得分")
    assert table.lines[-3].text == "规模得分"
    assert all(not line.factor for line in table.lines[-3:])
    points = sum((Decimal(line.amount) for line in table.lines[-3:]), Decimal(0))
    assert f"{points:.0f}" == table.value
    assert (table.unit, table.amount_heading) == ("分", "折算（元）与得分（分）")
    assert entry_tag(Decimal(83), Decimal(80), "金牌", "B").text == "达金牌准入 80 分"


@pytest.mark.parametrize(("value", "text"), [(1_000_000, "达金牌准入 1,000,000 元"), (999_999, "差 1 元")])
def test_the_entry_value_is_reached_or_so_much_is_missing(value: int, text: str) -> None:
    assert text in entry_tag(Decimal(value), Decimal(1_000_000), "金牌", "A").text


def test_who_is_not_in_the_list_has_no_rank() -> None:
    assert rank_tag(None, 90) == ()
    assert rank_tag(37, 90)[0].text == "全公司第 37 名 / 90 席"
