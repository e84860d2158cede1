"""客户价值 line by line, as pages draw it (附表1-3), from the stored or live explanation."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby

from api.pages.format import NOTHING, POINTS_FORMULA, amount, factor, percent, value_text, whole
from api.pages.i18n import _, count_text, language
from api.pages.i18n import mark as _m
from api.pages.view.common import Article, Tag, TagTone
from api.pages.view.score import ScoreCorrection, ScoreLine, ScoreTable
from models.messages.scoring import (
    LeftOutReason,
    LoyaltyLine,
    NeutralReason,
    PremiumLine,
    ProfitLine,
    ScoreExplanation,
)

_LEFT_OUT = {
    LeftOutReason.NOT_YET_EFFECTIVE: _m("未生效"),
    LeftOutReason.EXPIRED: _m("已满期"),
    LeftOutReason.ENDED: _m("已终止"),
    LeftOutReason.LAPSED: _m("已失效"),
    LeftOutReason.SURRENDERED: _m("已退保"),
}
_NEUTRAL = {
    NeutralReason.NO_INSURED_YEARS: _m("无连续投保年数"),
    NeutralReason.NO_EARNED_PREMIUM: _m("无已赚保费"),
    NeutralReason.NEUTRAL_CLASSES_ONLY: _m("只有年金、账户类"),
    NeutralReason.SHORT_EXPOSURE: _m("承保不满一年"),
}


def score_table(
    score: ScoreExplanation,
    *,
    rule: str = "",
    tags: Iterable[Tag] = (),
    correction: ScoreCorrection | None = None,
) -> ScoreTable:
    """The table of an explanation: premium by class, standard premium, K2, K3, V.

    `rule` names the version that reckoned, `tags` stand beside the figure (rank, entry value).
    """
    return ScoreTable(
        value=whole(score.value),
        unit=_("分") if score.formula == POINTS_FORMULA else _("元"),
        amount_heading=_("折算（元）与得分（分）") if score.formula == POINTS_FORMULA else _("折算（元）"),
        lines=tuple(_lines(score)),
        total=_total(score),
        tags=tuple(tags),
        articles=tuple(Article(text=text) for text in (_("附表1"), _("附表2"), _("附表3"))),
        rule=" · ".join(part for part in (rule, _("公式 %(formula)s", formula=score.formula)) if part),
        correction=correction,
    )


def rank_tag(rank: int | None, seats: int) -> tuple[Tag, ...]:
    """全公司第 37 名 / 90 席; nothing for a customer that is not in the list."""
    if rank is None:
        return ()
    return (Tag(text=_("全公司第 %(rank)s 名 / %(seats)s 席", rank=f"{rank:,}", seats=seats)),)


def entry_tag(value: Decimal, entry: Decimal, tier: str, formula: str) -> Tag:
    """达金牌准入 1,000,000 元 (formula B: 分), or how much is missing."""
    line = value_text(entry, formula)
    if value >= entry:
        return Tag(text=_("达%(tier)s准入 %(entry)s", tier=tier, entry=line), tone=TagTone.OK, icon="check")
    missing = value_text(entry - value, formula)
    text = _("距%(tier)s准入 %(entry)s 差 %(missing)s", tier=tier, entry=line, missing=missing)
    return Tag(text=text, tone=TagTone.WARN, icon="alert")


def _lines(score: ScoreExplanation) -> Iterator[ScoreLine]:
    ordered = sorted(score.lines, key=lambda line: (line.product_class, line.k1, line.policy_no))
    for _key, found in groupby(ordered, key=lambda line: (line.product_class, line.k1)):
        yield _premium_line(list(found))
    for left in score.left_out:
        yield ScoreLine(
            text=_("%(policy)s 不计入", policy=left.policy_no),
            hint=_(_LEFT_OUT[left.reason]),
            premium=amount(left.premium),
            amount=amount(Decimal(0)),
        )
    premium = sum((line.premium for line in score.lines), Decimal(0))
    yield ScoreLine(text=_("标准保费"), premium=amount(premium), amount=amount(score.standard_premium), is_sum=True)
    if score.points is None:
        yield _loyalty_line(score.loyalty, score.standard_premium)
        yield _profit_line(score.profit, score.exact_value)
        return
    points = score.points
    yield ScoreLine(text=_("规模得分"), hint=_percent(points.size_percent), amount=amount(points.size_points))
    yield ScoreLine(
        text=_loyalty_text(score.loyalty), hint=_percent(score.loyalty.percent), amount=amount(points.loyalty_points)
    )
    yield ScoreLine(
        text=_profit_text(score.profit), hint=_percent(score.profit.percent), amount=amount(points.profit_points)
    )


def _premium_line(lines: list[PremiumLine]) -> ScoreLine:
    first = lines[0]
    name = first.class_en if language() == "en" else first.class_zh
    hint = first.policy_no if len(lines) == 1 else count_text("%(num)s 张保单", len(lines))
    return ScoreLine(
        text=f"{first.product_class.value} {name}",
        hint=hint if first.pay_years is None else f"{_('交费 %(years)s 年', years=first.pay_years)} · {hint}",
        premium=amount(sum((line.premium for line in lines), Decimal(0))),
        factor=factor(first.k1),
        amount=amount(sum((line.amount for line in lines), Decimal(0))),
        article=Article(text=f"{_('附表1')} {first.product_class.value}"),
    )


def _loyalty_line(line: LoyaltyLine, standard: Decimal) -> ScoreLine:
    return ScoreLine(
        text=_loyalty_text(line),
        hint=_("自 %(year)s 年", year=line.first_year) if line.first_year else "",
        factor=factor(line.k2),
        amount=amount(standard * line.k2),
        article=Article(text=_("附表2")),
    )


def _profit_line(line: ProfitLine, value: Decimal) -> ScoreLine:
    return ScoreLine(
        text=_profit_text(line),
        hint=_band(line),
        factor=factor(line.k3),
        amount=amount(value),
        article=Article(text=_("附表3")),
    )


def _loyalty_text(line: LoyaltyLine) -> str:
    return _("忠诚度：连续投保 %(years)s 年", years=line.insured_years)


def _profit_text(line: ProfitLine) -> str:
    if line.neutral_reason is not None:
        return _("利润贡献：%(why)s，系数取 1", why=_(_NEUTRAL[line.neutral_reason]))
    ratio = percent(line.loss_ratio) if line.loss_ratio is not None else NOTHING
    return _("利润贡献：三年赔付率 %(ratio)s", ratio=ratio)


def _band(line: ProfitLine) -> str:
    """[60%, 75%) as the table of factors reads."""
    if line.neutral_reason is not None:
        return ""
    if line.lower is None:
        return f"< {percent(line.upper or Decimal(0), 0)}"
    low = percent(line.lower, 0)
    if line.upper is None:
        return f"{'≥' if line.lower_inclusive else '>'} {low}"
    opens, closes = "[" if line.lower_inclusive else "(", "]" if line.upper_inclusive else ")"
    return f"{opens}{low}, {percent(line.upper, 0)}{closes}"


def _percent(value: Decimal) -> str:
    return f"{value.normalize():f}%"


def _total(score: ScoreExplanation) -> ScoreLine:
    text = _("客户价值 V（四舍五入到元）") if score.points is None else _("得分（四舍五入到整数）")
    return ScoreLine(text=text, amount=whole(score.value), is_sum=True)
