"""Drafts 草稿: what a person typed into a form and has not sent; never commits.

A subject names the form: `declare:{customer_no}` (附件一), `task:{task_id}` (the decision page).
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.stores.drafts import DraftStore
from models.tables.messages import Draft

MAX_CONTENT = 16_000


class Kept(NamedTuple):
    """A draft: the fields as typed, and when they were saved."""

    fields: dict[str, str]
    saved_at: datetime


def save(session: Session, account_id: UUID, subject: str, fields: Mapping[str, str], now: datetime) -> None:
    """Keep what was typed in place of an earlier draft; empty fields forget it.

    Raises INVALID_INPUT when the text is longer than a form may hold.
    """
    typed = {name: value for name, value in fields.items() if value.strip()}
    if not typed:
        DraftStore(session).delete(account_id, subject)
        return
    content = json.dumps(typed, ensure_ascii=False)
    if len(content) > MAX_CONTENT:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "draft", "reason": "string_too_long"}])
    DraftStore(session).put(Draft(account_id=account_id, subject=subject, content=content, updated_at=now))


def load(session: Session, account_id: UUID, subject: str) -> Kept | None:
    """The person's own draft about a subject."""
    draft = DraftStore(session).get(account_id, subject)
    return Kept(json.loads(draft.content), draft.updated_at) if draft else None


def delete(session: Session, account_id: UUID, subject: str) -> None:
    """Forget a draft once its form was sent."""
    DraftStore(session).delete(account_id, subject)
