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
    groups: dict[Key, list[tuple[str, Row]]] = {}
    for name, rows in sheets:
        for row in rows:
            if row.key is not None:
                groups.setdefault(row.key, []).append((name, row))
    for group in groups.values():
        if len(group) > 1:
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


class _RowParser:
    """Reads the rows of one sheet; what never changes between rows is looked up once."""

    def __init__(self, sheet: Sheet) -> None:
        self.layout = sheet.layout
        self.width = sheet.width
        self.plan = list(zip(sheet.layout.columns, sheet.positions, strict=True))
        self.fast = [(c.read, at, c.blank, KEEP if at is None else c.default) for c, at in self.plan]
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
        for read, at, blank, default in self.fast:
            cell = "" if at is None else cells[at].strip()
            if cell:
                values.append(read(cell))
            elif blank:
                values.append(default)
            else:
                raise CellError(MISSING)
        return tuple(values)

    def _checked(self, values: Values) -> Values:
        if self.layout.check is None:
            return values
        named = {name: None if value is KEEP else value for name, value in zip(self.layout.names, values, strict=True)}
        self.layout.check(named)
        return tuple([value if value is KEEP else named[name] for name, value in zip(named, values, strict=True)])

    def _faulty(self, line: int, cells: list[str]) -> Row:
        """Read the row again, telling every fault of it."""
        values: list[Any] = []
        faults: list[tuple[Column, str]] = []
        for column, (read, at, blank, default) in zip(self.layout.columns, self.fast, strict=True):
            cell = "" if at is None else cells[at].strip()
            if not cell and not blank:
                faults.append((column, MISSING))
            try:
                values.append(read(cell) if cell else default)
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
