"""One sheet of a form as it is printed: the fields of the rulebook, filled with the words of a record."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from api.pages.format import NOTHING
from api.pages.i18n import _, language
from api.pages.words import word
from models.rulebook.schema.common import Entry, NamedEntry
from models.rulebook.schema.forms import Form, FormField, FormSheet

WIDE_KINDS = frozenset({"long_text", "list"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A field and what stands in it; `wide` takes the whole line."""

    label: str
    text: str
    wide: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """Who printed it, when, and whether personal data stands in clear."""

    by: str
    at: str
    on: date
    full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedForm:
    """A filled sheet. `rows` hold one wide cell or two narrow ones."""

    code: str
    title: str
    sheet: str
    record_no: str
    rows: tuple[tuple[Cell, ...], ...]
    source: str
    footer: str
    on: date
    lang: str

    def as_data(self) -> dict[str, Any]:
        """Plain values for the typesetter."""
        return {**asdict(self), "on": [self.on.year, self.on.month, self.on.day]}


def filled(
    form: Form, sheet: FormSheet, values: Mapping[str, str], *, record_no: str, version: str, printed: Printed
) -> PrintedForm:
    """The sheet with a record in it. Raises KeyError for a field of the rulebook that nobody filled."""
    cells = [Cell(named(field), values[field.key] or NOTHING, _is_wide(field)) for field in sheet.fields]
    return PrintedForm(
        code=form.code,
        title=named(form),
        sheet=named(sheet) if len(form.sheets) > 1 else "",
        record_no=record_no,
        rows=tuple(_rows(cells)),
        source=_source(form, sheet, version),
        footer=_footer(printed),
        on=printed.on,
        lang=language(),
    )


def named(entry: NamedEntry) -> str:
    """The name of an entry in the language of the request."""
    return entry.name_en if language() == "en" else entry.name_zh


def _is_wide(field: FormField) -> bool:
    return field.kind in WIDE_KINDS


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
