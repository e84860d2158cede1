"""PDF/A of a printed form by the typesetter; the data never becomes markup."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import typst
from starlette.responses import Response

from api.forms.sheet import PrintedForm
from templates import ROOT

PDF_TYPE = "application/pdf"
TEMPLATE = Path(ROOT) / "forms" / "sheet.typ"


FAMILIES = frozenset({"Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei"})
"""The families that the sheet is set in; one of them must be there."""


@cache
def _fonts() -> typst.Fonts:
    """The fonts of this machine, looked up once. Raises RuntimeError without a Chinese one: boxes are no form."""
    fonts = typst.Fonts()
    if not FAMILIES.intersection(fonts.families()):
        raise RuntimeError("no Chinese font for PDF forms; Debian, Ubuntu: apt-get install fonts-noto-cjk")
    return fonts


def to_pdf(*forms: PrintedForm) -> bytes:
    """The forms on A4 as one PDF/A-2b, the text selectable. Raises ValueError for none."""
    return sheets_to_pdf([form.as_data() for form in forms])


def sheets_to_pdf(sheets: Sequence[Mapping[str, Any]]) -> bytes:
    """Several forms (`PrintedForm.as_data`) as one such PDF, each on a page of its own. Raises ValueError for none."""
    if not sheets:
        raise ValueError("there is nothing to print")
    data = json.dumps(sheets, ensure_ascii=False)
    return typst.compile(TEMPLATE, format="pdf", sys_inputs={"data": data}, pdf_standards="a-2b", font_paths=_fonts())


def pdf_answer(name: str, *forms: PrintedForm) -> Response:
    """The forms as a download; `name` is ASCII with its suffix."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Vary": "Accept"}
    return Response(to_pdf(*forms), media_type=PDF_TYPE, headers=headers)
