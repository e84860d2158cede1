"""Telling people: one row per person and event, written in the transaction of what happened, sent afterwards."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.stores.messages import NotificationStore
from models.tables.messages import Notification, OutboxEvent
from models.types import Role


def notify(
    session: Session,
    *,
    to: Iterable[UUID],
    template: str,
    key: str,
    at: datetime,
    case_id: UUID | None = None,
    task_id: UUID | None = None,
    context: Mapping[str, str] | None = None,
) -> None:
    """Tell each person once: the same `key` for the same person is told no second time, whatever is redelivered."""
    store = NotificationStore(session)
    for account_id in dict.fromkeys(to):
        dedupe_key = f"{key}:{account_id}"
        if store.by_key(dedupe_key) is None:
            row = Notification(
                dedupe_key=dedupe_key,
                account_id=account_id,
                case_id=case_id,
                task_id=task_id,
                template=template,
                content=json.dumps(dict(context or {}), ensure_ascii=False),
                created_at=at,
            )
            store.add(row)
            emit(session, "notified", at, account_id=account_id, case_id=case_id, task_id=task_id)


def emit(
    session: Session,
    kind: str,
    at: datetime,
    *,
    case_id: UUID | None = None,
    task_id: UUID | None = None,
    account_id: UUID | None = None,
    role: Role | None = None,
    institution_code: str | None = None,
) -> None:
    """Announce to open pages that an inbox changed: a person's, or that of everybody who holds a post."""
    event = OutboxEvent(
        at=at,
        kind=kind,
        case_id=case_id,
        task_id=task_id,
        account_id=account_id,
        role=role,
        institution_code=institution_code,
    )
    NotificationStore(session).append(event)
