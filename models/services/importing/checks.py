"""Checks of an uploaded file before anything parses it (reliability.md T35): each ends within a second.

A workbook is a zip of XML written by somebody else. Its directory is checked first, then every part is streamed once
through expat, which refuses entities and stops at the first cell outside the limits: a sheet of two cells may declare a
range of seventeen billion, and the reader would allocate it.
"""

import re
import zipfile
import zlib
from io import BytesIO
from typing import Any
from xml.parsers import expat

from models.errors import DomainError, ErrorCode

MAX_ENTRIES = 100
MAX_DECLARED_BYTES = 50 * 1024 * 1024
MAX_RATIO = 100
RATIO_FLOOR_BYTES = 1024 * 1024
MAX_SHEETS = 20
MAX_COLUMNS = 100
MAX_ROWS = 200_000
_BLOCK = 256 * 1024
_ZIP_MAGIC = b"PK"
_NESTED = (".zip", ".xlsx", ".xlsm", ".xlsb", ".jar", ".7z", ".rar", ".gz")
_MEDIA = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".emf", ".wmf", ".bin", ".txt")
_XML = (".xml", ".rels", ".vml")
_CELL_REFERENCE = re.compile(r"([A-Z]{1,7})(\d{1,10})")


def rejected(name: str, reason: str) -> DomainError:
    """The refusal of one file."""
    return DomainError(ErrorCode.IMPORT_REJECTED, reason=f"{name}：{reason}", file=name)


def check_size(name: str, size: int, limit: int) -> None:
    """Refuse an empty file and one over `limit` bytes."""
    if size == 0:
        raise rejected(name, "文件是空的")
    if size > limit:
        raise DomainError(ErrorCode.FILE_TOO_LARGE, limit=f"{limit // (1024 * 1024)} MB", file=name)


def check_text(name: str, data: bytes) -> None:
    """Refuse what is not text although it is called CSV, and more lines than are read."""
    if data.startswith(_ZIP_MAGIC) or b"\0" in data:
        raise rejected(name, "内容不是 CSV 文本")
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    if lines > MAX_ROWS + 1:  # the header is one
        raise rejected(name, f"超过 {MAX_ROWS} 行")


def check_workbook(name: str, data: bytes) -> None:
    """Refuse a workbook that is too large, nested, with macros, entities or outside references."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _check_directory(name, archive.infolist())
            for entry in archive.infolist():
                if entry.filename.lower().endswith(_XML):
                    _check_part(name, archive, entry)
    except (zipfile.BadZipFile, expat.ExpatError, EOFError, NotImplementedError, RuntimeError, zlib.error):
        raise rejected(name, "不是完好的 XLSX 文件") from None


def _check_directory(name: str, entries: list[zipfile.ZipInfo]) -> None:
    names = {entry.filename for entry in entries}
    if len(entries) > MAX_ENTRIES:
        raise rejected(name, f"压缩包内超过 {MAX_ENTRIES} 个条目")
    if sum(entry.file_size for entry in entries) > MAX_DECLARED_BYTES:
        raise rejected(name, f"解压后超过 {MAX_DECLARED_BYTES // (1024 * 1024)} MB")
    if any(_ratio(entry) > MAX_RATIO for entry in entries):
        raise rejected(name, f"压缩比超过 {MAX_RATIO}")
    if "xl/workbook.xml" not in names or "[Content_Types].xml" not in names:
        raise rejected(name, "不是 XLSX 文件")
    for entry in entries:
        _check_entry_name(name, entry.filename.lower())
    if sum(entry.filename.startswith("xl/worksheets/sheet") for entry in entries) > MAX_SHEETS:
        raise rejected(name, f"工作表超过 {MAX_SHEETS} 个")


def _ratio(entry: zipfile.ZipInfo) -> float:
    """Small parts may be very regular; only what is large once unpacked can do harm."""
    return entry.file_size / max(entry.compress_size, 1) if entry.file_size > RATIO_FLOOR_BYTES else 0


def _check_entry_name(name: str, entry: str) -> None:
    if "vbaproject" in entry:
        raise rejected(name, "含有宏")
    if entry.endswith(_NESTED):
        raise rejected(name, "含有嵌套的压缩包")
    if "externallinks/" in entry:
        raise rejected(name, "含有外部链接")
    if not entry.endswith((*_XML, *_MEDIA, "/")):
        raise rejected(name, "含有不认识的部件")


class _Part:
    """Handlers of one XML part; raising inside one stops the parser."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows = 0
        self.sheets = 0
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.StartElementHandler = self.start

    def doctype(self, *_: Any) -> None:
        """XML of a workbook has no document type; one is an attempt at entities."""
        raise rejected(self.name, "含有外部实体")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Count rows, sheets and columns; look at relations."""
        local = tag.rpartition(":")[2]
        if local == "c":
            self.cell(attributes.get("r"))
        elif local == "row":
            self.row(attributes.get("r"))
        elif local == "sheet":
            self.sheets += 1
            if self.sheets > MAX_SHEETS:
                raise rejected(self.name, f"工作表超过 {MAX_SHEETS} 个")
        elif local == "Relationship":
            self.relation(attributes)

    def cell(self, reference: str | None) -> None:
        """One cell, by its address."""
        match = _CELL_REFERENCE.fullmatch(reference) if reference else None
        if match is None:
            return
        if _column_number(match[1]) > MAX_COLUMNS:
            raise rejected(self.name, f"超过 {MAX_COLUMNS} 列")
        self.row(match[2])

    def row(self, number: str | None) -> None:
        """One row, by its number or by counting."""
        self.rows = int(number) if number and number.isdecimal() else self.rows + 1
        if self.rows > MAX_ROWS + 1:
            raise rejected(self.name, f"超过 {MAX_ROWS} 行")

    def relation(self, attributes: dict[str, str]) -> None:
        """A worksheet must be one of the parts looked at here."""
        is_sheet = attributes.get("Type", "").endswith("/worksheet")
        if is_sheet and not attributes.get("Target", "").lower().endswith(".xml"):
            raise rejected(self.name, "含有不认识的部件")


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _check_part(name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    part, read = _Part(name), 0
    with archive.open(entry) as stream:
        while block := stream.read(_BLOCK):
            read += len(block)
            if read > entry.file_size:
                raise rejected(name, "条目比声明的大")
            part.parser.Parse(block, False)
    part.parser.Parse(b"", True)
