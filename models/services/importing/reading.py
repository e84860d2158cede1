"""File bytes -> sheets of text cells with the line a person sees; the kind is told by header and name."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePath

from python_calamine import CalamineError, CalamineWorkbook

from models.services.importing.checks import (
    MAX_COLUMNS,
    MAX_ROWS,
    check_size,
    check_text,
    check_workbook,
    rejected,
)
from models.services.importing.kinds import LAYOUTS, Layout

Line = tuple[int, list[str]]
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
WORKBOOK_SUFFIX = ".xlsx"
SUFFIXES = (".csv", WORKBOOK_SUFFIX)


@dataclass(frozen=True)
class Sheet:
    """A header and its rows; `positions` says where each column of the layout stands (None: left out)."""

    name: str
    layout: Layout
    width: int
    positions: tuple[int | None, ...]
    rows: list[Line]


@dataclass(frozen=True)
class Part:
    """One CSV file, or one sheet of a workbook turned into CSV: what a job keeps."""

    name: str
    content: bytes


def split(name: str, data: bytes, limit: int) -> list[Part]:
    """Check an upload and give its parts. Raises DomainError IMPORT_REJECTED or FILE_TOO_LARGE."""
    check_size(name, len(data), limit)
    suffix = PurePath(name).suffix.lower()
    if suffix == WORKBOOK_SUFFIX:
        check_workbook(name, data)
        return _workbook_parts(name, data)
    if suffix != ".csv":
        raise rejected(name, "只接受 CSV 和 XLSX 文件")
    check_text(name, data)
    return [Part(name, data)]


def read_sheet(part: Part) -> Sheet:
    """Rows of one part and what they are. Raises DomainError IMPORT_REJECTED."""
    lines = _lines(part)
    header_line = next(lines, None)
    if header_line is None:
        raise rejected(part.name, "没有表头")
    header = [cell.strip() for cell in header_line[1]]
    while header and not header[-1]:
        header.pop()
    layout = recognise(part.name, header)
    where = {layout.headers[cell.casefold()].name: index for index, cell in enumerate(header)}
    positions = tuple(where.get(column) for column in layout.names)
    return Sheet(part.name, layout, len(header), positions, list(lines))


def recognise(name: str, header: list[str]) -> Layout:
    """The one layout the header fits; the file or sheet name decides which faults are told when none does."""
    fitting = [layout for layout in LAYOUTS.values() if not _faults(layout, header)]
    if len(fitting) == 1:
        return fitting[0]
    raise rejected(name, "；".join(_faults(_closest(name, header), header)))


def _closest(name: str, header: list[str]) -> Layout:
    for layout in LAYOUTS.values():
        if layout.kind in PurePath(name).stem.lower() or layout.zh in PurePath(name).stem:
            return layout
    cells = {cell.casefold() for cell in header}
    best = max(LAYOUTS.values(), key=lambda layout: len(cells & layout.headers.keys()))
    if not cells & best.headers.keys():
        raise rejected(name, "认不出是哪一种数据：表头应为机构、人员、客户、联系人、保单或经验数据的列名")
    return best


def _faults(layout: Layout, header: list[str]) -> list[str]:
    known = [layout.headers.get(cell.casefold()) for cell in header]
    present = [column.name for column in known if column]
    missing = [f"{c.name} {c.zh}" for c in layout.columns if not c.optional and c.name not in present]
    unknown = [cell or "（空）" for cell, column in zip(header, known, strict=True) if column is None]
    repeated = sorted({column for column in present if present.count(column) > 1})
    told = (("缺少列", missing), ("多余的列", unknown), ("重复的列", repeated))
    return [f"{what} {'、'.join(names)}" for what, names in told if names]


def decode(name: str, data: bytes) -> str:
    """UTF-8 with or without BOM, else GB18030; nothing is guessed."""
    if data.startswith(_UTF8_BOM):
        data = data[len(_UTF8_BOM) :]
    elif data.startswith(_UTF16_BOMS):
        raise rejected(name, "编码应为 UTF-8 或 GB18030")
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise rejected(name, "编码应为 UTF-8 或 GB18030")


def _lines(part: Part) -> Iterator[Line]:
    """Lines that are not blank, each with the number of its first line in the file."""
    reader = csv.reader(io.StringIO(decode(part.name, part.content), newline=""), strict=True)
    ended, count = 0, 0
    try:
        for row in reader:
            started, ended = ended + 1, reader.line_num
            if not any(row):
                continue
            count += 1
            if len(row) > MAX_COLUMNS:
                raise rejected(part.name, f"超过 {MAX_COLUMNS} 列")
            if count > MAX_ROWS + 1:
                raise rejected(part.name, f"超过 {MAX_ROWS} 行")
            yield started, row
    except csv.Error:
        raise rejected(part.name, f"第 {ended + 1} 行起不是完好的 CSV（引号没有成对）") from None


def _workbook_parts(name: str, data: bytes) -> list[Part]:
    try:
        with CalamineWorkbook.from_object(io.BytesIO(data)) as book:
            tables = [(sheet, _cells(book, sheet)) for sheet in book.sheet_names]
    except (CalamineError, ValueError, OSError):
        raise rejected(name, "不是完好的 XLSX 文件") from None
    parts = [Part(f"{name}/{sheet}", _to_csv(cells)) for sheet, cells in tables if any(map(any, cells))]
    if not parts:
        raise rejected(name, "没有数据")
    return parts


def _cells(book: CalamineWorkbook, sheet: str) -> list[list[str]]:
    table = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    return [[_cell_text(cell) for cell in row] for row in table]


def _to_csv(cells: list[list[str]]) -> bytes:
    """One line per sheet row, blank ones too, so that line numbers stay those of the sheet."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    for row in cells:
        writer.writerow(row if any(row) else [])
    return buffer.getvalue().encode()


def _cell_text(cell: object) -> str:
    match cell:
        case str():
            return " ".join(cell.splitlines())
        case bool():
            return "是" if cell else "否"
        case float():
            return str(int(cell)) if cell.is_integer() else format(Decimal(repr(cell)), "f")
        case dt.datetime():
            return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ")
        case _:
            return str(cell)
