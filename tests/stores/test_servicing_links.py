"""The customer confirms by its own link: once, in time, asked by a letter to whoever may be written to."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from models.database import Database
from models.errors import ErrorCode
from models.messages.service_acts import (
    AcceptService,
    CompleteService,
    ConfirmService,
)
from models.services.notifications import sending
from models.services.servicing import confirmation
from models.stores.cases import CaseStore
from models.tables.book import Contact
from models.tables.cases import Task
from models.tables.messages import Notification
from models.tables.service import ConfirmationLink
from models.types import ContactKind, Door, Stage
from tests.support import serving, world
from tests.support.served_rows import HOUR, case_of, form_of, recorded_step, refused
from tests.support.serving import RECEIVED, Served, counter, customer, opened, request
from tests.support.telling import deliveries
from tests.support.world import SILVER, World


@pytest.fixture
def insurer(database: Database) -> World:
    """The small insurer with somebody at the counter of its branch."""
    return serving.with_counter(world.build(database))


def _finished(insurer: World, **more: Any) -> Served:
    found = opened(insurer, request(insurer, **more))
    found.act(AcceptService, RECEIVED + HOUR, **counter(insurer))
    found.act(CompleteService, RECEIVED + 2 * HOUR, **counter(insurer), result="已赔付")
    return found


def test_the_customer_confirms_once_by_its_link_and_nobody_s_account_stands_behind_it(insurer: World) -> None:
    found = _finished(insurer)
    secret = confirmation.secret_of(found.state)
    at = RECEIVED + 3 * HOUR
    with insurer.database.read() as session:
        assert confirmation.usable(session, secret, at).case.id == found.state.case_id
    confirm = found.message(ConfirmService, at, **customer(), comment="谢谢")
    recorded_step(insurer, confirm)
    form = form_of(found)
    assert (form.confirmed_by, form.satisfied, form.confirmation) == ("customer:link", True, "谢谢")
    with insurer.database.read() as session:
        row = CaseStore(session).decisions(found.state.case_id)[-1]
        assert (row.actor_id, row.actor_name, row.door) == (None, "customer:link", Door.LINK)
        assert [link.used_at for link in session.exec(select(ConfirmationLink))] == [at]
        refused(ErrorCode.LINK_USED_OR_EXPIRED, lambda: confirmation.usable(session, secret, at))
        assert session.exec(select(Task).where(Task.step == "confirm")).one().closed_by is None


def test_an_expired_link_confirms_nothing(insurer: World) -> None:
    found = _finished(insurer)
    late = found.message(ConfirmService, RECEIVED + timedelta(days=30), **customer())
    refused(ErrorCode.LINK_USED_OR_EXPIRED, lambda: recorded_step(insurer, late))
    with insurer.database.read() as session:
        assert case_of(session, found).stage is Stage.AWAITING_CONFIRMATION


def test_sent_back_by_the_customer_it_is_handled_again_and_the_next_link_is_another_one(insurer: World) -> None:
    found = _finished(insurer)
    first = confirmation.secret_of(found.state)
    found.act(ConfirmService, RECEIVED + 3 * HOUR, **customer(), satisfied=False)
    assert (found.state.stage, form_of(found).finished_at, form_of(found).satisfied) == (Stage.HANDLING, None, False)
    found.act(CompleteService, RECEIVED + 4 * HOUR, **counter(insurer), result="补赔")
    assert confirmation.secret_of(found.state) != first
    with insurer.database.read() as session:
        refused(ErrorCode.LINK_USED_OR_EXPIRED, lambda: confirmation.usable(session, first, RECEIVED + 4 * HOUR))


def _handler(session: Session, customer_no: str, *, consent: bool = True, name: str = "经办") -> Contact:
    row = Contact(
        customer_no=customer_no,
        kind=ContactKind.HANDLER,
        name=name,
        name_index=name,
        email=f"{name}@example.com",
        consent=consent,
    )
    session.add(row)
    session.flush()
    return row


def test_the_letter_with_the_link_goes_to_whoever_asked_once_and_only_while_it_is_awaited(insurer: World) -> None:
    with insurer.database.write() as session:
        asked = _handler(session, SILVER, name="jingban").id
        _handler(session, SILVER, name="other")
    found = _finished(insurer, contact_id=asked)
    at = RECEIVED + 2 * HOUR
    with insurer.database.write() as session:
        (way,) = [row for row in deliveries(session) if _is_letter(session, row.notification_id)]
        prepared = sending.prepare(session, [way.id], "https://vip.example.com", at)
    assert prepared.message is not None
    assert prepared.message.to == ("jingban@example.com",)  # type: ignore[union-attr]
    assert f"https://vip.example.com/c/{confirmation.secret_of(found.state)}" in prepared.message.body
    found.act(ConfirmService, at + HOUR, **counter(insurer), proof="签字单")
    with insurer.database.write() as session:
        assert sending.prepare(session, [way.id], "https://vip.example.com", at).dropped == (way.id,)


def _is_letter(session: Session, notification_id: Any) -> bool:
    note = session.get(Notification, notification_id)
    return note is not None and note.template == "service_confirm_request"


def test_nobody_is_written_to_without_consent_or_after_leaving(insurer: World) -> None:
    with insurer.database.write() as session:
        _handler(session, SILVER, consent=False)
        gone = _handler(session, SILVER, name="left")
        gone.left_on = RECEIVED.date()
        session.add(gone)
    _finished(insurer)
    with insurer.database.read() as session:
        assert [note for note in session.exec(select(Notification)) if note.customer_no is not None] == []
