"""PDF/A of a printed form by the typesetter; the data never becomes markup."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

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


def to_pdf(forms: Sequence[PrintedForm]) -> bytes:
    """The forms on A4 as one PDF/A-2b, each from a page of its own, the text selectable."""
    data = json.dumps([form.as_data() for form in forms], ensure_ascii=False)
    return typst.compile(TEMPLATE, format="pdf", sys_inputs={"data": data}, pdf_standards="a-2b", font_paths=_fonts())


def pdf_answer(forms: Sequence[PrintedForm], name: str) -> Response:
    """The forms as a download; `name` is ASCII with its suffix."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Vary": "Accept"}
    return Response(to_pdf(forms), media_type=PDF_TYPE, headers=headers)
