"""Notifications and channels as answers: the same for JSON and pages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.act_base import inbox_of
from api.deps import Action, Caller
from api.pages.i18n import language
from api.schemas.messages import (
    ChannelsAnswer,
    DeliveryAnswer,
    InboxNumbers,
    NotificationAnswer,
)
from models.errors import DomainError, ErrorCode
from models.services.notifications.channels import preference_of, scheme_of
from models.services.notifications.reading import last_test, numbers, unread
from models.services.notifications.sending import path_of
from models.services.notifications.texts import Place, message_text
from models.stores.channels import DeliveryStore
from models.stores.people import PeopleStore
from models.tables.messages import Delivery, Notification
from models.tables.organisation import Account
from models.types import Channel, DeliveryState


def inbox_numbers(session: Session, caller: Caller, now: datetime) -> InboxNumbers:
    """What waits for the caller; who has no inbox has notifications only."""
    if not caller.may(Action.READ_TASKS):
        return InboxNumbers(todo=0, overdue=0, queue=0, unread=unread(session, caller.account_id))
    return InboxNumbers.model_validate(numbers(session, inbox_of(session, caller), now))


def notification_answers(session: Session, rows: Sequence[Notification]) -> list[NotificationAnswer]:
    """Notifications in the language of the request, with how each went out."""
    ways: dict[UUID, list[Delivery]] = {}
    for delivery in DeliveryStore(session).of_notifications([row.id for row in rows]):
        ways.setdefault(delivery.notification_id, []).append(delivery)
    return [_answer(row, ways.get(row.id, [])) for row in rows]


def _answer(row: Notification, deliveries: Sequence[Delivery]) -> NotificationAnswer:
    text = message_text(row.template, row.content, Place(channel=Channel.IN_APP, language=language()))
    # The row itself is the delivery inside the product: it stood there in the transaction of what happened.
    inside = DeliveryAnswer(
        channel=Channel.IN_APP,
        state=DeliveryState.SENT,
        not_before=row.created_at,
        attempts=1,
        sent_at=row.created_at,
        error=None,
    )
    return NotificationAnswer(
        notification_id=row.id,
        template=row.template,
        subject=text.subject,
        body=text.body.strip(),
        path=path_of(row),
        case_id=row.case_id,
        task_id=row.task_id,
        created_at=row.created_at,
        read_at=row.read_at,
        deliveries=[inside, *(DeliveryAnswer.model_validate(delivery) for delivery in deliveries)],
    )


def channels_answer(session: Session, caller: Caller, now: datetime) -> ChannelsAnswer:
    """How the caller is told."""
    chosen, account = preference_of(session, caller.account_id, now), account_of(session, caller)
    tested = last_test(session, caller.account_id)
    values: dict[str, Any] = {
        name: getattr(chosen, name) for name in ("email", "digest", "quiet_from_hour", "quiet_until_hour")
    }
    return ChannelsAnswer(
        **values,
        has_address=bool(account.email),
        chat=scheme_of(chosen.chat_url),
        language=account.language,
        last_test=DeliveryAnswer.model_validate(tested) if tested else None,
    )


def account_of(session: Session, caller: Caller) -> Account:
    """The caller's row. Raises NOT_FOUND."""
    account = PeopleStore(session).account(caller.account_id)
    if account is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return account
