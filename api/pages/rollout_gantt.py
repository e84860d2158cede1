"""The plan drawn: one line per piece of work, weeks across; lengths are SVG attributes, for styles are forbidden."""

from collections.abc import Callable
from datetime import date, timedelta

from api.forms.sheet import named
from api.pages.format import short_day
from api.pages.i18n import _
from api.pages.view.rollout import BarKind, Gantt, GanttBar, Tick
from models.rules.rollout import ItemPlace
from models.services.rollout.overview import ItemRow

LEFT, RIGHT, LINE, TOP = 220, 1000, 28, 30
WEEK = timedelta(days=7)
MOST_TICKS = 16


def gantt(rows: tuple[ItemRow, ...], today: date) -> Gantt:
    """The drawing of the items in the order of the plan."""
    first = min(row.standing.item.from_on for row in rows)
    last = max(row.standing.item.to_on for row in rows) + timedelta(days=1)
    days = (last - first).days

    def at(day: date) -> float:
        return round(LEFT + (RIGHT - LEFT) * (day - first).days / days, 1)

    bars = tuple(_bar(row, TOP + LINE * line, at) for line, row in enumerate(rows))
    late = sum(row.standing.late for row in rows)
    return Gantt(
        height=TOP + LINE * len(rows) + 8,
        bars=bars,
        ticks=tuple(Tick(x=at(day), label=short_day(day, day)) for day in _weeks(first, last)),
        today=at(today) if first <= today < last else None,
        words=_("%(n)s 项工作的进度图，其中 %(late)s 项逾期；下表列出同样的内容。", n=len(rows), late=late),
    )


def _bar(row: ItemRow, y: int, at: Callable[[date], float]) -> GanttBar:
    item, found = row.standing.item, row.standing
    x, end = at(item.from_on), at(item.to_on + timedelta(days=1))
    share = found.progress.done / found.progress.total if found.progress.total else 0
    return GanttBar(
        label=f"{item.number} {named(row.entry)}",
        y=y,
        x=x,
        width=round(end - x, 1),
        filled=round((end - x) * share, 1),
        kind=_kind(row),
        critical=found.critical,
    )


def _kind(row: ItemRow) -> BarKind:
    if row.standing.late:
        return BarKind.LATE
    places = {ItemPlace.DONE: BarKind.DONE, ItemPlace.READY: BarKind.READY, ItemPlace.BLOCKED: BarKind.BLOCKED}
    return places[row.standing.place]


def _weeks(first: date, last: date) -> list[date]:
    weeks = -(-(last - first).days // 7)
    step = -(-weeks // MOST_TICKS)
    return [first + WEEK * step * number for number in range(-(-weeks // step))]
