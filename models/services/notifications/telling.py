"""One row per person and event, and one per channel it goes out on; both in the transaction of what happened."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.services.notifications.channels import Planned, desk_at, planned
from models.services.notifications.texts import TEMPLATES
from models.stores.channels import ChannelStore
from models.stores.messages import NotificationStore
from models.tables.messages import Delivery, Notification, OutboxEvent
from models.tables.organisation import Account
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
    """Tell each person once: the same `key` for the same person is told no second time, whatever is redelivered.

    `context` are plain strings: customer_no, customer_name, step, role, by, text, outcome; due_at as ISO instant.
    Raises ValueError for a template that there is none of.
    """
    if template not in TEMPLATES:
        raise ValueError(f"no notification template {template!r}")
    store, desk = NotificationStore(session), desk_at(session, at)
    for account_id, preference, account in ChannelStore(session).of_people(dict.fromkeys(to)):
        dedupe_key = f"{key}:{account_id}"
        if account.disabled_at is not None or store.by_key(dedupe_key) is not None:
            continue
        row = Notification(
            dedupe_key=dedupe_key,
            account_id=account_id,
            case_id=case_id,
            task_id=task_id,
            template=template,
            content=json.dumps(dict(context or {}), ensure_ascii=False),
            created_at=at,
        )
        write(session, row, account, planned(preference, desk, at, has_address=bool(account.email)))


def write(session: Session, row: Notification, account: Account, ways: Iterable[Planned]) -> None:
    """Store a notification with its deliveries and tell the person's open pages."""
    store = NotificationStore(session)
    store.add(row)
    for way in ways:
        store.add(Delivery(notification_id=row.id, channel=way.channel, state=way.state, not_before=way.not_before))
    emit(session, "notified", row.created_at, account_id=account.id, case_id=row.case_id, task_id=row.task_id)


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
