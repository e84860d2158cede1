"""A printable form."""

from dataclasses import dataclass

from api.forms.sheet import PrintedForm
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage(Page):
    """The sheet, its PDF, and the way to the one with personal data in clear."""

    form: PrintedForm
    pdf_href: str
    full_action: str | None = None
    """None: the reader may only have the masked one."""
    full: bool = False
