"""Skeleton, general articles 1-6, supplementary rules and what a real copy would still settle."""

from typing import Annotated, Literal

from pydantic import Field

from models.rulebook.schema.common import Count, Entry, NamedEntry, Provision, Section, Text


class Chapter(NamedEntry):
    """章: `page_counted` / `page_printed` as the copy shows them; `inferred` is concluded from the page numbers."""

    number: Count
    page_counted: Count
    page_printed: Count
    inferred: str = ""


class Attachment(NamedEntry):
    """附件 or 附表: `identifier` is the form (附件) or the table (附表)."""

    code: Text
    kind: Literal["form", "table"]
    identifier: Text
    page_counted: Count
    page_printed: Count
    inferred: str = ""


class Note(Entry):
    """A remark on the copy: an inference (`inferred`) or an open point."""

    code: Text
    text_zh: Text
    text_en: Text
    inferred: bool = False


class Reference(Entry):
    """A sister document that defaults were taken from."""

    code: Annotated[str, Field(pattern=r"S\d+")]
    title: Text
    facts: Text


class General(Section):
    """总则 and 附则: text that people read; no number in here is computed with."""

    chapters: Annotated[tuple[Chapter, ...], Field(min_length=1)]
    attachments: Annotated[tuple[Attachment, ...], Field(min_length=1)]
    provisions: Annotated[tuple[Provision, ...], Field(min_length=1)]
    supplementary: Annotated[tuple[Provision, ...], Field(min_length=1)]
    notes: tuple[Note, ...]
    open_points: tuple[Note, ...]
    references: tuple[Reference, ...]
