"""Greetings and magazines: claimed in the records, handed over, then closed; at most one message a row, for ever.

A claim is the notification of the row, written before anything leaves. A claim that is found without its `sent_at`
was broken off: whether the message arrived nobody knows, so it is not sent again and a person is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from models.messages.letters import Letter
from models.messages.sweep import SweepOrder
from models.rules.calendar import local_date
from models.rules.touchpoint_day import What, Why
from models.services.care.letters import letter_key, letter_of
from models.services.care.missed import Around, end
from models.services.care.telling import tell_responsible
from models.services.duties.settling import walk
from models.services.servicing.record_numbers import TOUCHPOINT, record_nos
from models.stores.messages import NotificationStore
from models.stores.sweeps import SweepStore
from models.tables.care import Touchpoint
from models.tables.messages import Notification
from models.types import SYSTEM_SCHEDULE, Stage

BY_HAND, BROKEN_OFF = "greet_by_hand", "greeting_unconfirmed"
Outcome = Literal["sent", "refused", "unconfirmed", "again"]


@dataclass(frozen=True, slots=True)
class Ready:
    """One claimed letter."""

    touchpoint_id: UUID
    letter: Letter


@dataclass(frozen=True, slots=True)
class Words:
    """What the letters of a row say beside its own facts."""

    manager: str
    late: bool


@dataclass(frozen=True, slots=True)
class Claims:
    """What one chunk may hand over now, what it settled already, and where the next one begins."""

    ready: tuple[Ready, ...]
    counts: dict[str, int]
    after: str | None


def claim(session: Session, order: SweepOrder) -> Claims:
    """Claim the letters of the next rows whose day has come; whom no letter reaches is left to a person."""
    rows, after = walk(session, order, human=False)
    rows = [row for row in rows if row.due_on <= order.day and row.merged_into is None]
    if not rows:
        return Claims((), {}, after)
    today = local_date(order.at)
    around = Around.of(session, rows, order.day)
    claims = SweepStore(session).claims([letter_key(row) for row in rows])
    managers = SweepStore(session).managers({member.manager_id for member in around.members.values()})
    ready: list[Ready] = []
    counts: dict[str, int] = {}
    for row in rows:
        if around.judge(row).what is not What.GO:
            continue
        member = around.members.get(row.customer_no)
        manager = managers.get(member.manager_id, "") if member else ""
        found = _claim(around, row, claims.get(letter_key(row)), order.at, Words(manager, row.due_on < today))
        if isinstance(found, Ready):
            ready.append(found)
        else:
            counts[found] = counts.get(found, 0) + 1
    session.flush()
    return Claims(tuple(ready), counts, after)


def _claim(around: Around, row: Touchpoint, standing: Notification | None, at: datetime, words: Words) -> Ready | str:
    session = around.session
    if standing is not None and standing.sent_at is None:
        end(session, row, Stage.MISSED, Why.UNCONFIRMED, at)
        tell_responsible(session, row, around.book(row), BROKEN_OFF, at)
        return "unconfirmed"
    people = [contact for contact in around.recipients(row) if contact.email and contact.consent]
    if not people:
        return _by_hand(around, row, at)
    if standing is not None:  # handed over, and the worker died before the row was closed
        _close(session, [row], at)
        return "sent"
    customer = around.customers.get(row.customer_no)
    letter = letter_of(row, people, customer.name if customer else "", words.manager, late=words.late)
    NotificationStore(session).add(
        Notification(
            dedupe_key=letter.key,
            customer_no=row.customer_no,
            template=row.item,
            content=letter.model_dump_json(),
            created_at=at,
        )
    )
    return Ready(row.id, letter)


def _by_hand(around: Around, row: Touchpoint, at: datetime) -> str:
    row.withheld, row.updated_at = Why.NO_ADDRESS.value, at
    tell_responsible(around.session, row, around.book(row), BY_HAND, at)
    return "by_hand"


def settle(session: Session, outcomes: Sequence[tuple[Ready, Outcome]], order: SweepOrder) -> dict[str, int]:
    """What became of claimed letters. One that did not leave is free to be claimed again."""
    store = SweepStore(session)
    letters = store.claims([ready.letter.key for ready, _ in outcomes])
    rows = store.touchpoints([ready.touchpoint_id for ready, _ in outcomes])
    around = Around.of(session, list(rows.values()), order.day)
    sent = []
    for ready, outcome in outcomes:
        row, note = rows[ready.touchpoint_id], letters.get(ready.letter.key)
        if note is None:
            continue
        if outcome == "sent":
            note.sent_at = order.at
            sent.append(row)
        elif outcome == "unconfirmed":
            end(session, row, Stage.MISSED, Why.UNCONFIRMED, order.at)
            tell_responsible(session, row, around.book(row), BROKEN_OFF, order.at)
        else:
            store.withdraw(note)
            if outcome == "refused":
                _by_hand(around, row, order.at)
    _close(session, sent, order.at)
    return {name: sum(1 for _, outcome in outcomes if outcome == name) for name in ("sent", "refused", "unconfirmed")}


def _close(session: Session, rows: Sequence[Touchpoint], at: datetime) -> None:
    """已完成: each by a conditional UPDATE, so that who closed it by hand meanwhile keeps its own record."""
    day = local_date(at)
    numbers = {
        code: record_nos(session, TOUCHPOINT, code, day.year, sum(1 for row in rows if row.institution_code == code))
        for code in {row.institution_code for row in rows}
    }
    changes = [
        {
            "row_id": row.id,
            "stage": Stage.DONE,
            "done_on": day,
            "done_at": at,
            "done_by_name": SYSTEM_SCHEDULE,
            "in_time": day <= row.due_on,
            "withheld": None,
            "hushed_by": None,
            "record_no": numbers[row.institution_code].pop(0),
            "updated_at": at,
        }
        for row in rows
    ]
    SweepStore(session).close_sent(changes)
