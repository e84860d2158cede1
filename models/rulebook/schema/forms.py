"""Fields of 附件一 to 附件八, regulation 2.10."""

from typing import Annotated, Literal

from pydantic import Field

from models.rulebook.schema.common import Count, NamedEntry, Section, Text

FieldKind = Literal[
    "text", "long_text", "date", "instant", "money", "ratio", "integer", "boolean", "choice", "person", "list"
]


class FormField(NamedEntry):
    """One field; `group` gathers the columns of a repeated block (policies, contacts, opinions)."""

    key: Text
    kind: FieldKind
    group: str = ""
    computed: bool = False
    required: bool = True


class FormSheet(NamedEntry):
    """One sheet of a form; 附件五 has two."""

    code: Text
    fields: Annotated[tuple[FormField, ...], Field(min_length=1)]


class Form(NamedEntry):
    """附件: `code` is 附件一…附件八."""

    code: Text
    number: Count
    identifier: Text
    sheets: Annotated[tuple[FormSheet, ...], Field(min_length=1)]


class Forms(Section):
    """The eight forms. A batch of them is kept for `batch_keep_days`; one file of it holds `batch_file_sheets`."""

    batch_keep_days: Count = 7
    batch_file_sheets: Count = 100
    forms: Annotated[tuple[Form, ...], Field(min_length=1)]

    def form(self, code: str) -> Form:
        """The form of a code (`附件一`). Raises KeyError when there is none."""
        for form in self.forms:
            if form.code == code:
                return form
        raise KeyError(code)
