"""Customer value V line by line (附表1-3)."""

from dataclasses import dataclass

from api.pages.view.common import Article, Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreLine:
    """One line: premium x factor = amount. Texts are formatted; an empty one leaves its cell empty."""

    text: str
    hint: str = ""
    premium: str = ""
    factor: str = ""
    amount: str = ""
    article: Article | None = None
    is_sum: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCorrection:
    """A reviewer's correction of facts: the value before, after and the difference."""

    before: str
    after: str
    difference: str
    note: str
    """Who corrected what and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTable:
    """The whole reckoning. `value` is the figure without its `unit`: 元 under formula A, 分 under B."""

    value: str
    unit: str
    amount_heading: str
    """What the last figures of the lines are: 折算（元）, under formula B also points."""
    lines: tuple[ScoreLine, ...]
    total: ScoreLine
    tags: tuple[Tag, ...] = ()
    articles: tuple[Article, ...] = ()
    rule: str = ""
    """E.g. 规则 2003暂行 v3 · 公式 A."""
    correction: ScoreCorrection | None = None
