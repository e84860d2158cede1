"""Bad files (T35): each refused in less time than the largest good one takes, with a reason."""

import time

import pytest

from models.errors import DomainError, ErrorCode
from models.services.importing.checks import MAX_ROWS
from models.services.importing.reading import read_sheet, split
from tests.importing.loading import CUSTOMERS, EXPERIENCE, LIMIT
from tests.importing.workbooks import with_entries, workbook

GOOD = workbook({"客户": [["customer_no"], ["C1"]]})
SHEET = "xl/worksheets/sheet1.xml"
HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = b"</sheetData></worksheet>"
DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet>&e;</worksheet>'
FAR_CELL = HEAD + b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>' + TAIL
WIDE = HEAD + b'<row r="1">' + b"".join(b'<c r="CW1"><v>1</v></c>' for _ in range(3)) + b"</row>" + TAIL
MANY = "".join(f",c{number}" for number in range(100_000))
SHEETS = workbook({f"s{number}": [["customer_no"]] for number in range(21)})
ODD_TARGET = b'<Relationships><Relationship Type="http://x/worksheet" Target="media/a.png"/></Relationships>'

BAD_FILES = {
    "zip bomb": ("a.xlsx", with_entries({SHEET: HEAD + b" " * 60_000_000 + TAIL}, GOOD), "解压后超过 50 MB"),
    "high ratio": ("a.xlsx", with_entries({SHEET: HEAD + b" " * 20_000_000 + TAIL}, GOOD), "压缩比超过 100"),
    "many entries": ("a.xlsx", with_entries({f"x{n}.xml": b"<a/>" for n in range(101)}, GOOD), "超过 100 个条目"),
    "nested zip": ("a.xlsx", with_entries({"xl/embeddings/b.zip": b"PK"}, GOOD), "嵌套"),
    "macro": ("a.xlsx", with_entries({"xl/vbaProject.bin": b"x"}, GOOD), "含有宏"),
    "entity": ("a.xlsx", with_entries({SHEET: DOCTYPE}, GOOD), "外部实体"),
    "outside link": ("a.xlsx", with_entries({"xl/externalLinks/externalLink1.xml": b"<a/>"}, GOOD), "外部链接"),
    "far cell": ("a.xlsx", with_entries({SHEET: FAR_CELL}, GOOD), "超过 200000 行"),
    "column 101": ("a.xlsx", with_entries({SHEET: WIDE}, GOOD), "超过 100 列"),
    "many sheets": ("a.xlsx", SHEETS, "工作表超过 20 个"),
    "hidden sheet part": ("a.xlsx", with_entries({"xl/_rels/workbook.xml.rels": ODD_TARGET}, GOOD), "不认识的部件"),
    "any zip": ("a.xlsx", with_entries({"readme.txt": b"x"}), "不是 XLSX 文件"),
    "cut off": ("a.xlsx", GOOD[: len(GOOD) // 2], "不是完好的 XLSX"),
    "text as workbook": ("a.xlsx", CUSTOMERS.encode(), "不是完好的 XLSX"),
    "workbook as text": ("customers.csv", GOOD, "不是 CSV 文本"),
    "binary as text": ("customers.csv", b"\x00\x01\x02", "不是 CSV 文本"),
    "wrong extension": ("a.exe", b"MZ", "只接受 CSV 和 XLSX"),
    "wide header": ("customers.csv", f"customer_no{MANY}\n".encode(), "超过 100 列"),
    "too many rows": (
        "customers.csv",
        EXPERIENCE.splitlines()[0].encode() + b"\nP,1,1,1,1" * 200_001,
        "超过 200000 行",
    ),
    "open quote": ("customers.csv", (CUSTOMERS + '"C9,x\n').encode(), "引号"),
    "utf-16": ("customers.csv", CUSTOMERS.encode("utf-16").replace(b"\0", b" "), "UTF-8 或 GB18030"),
    "no encoding": ("customers.csv", b"customer_no\n\xff\xff\xff\n", "UTF-8 或 GB18030"),
    "empty": ("customers.csv", b"", "文件是空的"),
    "blank": ("customers.csv", b"\n\n\n", "没有表头"),
}


@pytest.fixture(scope="module")
def largest() -> float:
    """What the largest file that is allowed costs to read, in seconds of this thread alone."""
    rows = EXPERIENCE.splitlines()[0].encode() + b"\nP,1,1,1,1" * MAX_ROWS
    begun = time.thread_time()
    [read_sheet(part) for part in split("experience.csv", rows, LIMIT)]
    return time.thread_time() - begun


@pytest.mark.parametrize(("name", "data", "reason"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_bad_file_is_refused_at_once(name: str, data: bytes, reason: str, largest: float) -> None:
    begun = time.thread_time()
    with pytest.raises(DomainError) as refused:
        [read_sheet(part) for part in split(name, data, LIMIT)]
    assert time.thread_time() - begun < largest
    assert refused.value.code is ErrorCode.IMPORT_REJECTED
    assert reason in refused.value.context["reason"]
    assert refused.value.context["reason"].startswith(name)


def test_a_file_over_the_limit_is_too_large() -> None:
    with pytest.raises(DomainError) as refused:
        split("customers.csv", b"x" * 11, 10)
    assert refused.value.code is ErrorCode.FILE_TOO_LARGE
