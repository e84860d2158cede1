"""One sheet of a form as it is printed: the fields of the rulebook, filled with the words of a record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from api.pages.format import NOTHING
from api.pages.i18n import _, language
from api.pages.words import word
from models.rulebook.schema.common import Entry, NamedEntry
from models.rulebook.schema.forms import Form, FormField, FormSheet

WIDE_KINDS = frozenset({"long_text", "list"})
LANDSCAPE_COLUMNS = 8
"""A block with more columns than this is printed across the sheet."""
_SHARES = {"integer": 10, "ratio": 12, "boolean": 10, "long_text": 30}


@dataclass(frozen=True, slots=True)
class Cell:
    """A field and what stands in it; `wide` takes the whole line."""

    label: str
    text: str
    wide: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """The lines of a repeated block (`group` of its fields): each holds a value for every field of it.

    `within` names groups whose columns are printed in the same lines: counts stand beside their VIP.
    """

    title: str
    lines: Sequence[Mapping[str, str]]
    within: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a block; `share` is its width against the others."""

    label: str
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of the sheet: `rows` of cells, one wide or two narrow ones, or else a block with `columns`."""

    rows: tuple[tuple[Cell, ...], ...] = ()
    title: str = ""
    columns: tuple[Column, ...] = ()
    lines: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """Who printed it, when, and whether personal data stands in clear."""

    by: str
    at: str
    on: date
    full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedForm:
    """A filled sheet, its parts in the order of the fields."""

    code: str
    title: str
    sheet: str
    record_no: str
    parts: tuple[Part, ...]
    source: str
    footer: str
    on: date
    lang: str

    @property
    def landscape(self) -> bool:
        """Whether a block is too wide for an upright sheet."""
        return any(len(part.columns) > LANDSCAPE_COLUMNS for part in self.parts)

    def as_data(self) -> dict[str, Any]:
        """Plain values for the typesetter."""
        return {**asdict(self), "landscape": self.landscape, "on": [self.on.year, self.on.month, self.on.day]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a record fills a sheet with: the words of its fields, and the lines of its repeated blocks by group."""

    values: Mapping[str, str]
    record_no: str
    blocks: Mapping[str, Filling] = field(default_factory=dict)


def filled(form: Form, sheet: FormSheet, content: Content, *, version: str, printed: Printed) -> PrintedForm:
    """The sheet with a record in it. Raises KeyError for a field of the rulebook that nobody filled."""
    return PrintedForm(
        code=form.code,
        title=named(form),
        sheet=named(sheet) if len(form.sheets) > 1 else "",
        record_no=content.record_no,
        parts=tuple(_parts(sheet, content)),
        source=_source(form, sheet, version),
        footer=_footer(printed),
        on=printed.on,
        lang=language(),
    )


def named(entry: NamedEntry) -> str:
    """The name of an entry in the language of the request."""
    return entry.name_en if language() == "en" else entry.name_zh


def _parts(sheet: FormSheet, content: Content) -> Iterator[Part]:
    """Cells up to a block, the block where its first field stands, and so on; a group without lines is cells too."""
    inside = {name: group for group, filling in content.blocks.items() for name in {group, *filling.within}}
    cells: list[Cell] = []
    printed: set[str] = set()
    for entry in sheet.fields:
        group = inside.get(entry.group)
        if group is None:
            cells.append(Cell(named(entry), content.values[entry.key] or NOTHING, entry.kind in WIDE_KINDS))
        elif group not in printed:
            printed.add(group)
            if cells:
                yield Part(rows=tuple(_rows(cells)))
            cells = []
            yield _block([one for one in sheet.fields if inside.get(one.group) == group], content.blocks[group])
    if cells:
        yield Part(rows=tuple(_rows(cells)))


def _block(fields: Sequence[FormField], filling: Filling) -> Part:
    return Part(
        title=filling.title,
        columns=tuple(Column(label=named(one), share=_SHARES.get(one.kind, 18)) for one in fields),
        lines=tuple(tuple(line[one.key] or NOTHING for one in fields) for line in filling.lines),
    )


def _rows(cells: list[Cell]) -> Iterator[tuple[Cell, ...]]:
    """Narrow cells in pairs; one that has no partner before a wide one takes the line alone."""
    waiting: list[Cell] = []
    for cell in cells:
        if cell.wide and waiting:
            yield tuple(waiting)
            waiting = []
        waiting.append(cell)
        if cell.wide or len(waiting) == 2:
            yield tuple(waiting)
            waiting = []
    if waiting:
        yield tuple(waiting)


def _source(form: Form, sheet: FormSheet, version: str) -> str:
    return _(
        "题名：%(title)s；栏目：%(fields)s；规则版本 %(version)s",
        title=_provenance(form),
        fields=_provenance(sheet),
        version=version,
    )


def _provenance(entry: Entry) -> str:
    return _("%(article)s（%(source)s）", article=entry.article, source=word(entry.source))


def _footer(printed: Printed) -> str:
    told = _("由 %(who)s 于 %(when)s 打印。", who=printed.by, when=printed.at)
    return told if printed.full else told + _("个人信息已遮盖。")
