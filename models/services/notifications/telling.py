"""One row per person and event, and one per channel it goes out on; both in the transaction of what happened."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.services.notifications.channels import Planned, desk_at, planned
from models.services.notifications.texts import TEMPLATES
from models.stores.channels import ChannelStore
from models.stores.messages import NotificationStore
from models.tables.messages import Delivery, Notification, OutboxEvent
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
    people = [found for found in ChannelStore(session).of_people(to) if found.account.disabled_at is None]
    standing = store.standing(f"{key}:{person.account.id}" for person in people)
    content = json.dumps(dict(context or {}), ensure_ascii=False)
    told = [
        (
            Notification(
                dedupe_key=f"{key}:{person.account.id}",
                account_id=person.account.id,
                case_id=case_id,
                task_id=task_id,
                template=template,
                content=content,
                created_at=at,
            ),
            planned(person.preference, desk, at, has_address=bool(person.account.email)),
        )
        for person in people
        if f"{key}:{person.account.id}" not in standing
    ]
    write(session, told)


def write(session: Session, told: Sequence[tuple[Notification, Sequence[Planned]]]) -> None:
    """Store notifications with their deliveries and tell the people's open pages."""
    store = NotificationStore(session)
    for row, _ in told:
        store.add(row)
        emit(session, "notified", row.created_at, account_id=row.account_id, case_id=row.case_id, task_id=row.task_id)
    session.flush()  # nothing else puts a delivery behind the notification it belongs to
    for row, ways in told:
        for way in ways:
            store.add(Delivery(notification_id=row.id, channel=way.channel, state=way.state, not_before=way.not_before))


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
