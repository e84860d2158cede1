"""Canonical JSON of a rulebook and its digest."""

import hashlib
import json

from models.rulebook.schema.book import Rulebook


def to_json(book: Rulebook) -> str:
    """One text for one meaning: sorted keys, no spaces, decimals without trailing zeros."""
    return json.dumps(book.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(content: str) -> Rulebook:
    """The rulebook of a stored version; it was checked before it was stored."""
    return Rulebook.model_validate_json(content)


def digest(book: Rulebook) -> str:
    """SHA-256 of the canonical JSON, hexadecimal."""
    return digest_of(to_json(book))


def digest_of(content: str) -> str:
    """SHA-256 of a stored content, hexadecimal."""
    return hashlib.sha256(content.encode()).hexdigest()
