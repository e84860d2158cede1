"""A chart and its table: one model, drawn by `partials/_chart.html`, so that picture and numbers cannot differ."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from api.pages.format import NOTHING
from api.pages.i18n import _
from api.pages.view.common import EmptyState


class ChartKind(StrEnum):
    """How the rows are drawn."""

    BAR = "bar"
    """Columns side by side, one group a row."""
    STACKED = "stacked"
    """Columns on top of each other: parts of a whole."""
    LINE = "line"
    """Lines over time; the rows are the instants, oldest first."""
    ACROSS = "across"
    """Bars from left to right, one a row from the top: rankings and long names."""


class ChartColour(StrEnum):
    """A token of `gl.css`; a column without one takes the next of the palette."""

    BRAND = "brand"
    BLUE = "blue"
    AMBER = "amber"
    VIOLET = "violet"
    ORANGE = "orange"
    RED = "red"
    GOLD = "gold"
    SILVER = "silver"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartColumn:
    """A column of numbers: a series of the chart. `unit` stands behind the heading, e.g. 元, 件."""

    text: str
    unit: str = ""
    colour: ChartColour | None = None
    is_limit: bool = False
    """Drawn as a mark to be compared with (a line in a line chart), in red if no colour is named."""

    @property
    def heading(self) -> str:
        """The text with its unit: 关怀费用（元）."""
        return _("%(text)s（%(unit)s）", text=self.text, unit=self.unit) if self.unit else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartCell:
    """A number as people read it and as it is drawn; without `number` there is nothing to draw, not zero."""

    text: str = NOTHING
    number: Decimal | int | None = None
    href: str = ""
    """The rows behind the number; a click on the bar leads there too."""

    @property
    def exact(self) -> str:
        """The number without grouping or exponent: 2415000.00; empty if there is none."""
        return "" if self.number is None else f"{Decimal(self.number):f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRow:
    """A category with one cell a column; `href` is followed where a cell has no link of its own."""

    text: str
    cells: tuple[ChartCell, ...]
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart of a page.

    Attributes:
        id: unique on the page; the table's id is made from it.
        title: says what is counted, of when; read out with the chart, so it stands for itself.
        row_heading: heading of the rows: 机构, 季度.
        is_share: the numbers are shares, drawn on an axis in per cent: 0.976 is 97.6%.
        empty: shown instead of chart and table, e.g. `sample_too_small(...)`; without rows it is `no_data()`.

    Raises:
        ValueError: a row has not one cell for each column.
    """

    id: str
    title: str
    kind: ChartKind
    row_heading: str
    columns: tuple[ChartColumn, ...]
    rows: tuple[ChartRow, ...]
    is_share: bool = False
    empty: EmptyState | None = None

    def __post_init__(self) -> None:
        """Refuse a crooked table: its cells would be drawn under the wrong heading."""
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(f"chart {self.id}: row {row.text} has {len(row.cells)} of {len(self.columns)} cells")

    @property
    def nothing(self) -> EmptyState | None:
        """Why nothing is drawn; None when something is."""
        return self.empty or (None if self.rows else no_data())

    @property
    def description(self) -> str:
        """The chart in words: its title, and the highest and the lowest number of each column."""
        parts = [_("图表：%(title)s。", title=self.title)]
        parts += [text for at, column in enumerate(self.columns) if (text := self._extremes(at, column))]
        return " ".join((*parts, _("全部数字见表格。")))

    def _extremes(self, at: int, column: ChartColumn) -> str:
        counted = [
            (row.cells[at].number or 0, row.text, row.cells[at].text)
            for row in self.rows
            if row.cells[at].number is not None
        ]
        if not counted or column.is_limit:
            return ""
        _most, top, high = max(counted, key=lambda each: each[0])
        _least, bottom, low = min(counted, key=lambda each: each[0])
        return _(
            "%(column)s：最高 %(top)s %(high)s，最低 %(bottom)s %(low)s。",
            column=column.heading,
            top=top,
            high=high,
            bottom=bottom,
            low=low,
        )


def no_data() -> EmptyState:
    """Nothing was recorded yet."""
    return EmptyState(text=_("没有数据。"), icon="info")


def sample_too_small(found: int, needed: int) -> EmptyState:
    """Too few answers to publish a number: it would speak of persons, not of a group."""
    return EmptyState(text=_("样本不足：%(found)s 份，至少须 %(needed)s 份。", found=found, needed=needed), icon="info")
