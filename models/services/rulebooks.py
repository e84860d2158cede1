"""Rulebook versions: the built-in one, the one in force, activation of the next; never commits."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rulebook import Change, Rulebook, diff, digest_of, from_json, load_builtin, load_rulebook, to_json
from models.services import audit
from models.stores.rulebooks import RulebookStore
from models.tables.rulebook import RulebookVersion
from models.types import SYSTEM_IMPORT, Door

__all__ = ["Activation", "InForce", "activate", "diff", "ensure_builtin", "parsed", "rulebook_in_force", "rulebook_of"]

BUILTIN_REASON = "随程序提供的规则"
CACHE_SIZE = 16
_parsed: dict[UUID, Rulebook] = {}
"""Parsed versions by id; they never change, so an entry never goes stale."""


class InForce(NamedTuple):
    """A rulebook with the stored version it comes from."""

    rulebook: Rulebook
    version: RulebookVersion


class Activation(NamedTuple):
    """The version in force from the date on; `created` is False when it already was the same."""

    version: RulebookVersion
    created: bool
    changes: list[Change]


def ensure_builtin(session: Session, now: datetime | None = None) -> RulebookVersion:
    """Version 1 of the built-in rulebook if the database has none at all; else the oldest version it has."""
    stored = RulebookStore(session).list()
    if stored:
        return stored[-1]
    return _insert(session, load_builtin(), actor=SYSTEM_IMPORT, reason=BUILTIN_REASON, now=now, door=Door.SYSTEM)


def rulebook_in_force(session: Session, on: date) -> InForce:
    """The rulebook in force on a day (Asia/Shanghai). Raises NOT_FOUND when none is."""
    row = RulebookStore(session).in_force(on)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND, what="rulebook", on=on.isoformat())
    return InForce(parsed(row), row)


def rulebook_of(session: Session, version_id: UUID) -> InForce:
    """The rulebook a running case is pinned to. Raises NOT_FOUND."""
    row = RulebookStore(session).by_id(version_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND, what="rulebook", id=str(version_id))
    return InForce(parsed(row), row)


def formula_of(session: Session, version_id: UUID) -> str:
    """The formula, A or B, of the version a case is pinned to; lists ask it of every row. Raises NOT_FOUND."""
    book = _parsed.get(version_id) or rulebook_of(session, version_id).rulebook
    return book.scoring.formula


def parsed(row: RulebookVersion) -> Rulebook:
    """The rulebook of a stored version. Raises RULEBOOK_INVALID when its content does not fit its digest."""
    book = _parsed.get(row.id)
    if book is None:
        if digest_of(row.content) != row.digest:
            reason = "the stored content was altered after it was activated"
            raise DomainError(ErrorCode.RULEBOOK_INVALID, file=f"{row.code} v{row.version}", key="-", reason=reason)
        book = from_json(row.content)
        while len(_parsed) >= CACHE_SIZE:
            _parsed.pop(next(iter(_parsed)), None)
        _parsed[row.id] = book
    return book


def activate(
    session: Session,
    folder: Path,
    effective_on: date,
    actor: str,
    reason: str,
    *,
    door: Door = Door.CLI,
    now: datetime | None = None,
) -> Activation:
    """Make a folder's rulebook the one in force from a day on, as the next version of its code.

    `actor` is an account id or a reserved name. Running cases keep the version they are pinned to. When the same
    content is in force on that day already, nothing is inserted. Raises RULEBOOK_INVALID and REASON_REQUIRED.
    """
    if not reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    book = load_rulebook(folder).model_copy(update={"effective_on": effective_on})
    current = RulebookStore(session).in_force(effective_on)
    if current is not None and _same_content(current, book):
        return Activation(current, created=False, changes=[])
    changes = diff(parsed(current), book) if current is not None else []
    row = _insert(session, book, actor=actor, reason=reason.strip(), now=now, door=door)
    return Activation(row, created=True, changes=changes)


def _same_content(row: RulebookVersion, book: Rulebook) -> bool:
    """Whether a version says the same, but for the day it starts on."""
    return digest_of(to_json(book.model_copy(update={"effective_on": row.effective_on}))) == row.digest


def _insert(
    session: Session, book: Rulebook, *, actor: str, reason: str, now: datetime | None, door: Door
) -> RulebookVersion:
    store, content = RulebookStore(session), to_json(book)
    row = RulebookVersion(
        code=book.code,
        version=store.last_number(book.code) + 1,
        effective_on=book.effective_on,
        content=content,
        digest=digest_of(content),
        created_at=now or datetime.now(UTC),
        created_by=actor,
        reason=reason,
    )
    store.insert(row)
    after = {"version": row.version, "effective_on": row.effective_on.isoformat(), "digest": row.digest}
    audit.append(
        session,
        actor=actor,
        action="rulebook_activate",
        object_kind="rulebook",
        object_id=f"{row.code}/{row.version}",
        door=door,
        after=after,
        reason=reason,
        at=now,
    )
    return row
