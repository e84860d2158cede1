"""What is sent, attempt by attempt: recorded before, settled after; never sent twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.messages.letters import Letter
from models.messages.notifications import BROKEN_OFF, ClaimDelivery, Claimed, SettleDelivery
from models.services import decision_links
from models.services.notifications.channels import desk_at
from models.services.notifications.texts import (
    FOR_AN_OPEN_TASK,
    Place,
    Text,
    digest_text,
    letter_text,
    message_text,
)
from models.services.servicing import letters
from models.stores.channels import WAITING, ChannelStore, DeliveryStore
from models.stores.people import PeopleStore
from models.stores.tasks import TaskStore
from models.tables.messages import Delivery, Notification
from models.tables.organisation import Account
from models.types import OPEN_TASK_STATES, Channel, DeliveryState

WITH_A_LINK = frozenset({"task_opened", "appeal_opened", "task_transferred", "task_handed_back", "signer_added"})
"""The mails that ask their reader to decide: only these carry a decision link."""
MAX_ERROR = 200


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A line for a chat robot; the address is a secret."""

    url: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """One attempt, ready to go out: a mail or a chat message, or nothing; and what is not needed any more."""

    message: Letter | ChatMessage | None
    dropped: tuple[UUID, ...] = ()


def claim(session: Session, order: ClaimDelivery) -> Claimed:
    """Note that an attempt begins, before anything leaves; the same attempt again gets the same answer."""
    store = DeliveryStore(session)
    head = store.get(order.delivery_id, lock=True)
    if head is None or head.sent_with not in {None, head.id}:
        return Claimed()
    if head.sent_with is None:
        _gather(store, head, order.at)
    ready = [row for row in store.sent_with(head.id) if _is_ready(row, order.attempt)]
    for row in ready:
        row.state, row.attempts = DeliveryState.SENDING, order.attempt
        store.add(row)
    return Claimed(delivery_ids=tuple(row.id for row in ready))


def _gather(store: DeliveryStore, head: Delivery, now: datetime) -> None:
    """A digest takes along whatever else of the person's is due."""
    notification = store.notification(head)
    collected = head.state is DeliveryState.DIGEST and notification is not None
    batch = store.digest_of(notification.account_id, now) if collected and notification else []
    for row in {row.id: row for row in (head, *batch)}.values():
        row.sent_with = head.id
        store.add(row)
    store.session.flush()


def _is_ready(row: Delivery, attempt: int) -> bool:
    return row.state in WAITING or (row.state is DeliveryState.SENDING and row.attempts == attempt)


def prepare(session: Session, delivery_ids: Sequence[UUID], base_url: str, now: datetime) -> Prepared:
    """The mail or chat message of an attempt; what nobody needs any more is dropped (closed task, channel given up)."""
    store = DeliveryStore(session)
    pairs = [(row, store.notification(row)) for row in map(store.get, delivery_ids) if row is not None]
    found = [(row, note) for row, note in pairs if note is not None]
    if found and found[0][1].account_id is None:
        return _to_customer(session, *found[0], base_url, now)
    account = _reader(session, found)
    wanted = [(row, note) for row, note in found if account is not None and _is_wanted(session, note)]
    message = _message(session, wanted, account, base_url, now) if wanted and account is not None else None
    kept = {row.id for row, _ in wanted} if message is not None else set()
    return Prepared(message, tuple(row.id for row, _ in found if row.id not in kept))


def _to_customer(session: Session, row: Delivery, note: Notification, base_url: str, now: datetime) -> Prepared:
    """A letter to a customer goes out alone."""
    letter = letters.letter_of(session, note, str(row.id), base_url, now)
    return Prepared(letter, () if letter is not None else (row.id,))


def _reader(session: Session, found: Sequence[tuple[Delivery, Notification]]) -> Account | None:
    account_id = found[0][1].account_id if found else None
    account = PeopleStore(session).account(account_id) if account_id else None
    return account if account is not None and account.disabled_at is None else None


def _is_wanted(session: Session, note: Notification) -> bool:
    if note.template not in FOR_AN_OPEN_TASK or note.task_id is None:
        return True
    task = TaskStore(session).get(note.task_id)
    return task is not None and task.state in OPEN_TASK_STATES


def _message(
    session: Session,
    wanted: Sequence[tuple[Delivery, Notification]],
    account: Account,
    base_url: str,
    now: datetime,
) -> Letter | ChatMessage | None:
    row, note = wanted[0]
    if row.channel is Channel.CHAT:
        chosen = ChannelStore(session).preference(account.id)
        return _chat(note, account, chosen.chat_url if chosen else None, base_url)
    if not account.email:
        return None
    key = str(row.sent_with or row.id)
    place = Place(channel=Channel.EMAIL, language=account.language, url=f"{base_url}/notifications")
    if len(wanted) > 1:
        subjects = [
            (message_text(other.template, other.content, place).subject, f"{base_url}{path_of(other)}")
            for _, other in wanted
        ]
        return _letter(key, account, digest_text(subjects, place), place)
    place = _place_of(session, note, account, base_url, now)
    return _letter(key, account, message_text(note.template, note.content, place), place)


def _place_of(session: Session, note: Notification, account: Account, base_url: str, now: datetime) -> Place:
    desk = desk_at(session, now)
    task = TaskStore(session).get(note.task_id) if note.task_id and note.template in WITH_A_LINK else None
    secret = decision_links.issue(session, account.id, task, desk, now) if task is not None else None
    return Place(
        channel=Channel.EMAIL,
        language=account.language,
        url=f"{base_url}{path_of(note)}",
        decide_url=f"{base_url}/d/{secret}" if secret else "",
        link_hours=desk.link_hours,
    )


def _letter(key: str, account: Account, text: Text, place: Place) -> Letter:
    framed = letter_text(text, place)
    return Letter(key=key, to=(account.email or "",), subject=framed.subject, body=framed.body)


def _chat(note: Notification, account: Account, url: str | None, base_url: str) -> ChatMessage | None:
    if not url:
        return None
    place = Place(channel=Channel.CHAT, language=account.language)
    text = message_text(note.template, note.content, place)
    return ChatMessage(url, text.subject, f"{text.subject}\n{base_url}{path_of(note)}")


def path_of(note: Notification) -> str:
    """The page a notification leads to: its task, its case, else the list of notifications."""
    if note.task_id is not None:
        return f"/tasks/{note.task_id}"
    return f"/cases/{note.case_id}" if note.case_id is not None else "/notifications"


def settle(session: Session, settled: SettleDelivery) -> None:
    """Write down what became of an attempt. What was sent stays sent, whatever is told of it later."""
    store, result = DeliveryStore(session), settled.result
    for row in map(store.get, settled.delivery_ids):
        if row is None or row.state in {DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.DROPPED}:
            continue
        if row.id in result.dropped:
            row.state = DeliveryState.DROPPED
        elif result.outcome == "again" and settled.retry_at is not None:
            row.state, row.not_before = DeliveryState.PENDING, settled.retry_at
        else:
            row.state = _FINAL[result.outcome]
            row.sent_at = settled.at if result.outcome == "sent" else None
        row.error = result.error[:MAX_ERROR] if result.error else None
        store.add(row)
        _mark_sent(store, row)


def let_go(session: Session, delivery_id: UUID) -> bool:
    """The workflow of a delivery is no more (an operator ended it): nobody knows what became of an open attempt.

    Gives whether the delivery itself waits to be sent; whatever else it took along waits for a workflow of its own.
    """
    store = DeliveryStore(session)
    head = store.get(delivery_id, lock=True)
    for row in {row.id: row for row in (*([head] if head else []), *store.sent_with(delivery_id))}.values():
        if row.state is DeliveryState.SENDING:
            row.state, row.error = DeliveryState.UNCONFIRMED, BROKEN_OFF
        elif row.state in WAITING:
            row.sent_with = None
        store.add(row)
    return head is not None and head.state in WAITING


_FINAL = {
    "sent": DeliveryState.SENT,
    "again": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "unconfirmed": DeliveryState.UNCONFIRMED,
}


def _mark_sent(store: DeliveryStore, row: Delivery) -> None:
    note = store.notification(row) if row.state is DeliveryState.SENT else None
    if note is not None and note.sent_at is None:
        note.sent_at = row.sent_at
        store.session.add(note)
