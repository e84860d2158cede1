"""通知: what I was told, unread first."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import Action, Caller, DatabaseDep, require
from api.message_answers import notification_answers
from api.pages.format import stamp
from api.pages.i18n import _
from api.pages.lists import href
from api.pages.render import render, see_other
from api.pages.shell import shell_for
from api.pages.view.common import EmptyState, Link, Pager, Tag, TagTone
from api.pages.view.messages import MessageRow, NotificationsPage
from api.paging import PagingDep
from api.schemas.messages import DeliveryAnswer, NotificationAnswer
from models.services.notifications import reading
from models.services.notifications.sending import path_of
from models.stores.channels import InboxMessageStore
from models.tables.messages import Notification
from models.types import Channel, DeliveryState

ADDRESS = "/notifications"
UNREAD_SHOWN = 100
router = APIRouter(prefix=ADDRESS)
SelfDep = Annotated[Caller, require(Action.READ_ME)]


@router.get("")
def show_notifications(request: Request, database: DatabaseDep, paging: PagingDep, caller: SelfDep) -> Response:
    """Unread ones on the first page, then what was read, newest first."""
    after = paging.instant_and_id()
    with database.read() as session:
        store = InboxMessageStore(session)
        unread = store.page(caller.account_id, unread=True, after=None, limit=UNREAD_SHOWN) if after is None else []
        read = store.page(caller.account_id, unread=False, after=after, limit=paging.fetch)
        shown, cursor = paging.cut(read, lambda row: (row.created_at.isoformat(), str(row.id)))
        now = datetime.now(UTC)
        model = NotificationsPage(
            shell=shell_for(request, caller, current="notifications"),
            title=_("通知"),
            phone_title=_("通知"),
            json_href="/api/v1/notifications",
            headline=_("%(n)s 条未读", n=reading.unread(session, caller.account_id)),
            unread=_rows(session, unread, now),
            read=_rows(session, shown, now),
            read_all_action=f"{ADDRESS}/read" if unread else "",
            settings_href="/settings",
            empty=_empty() if not unread and not shown else None,
            pager=Pager(
                previous_href=ADDRESS if after else None,
                next_href=href(ADDRESS, {"cursor": cursor}) if cursor else None,
            ),
        )
    return render(request, "pages/notifications.html", model)


@router.post("/read")
def read_all(request: Request, database: DatabaseDep, caller: SelfDep) -> Response:
    """全部标为已读."""
    with database.write() as session:
        reading.mark_all_read(session, caller.account_id, datetime.now(UTC))
    return see_other(request, ADDRESS)


@router.post("/{notification_id}/read")
def read_one(request: Request, notification_id: UUID, database: DatabaseDep, caller: SelfDep) -> Response:
    """标为已读."""
    _mark(database, caller, notification_id)
    return see_other(request, ADDRESS)


@router.post("/{notification_id}/open")
def open_one(request: Request, notification_id: UUID, database: DatabaseDep, caller: SelfDep) -> Response:
    """Read, and on to what it is about."""
    return see_other(request, path_of(_mark(database, caller, notification_id)))


def _mark(database: DatabaseDep, caller: Caller, notification_id: UUID) -> Notification:
    with database.write() as session:
        return reading.mark_read(session, caller.account_id, notification_id, datetime.now(UTC))


def _rows(session: Session, rows: Sequence[Notification], now: datetime) -> tuple[MessageRow, ...]:
    return tuple(_row(item, now) for item in notification_answers(session, rows))


def _row(item: NotificationAnswer, now: datetime) -> MessageRow:
    base = f"{ADDRESS}/{item.notification_id}"
    return MessageRow(
        subject=item.subject,
        body=item.body,
        at=stamp(item.created_at, now),
        at_iso=item.created_at.isoformat(),
        open_action=f"{base}/open",
        read_action=f"{base}/read" if item.read_at is None else "",
        ways=tuple(tag for delivery in item.deliveries if (tag := _way(delivery)) is not None),
    )


def _way(delivery: DeliveryAnswer) -> Tag | None:
    """How it went out; nothing for what is inside the product, or not needed any more."""
    if delivery.channel is Channel.IN_APP:
        return None
    name = _("邮件") if delivery.channel is Channel.EMAIL else _("机器人")
    texts = {
        DeliveryState.SENT: (_("%(way)s已发", way=name), TagTone.PLAIN),
        DeliveryState.PENDING: (_("%(way)s待发", way=name), TagTone.PLAIN),
        DeliveryState.SENDING: (_("%(way)s待发", way=name), TagTone.PLAIN),
        DeliveryState.DIGEST: (_("列入每日摘要"), TagTone.PLAIN),
        DeliveryState.FAILED: (_("%(way)s未送达", way=name), TagTone.WARN),
        DeliveryState.UNCONFIRMED: (_("%(way)s未确认", way=name), TagTone.WARN),
    }
    text, tone = texts.get(delivery.state, ("", TagTone.PLAIN))
    return Tag(text=text, tone=tone) if text else None


def _empty() -> EmptyState:
    return EmptyState(
        text=_("没有通知。轮到您办理、被提及或抄送时会在这里显示。"),
        link=Link(text=_("查看待办"), href="/inbox"),
        icon="bell",
    )
