"""Answers of `/rulebooks`."""

from datetime import date, datetime
from uuid import UUID

from api.schemas.base import Answer
from models.types import Source


class RulebookVersionAnswer(Answer):
    """规则版本: immutable; in force from `effective_on` until a later one is."""

    id: UUID
    code: str
    version: int
    effective_on: date
    digest: str
    created_at: datetime
    created_by: str
    reason: str


class RuleAnswer(Answer):
    """One rule in words; `section` is the file of the rulebook it stands in."""

    section: str
    text_zh: str
    text_en: str
    source: Source


class ArticleAnswer(Answer):
    """An article, attachment, table or section of defaults with its rules."""

    article: str
    rules: list[RuleAnswer]
