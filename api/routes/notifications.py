"""`/notifications` and `/me/channels`: what the caller was told, and how it wants to be told."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.acts import key_for
from api.deps import Action, Caller, DatabaseDep, IdempotencyKeyDep, SettingsDep, require
from api.message_answers import account_of, channels_answer, notification_answers
from api.paging import PagingDep
from api.schemas.base import PageAnswer
from api.schemas.messages import ChannelsAnswer, ChannelsBody, NotificationAnswer
from models.services.desk.once import once
from models.services.notifications import reading
from models.services.notifications.channels import Wishes, choose
from models.stores.channels import InboxMessageStore

router = APIRouter(tags=["notifications"])
SelfDep = Annotated[Caller, require(Action.READ_ME)]


@router.get("/notifications")
def list_notifications(
    database: DatabaseDep,
    paging: PagingDep,
    caller: SelfDep,
    *,
    unread: Annotated[bool, Query()] = False,
) -> PageAnswer[NotificationAnswer]:
    """Newest first; `unread` leaves out what was read."""
    with database.read() as session:
        store, after = InboxMessageStore(session), paging.instant_and_id()
        rows = store.page(caller.account_id, unread=unread or None, after=after, limit=paging.fetch)
        shown, cursor = paging.cut(rows, lambda row: (row.created_at.isoformat(), str(row.id)))
        return PageAnswer(items=notification_answers(session, shown), next_cursor=cursor)


@router.post("/notifications/read", status_code=204)
def read_all(database: DatabaseDep, caller: SelfDep, key: IdempotencyKeyDep) -> Response:
    """Everything is read."""
    now = datetime.now(UTC)
    with database.write() as session:

        def do() -> dict[str, str]:
            reading.mark_all_read(session, caller.account_id, now)
            return {}

        once(session, key_for(caller, key, "notifications:read", {}), now, do)
    return Response(status_code=204)


@router.post("/notifications/{notification_id}/read")
def read_one(
    notification_id: UUID, database: DatabaseDep, caller: SelfDep, key: IdempotencyKeyDep
) -> NotificationAnswer:
    """One notification is read; somebody else's is 404."""
    now = datetime.now(UTC)
    with database.write() as session:

        def do() -> dict[str, str]:
            reading.mark_read(session, caller.account_id, notification_id, now)
            return {}

        once(session, key_for(caller, key, f"notifications:read:{notification_id}", {}), now, do)
        row = reading.mark_read(session, caller.account_id, notification_id, now)
        return notification_answers(session, [row])[0]


@router.get("/me/channels")
def read_channels(database: DatabaseDep, caller: SelfDep) -> ChannelsAnswer:
    """How the caller is told; of the robot's address only its kind."""
    with database.read() as session:
        return channels_answer(session, caller, datetime.now(UTC))


@router.put("/me/channels")
def choose_channels(
    body: ChannelsBody, database: DatabaseDep, settings: SettingsDep, caller: SelfDep, key: IdempotencyKeyDep
) -> ChannelsAnswer:
    """Choose; the same choice again changes nothing."""
    now = datetime.now(UTC)
    wishes = Wishes(
        email=body.email,
        digest=body.digest,
        chat_url=body.chat_url.get_secret_value() if body.chat_url is not None else None,
        quiet_from_hour=body.quiet_from_hour,
        quiet_until_hour=body.quiet_until_hour,
        language=body.language,
    )
    with database.write() as session:

        def do() -> dict[str, str]:
            account = account_of(session, caller)
            choose(session, account, wishes, schemes=settings.chat_schemes, by=caller.by, at=now)
            return {}

        once(session, key_for(caller, key, "channels", asdict(wishes)), now, do)
        session.flush()
        return channels_answer(session, caller, now)


@router.post("/me/channels/test", status_code=202)
def test_channel(database: DatabaseDep, caller: SelfDep, key: IdempotencyKeyDep) -> ChannelsAnswer:
    """Send a line to the caller's own robot; `last_test` tells what became of it a moment later."""
    now = datetime.now(UTC)
    with database.write() as session:

        def do() -> dict[str, str]:
            reading.send_test(session, account_of(session, caller), now)
            return {}

        once(session, key_for(caller, key, "channels:test", {}), now, do)
        session.flush()
        return channels_answer(session, caller, now)
