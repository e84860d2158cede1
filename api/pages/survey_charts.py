"""The results of a campaign as charts, each with its table: questions, branches, tiers, periods."""

import re
from collections.abc import Iterable, Mapping, Sequence

from api.forms.sheet import named
from api.pages.format import NOTHING, amount, percent
from api.pages.i18n import _
from api.pages.view.chart import Chart, ChartCell, ChartColour, ChartColumn, ChartKind, ChartRow
from api.pages.view.common import EmptyState
from api.pages.words import word
from api.survey_questions import answers_of
from models.services.survey.results import Group, QuestionResult, Results
from models.types import Tier

_BRACKETS = re.compile(r"\s*[（(][^）)]*[）)]")


def result_charts(found: Results, places: Mapping[str, str]) -> tuple[Chart, ...]:
    """By question, how answers fall, by branch, by tier, from period to period, and on renewing."""
    return (
        _questions(found),
        _answers(found),
        _groups("branches", _("各机构得分"), _("机构"), found.by_branch, places),
        _groups("tiers", _("各层级得分"), _("层级"), found.by_tier, {tier.value: word(tier) for tier in Tier}),
        trend_chart(found.trend),
        _renewal(found),
    )


def trend_chart(groups: Iterable[Group]) -> Chart:
    """From period to period: mean and return rate."""
    return Chart(
        id="trend",
        title=_("各期得分与回收率"),
        kind=ChartKind.LINE,
        row_heading=_("期间"),
        columns=(
            ChartColumn(text=_("平均分"), colour=ChartColour.BRAND),
            ChartColumn(text=_("回收率"), unit="%", colour=ChartColour.BLUE),
        ),
        rows=tuple(ChartRow(text=group.key, cells=(_mean(group), _rate(group))) for group in groups),
    )


def _questions(found: Results) -> Chart:
    return Chart(
        id="questions",
        title=_("各题平均分"),
        kind=ChartKind.ACROSS,
        row_heading=_("题目"),
        columns=(ChartColumn(text=_("平均分"), colour=ChartColour.BRAND),),
        rows=tuple(ChartRow(text=_name(result), cells=(_score(result),)) for result in found.by_question),
        empty=_too_few(found),
    )


def _answers(found: Results) -> Chart:
    scale = next((question for question in found.rules.questions if question.kind == "scale"), None)
    texts = [text for _value, text in answers_of(found.rules, scale)] if scale else []
    colours = (ChartColour.BRAND, ChartColour.BLUE, ChartColour.SILVER, ChartColour.ORANGE, ChartColour.RED)
    return Chart(
        id="answers",
        title=_("各题答案分布"),
        kind=ChartKind.STACKED,
        row_heading=_("题目"),
        columns=tuple(
            ChartColumn(text=text, colour=colours[at] if at < len(colours) else None) for at, text in enumerate(texts)
        ),
        rows=tuple(
            ChartRow(text=_name(result), cells=tuple(_count(number) for _value, number in result.counts))
            for result in found.by_question
            if result.counts
        ),
        empty=_too_few(found),
    )


def _groups(name: str, title: str, heading: str, groups: Sequence[Group], names: Mapping[str, str]) -> Chart:
    return Chart(
        id=name,
        title=title,
        kind=ChartKind.BAR,
        row_heading=heading,
        columns=(
            ChartColumn(text=_("平均分"), colour=ChartColour.BRAND),
            ChartColumn(text=_("回收率"), unit="%", colour=ChartColour.BLUE),
        ),
        rows=tuple(
            ChartRow(text=names.get(group.key, group.key), cells=(_mean(group), _rate(group))) for group in groups
        ),
    )


def _renewal(found: Results) -> Chart:
    question = next((one for one in found.rules.questions if one.kind == "choice"), None)
    names = dict(answers_of(found.rules, question)) if question else {}
    return Chart(
        id="renewal",
        title=named(question) if question else _("续保意愿"),
        kind=ChartKind.BAR,
        row_heading=_("答案"),
        columns=(ChartColumn(text=_("份数"), colour=ChartColour.BRAND),),
        rows=tuple(ChartRow(text=names.get(code, code), cells=(_count(number),)) for code, number in found.renewal),
        empty=_too_few(found),
    )


def _too_few(found: Results) -> EmptyState | None:
    """样本不足: with a handful of sheets a chart would show single answers."""
    if found.total.mean is not None:
        return None
    needed = found.rules.small_sample_below
    text = _("样本不足：有效问卷 %(valid)s 份，满 %(needed)s 份后显示。", valid=found.total.valid, needed=needed)
    return EmptyState(text=text, icon="chart")


def _name(result: QuestionResult) -> str:
    """Number and question, without what stands in brackets: there is little room beside a bar."""
    return f"{result.question.number}. {_BRACKETS.sub('', named(result.question)).strip()}"


def _mean(group: Group) -> ChartCell:
    if group.mean is None:
        return ChartCell(text=_("样本不足") if group.valid else NOTHING)
    return ChartCell(text=amount(group.mean), number=group.mean)


def _rate(group: Group) -> ChartCell:
    rate = group.rate
    return ChartCell() if rate is None else ChartCell(text=percent(rate), number=100 * rate)


def _score(result: QuestionResult) -> ChartCell:
    if result.mean is None:
        return ChartCell(text=_("样本不足") if result.answered else NOTHING)
    return ChartCell(text=amount(result.mean), number=result.mean)


def _count(number: int) -> ChartCell:
    return ChartCell(text=str(number), number=number)
