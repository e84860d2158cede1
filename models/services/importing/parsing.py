"""Sheets -> rows of values, each either good or with the column and reason for which it is refused."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from models.services.importing.cells import CellError
from models.services.importing.kinds import Column, Layout, RowError, Values
from models.services.importing.reading import Sheet
from models.types import InstitutionLevel

MAX_REASON = 300
MISSING = "缺少内容"


class _Keep:
    """Value of an optional column that the file leaves out: what is stored stays."""


KEEP: Final = _Keep()
Key = tuple[Any, ...]


@dataclass(slots=True)
class Row:
    """One row of a file. `reason` is set when it is refused, `repeat` when an earlier row says exactly the same."""

    line: int
    key: Key | None
    values: Values
    column: str = ""
    reason: str = ""
    repeat: bool = False

    def refuse(self, column: str, reason: str) -> None:
        """Mark the row as not to be loaded."""
        self.column, self.reason = column, reason[:MAX_REASON]


def parse_sheet(sheet: Sheet) -> list[Row]:
    """Every row of a sheet, in loading order (a parent institution before its children)."""
    parser = _RowParser(sheet)
    rows = [parser.parse(line, cells) for line, cells in sheet.rows]
    if "level" in sheet.layout.names:
        at = sheet.layout.names.index("level")
        rank: dict[Any, int] = {level: number for number, level in enumerate(InstitutionLevel)}
        rows.sort(key=lambda row: rank.get(row.values[at] if row.values else None, len(rank)))
    return rows


def settle_repeats(layout: Layout, sheets: Iterable[tuple[str, list[Row]]]) -> None:
    """Rows of one key in one load: if all say the same they are one row, else none is loaded (decisions.md 17)."""
    firsts: dict[Key, Row] = {}
    groups: dict[Key, list[tuple[str, Row]]] = {}
    names: dict[int, str] = {}
    for name, rows in sheets:
        for row in rows:
            if row.key is None:
                continue
            first = firsts.setdefault(row.key, row)
            if first is not row:
                group = groups.setdefault(row.key, [(names.get(id(first), name), first)])
                group.append((name, row))
        names.update((id(row), name) for row in rows)
    for group in groups.values():
        _settle(layout, group)


def _settle(layout: Layout, group: list[tuple[str, Row]]) -> None:
    first = group[0][1]
    differs = any(row.reason or row.values != first.values for _, row in group)
    for name, row in group[1:] if not differs else group:
        if not differs:
            row.repeat = True
        elif not row.reason:
            other_name, other = next((n, r) for n, r in group if r is not row)
            where = f"第 {other.line} 行" if other_name == name else f"{other_name} 第 {other.line} 行"
            row.refuse(layout.key[0], f"与{where}主键相同但内容不同，均不载入")


def _value(column: Column, cell: str) -> Any:
    if cell:
        return column.read(cell)
    if column.blank:
        return column.default
    raise CellError(MISSING)


class _RowParser:
    """Reads the rows of one sheet. Most cells repeat, so each column remembers what it has read."""

    def __init__(self, sheet: Sheet) -> None:
        self.layout = sheet.layout
        self.width = sheet.width
        self.plan: list[tuple[Column, int | None, dict[str, Any]]] = [
            (c, at, {}) for c, at in zip(sheet.layout.columns, sheet.positions, strict=True)
        ]
        self.absent = [column.name for column, at, _ in self.plan if at is None]
        self.key_at = [sheet.layout.names.index(name) for name in sheet.layout.key]

    def parse(self, line: int, cells: list[str]) -> Row:
        """One row; the common case takes no detour."""
        if len(cells) != self.width:
            if any(cell.strip() for cell in cells[self.width :]):
                row = Row(line, None, ())
                row.refuse("", f"有 {len(cells)} 列，表头只有 {self.width} 列")
                return row
            cells = (cells + [""] * self.width)[: self.width]
        try:
            values = self._checked(self._values(cells))
        except (CellError, RowError):
            return self._faulty(line, cells)
        return Row(line, tuple([values[at] for at in self.key_at]), values)

    def _values(self, cells: list[str]) -> Values:
        values = []
        for column, at, seen in self.plan:
            cell = "" if at is None else cells[at]
            value = seen.get(cell, seen)
            if value is seen:
                value = seen[cell] = KEEP if at is None else _value(column, cell.strip())
            values.append(value)
        return tuple(values)

    def _checked(self, values: Values) -> Values:
        if self.layout.check is None:
            return values
        named = dict(zip(self.layout.names, values, strict=True))
        named.update(dict.fromkeys(self.absent))
        settled = self.layout.check(named)
        if not settled:
            return values
        return tuple([settled.get(name, value) for name, value in zip(self.layout.names, values, strict=True)])

    def _faulty(self, line: int, cells: list[str]) -> Row:
        """Read the row again, telling every fault of it."""
        values: list[Any] = []
        faults: list[tuple[Column, str]] = []
        for column, at, _ in self.plan:
            try:
                values.append(KEEP if at is None else _value(column, cells[at].strip()))
            except CellError as error:
                values.append(None)
                faults.append((column, str(error)))
        row = Row(line, self._key(values, faults), tuple(values))
        self._refuse(row, values, faults)
        return row

    def _key(self, values: list[Any], faults: list[tuple[Column, str]]) -> Key | None:
        broken = {column.name for column, _ in faults}
        return None if broken & set(self.layout.key) else tuple(values[at] for at in self.key_at)

    def _refuse(self, row: Row, values: list[Any], faults: list[tuple[Column, str]]) -> None:
        if faults:
            row.refuse(faults[0][0].name, "；".join(f"{column.zh}：{reason}" for column, reason in faults))
            return
        try:
            self._checked(tuple(values))
        except RowError as error:
            row.refuse(error.column, str(error))
