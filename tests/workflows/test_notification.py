"""Messages on their way out: a real engine, mail server and robot; each message leaves once or not at all."""

import asyncio
import socket
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import OperationalError

from activities.adapters.chat import AppriseChat
from activities.adapters.mailbox import MailFolder
from activities.adapters.smtp import SmtpMail
from activities.notification import NotificationActivities
from activities.ports import RefusedError, UnconfirmedError
from models.identifiers import notification_id
from models.messages.letters import Letter
from models.messages.notifications import BROKEN_OFF, ClaimDelivery, Claimed, SendNotification
from models.services.notifications import notify, sending
from models.stores.messages import OutboxStore
from models.tables.messages import Delivery, Notification
from models.types import DeliveryState
from tests.support.ports import free_port
from tests.support.stage import Stage
from tests.support.telling import Postbox, Robot, chat_robot, deliveries, mail_server, with_address
from workflows.notification import BACK_OFF
from workflows.outgoing import LEASE, dispatch_due, settle_abandoned, trim_outbox

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]
NOON = datetime(2026, 2, 5, 4, 0, tzinfo=UTC)
SENDER = "绿道 <desk@greenlane.example.com>"
LETTER = Letter(key="k-1", to=("lead@example.com",), subject="待办：分公司审批", body="轮到您办理。\n")


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    """A mail server."""
    with mail_server() as running:
        yield running


@pytest.fixture
def robot() -> Iterator[Robot]:
    """A chat robot."""
    with chat_robot() as running:
        yield running


def _mailer(postbox: Postbox) -> SmtpMail:
    return SmtpMail.from_url(postbox.url, SENDER)


def test_a_letter_arrives_in_chinese_and_is_named_by_its_key(postbox: Postbox) -> None:
    _mailer(postbox).send(LETTER)
    (letter,) = postbox.letters
    assert (letter["Subject"], letter["To"]) == (LETTER.subject, "lead@example.com")
    assert letter["From"] == SENDER
    assert letter["Message-ID"] == "<k-1@greenlane.example.com>"
    assert letter.get_content().splitlines() == LETTER.body.splitlines()


def test_a_letter_to_nobody_does_not_leave_and_is_not_refused(postbox: Postbox) -> None:
    _mailer(postbox).send(LETTER.model_copy(update={"to": ()}))
    assert postbox.letters == []


def test_what_a_mail_server_says_becomes_again_or_never(postbox: Postbox) -> None:
    mailer = _mailer(postbox)
    with pytest.raises(RefusedError, match="SMTP 550"):
        mailer.send(LETTER.model_copy(update={"to": ("nobody@example.com",)}))
    postbox.busy = 1
    with pytest.raises(OSError, match="SMTP 451"):
        mailer.send(LETTER)
    with pytest.raises(OSError, match="Connect"):
        SmtpMail(SENDER, "127.0.0.1", 9).send(LETTER)
    assert postbox.letters == []


@pytest.mark.parametrize("address", ["nobody@example.com", "later@example.com"])
def test_no_traceback_names_whom_a_server_refused(postbox: Postbox, address: str) -> None:
    """An activity that fails is logged with its causes."""
    with pytest.raises((OSError, RefusedError)) as refused:
        _mailer(postbox).send(LETTER.model_copy(update={"to": (address,)}))
    assert address not in "".join(traceback.format_exception(refused.value))


def test_a_line_lost_after_the_content_is_unconfirmed() -> None:
    """A server that takes the whole letter and never answers."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while line := await reader.readline():
            word = line[:4].upper()
            if word == b"DATA":
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                break
            writer.write(b"250 ok\r\n")
        writer.close()

    async def send() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            await asyncio.to_thread(SmtpMail(SENDER, "127.0.0.1", port).send, LETTER)

    with pytest.raises(UnconfirmedError):
        asyncio.run(send())


@pytest.mark.parametrize(
    ("url", "host", "port", "login", "tls"),
    [
        ("smtp://mail.example.com", "mail.example.com", 587, None, False),
        ("smtps://a%40b:p%2FW@mail.example.com", "mail.example.com", 465, "a@b", True),
        ("smtp://u:p@mail.example.com:2525", "mail.example.com", 2525, "u", False),
    ],
)
def test_the_address_of_a_mail_server(url: str, host: str, port: int, login: str | None, tls: bool) -> None:
    mailer = SmtpMail.from_url(url, SENDER)
    assert (mailer.host, mailer.port, mailer.username, mailer.use_tls) == (host, port, login, tls)
    assert "p/W" not in repr(mailer)


def test_a_robot_hears_and_a_refusal_is_tried_again(robot: Robot) -> None:
    AppriseChat().send(robot.url, "待办", "待办\nhttps://greenlane.example.com/tasks/1")
    assert robot.said[0]["title"] == "待办"
    robot.status = 500
    with pytest.raises(OSError, match="refused"):
        AppriseChat().send(robot.url, "待办", "x")
    with pytest.raises(RefusedError):
        AppriseChat().send("gone://x", "待办", "x")


def test_a_robot_that_answers_too_late_or_breaks_off_may_have_heard(
    robot: Robot, capfd: pytest.CaptureFixture[str]
) -> None:
    robot.delay = 0.6
    with pytest.raises(UnconfirmedError):
        AppriseChat().send(f"{robot.url}?rto=0.2", "待办", "x")
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        taking = threading.Thread(target=_hang_up, args=(deaf,))
        taking.start()
        with pytest.raises(UnconfirmedError):
            AppriseChat().send(f"json://127.0.0.1:{deaf.getsockname()[1]}/a-secret", "待办", "x")
        taking.join()
    assert len(robot.said) == 1
    assert "".join(capfd.readouterr()) == ""


def _hang_up(listening: socket.socket) -> None:
    taken, _ = listening.accept()
    taken.close()


def test_a_robot_that_is_not_there_is_tried_again() -> None:
    with pytest.raises(OSError, match="refused"):
        AppriseChat().send(f"json://127.0.0.1:{free_port()}/robot", "待办", "x")


def _told(stage: Stage, login: str = "lead", **wishes: Any) -> UUID:
    """One message that waits to be sent to a person."""
    with stage.world.database.write() as session:
        person = with_address(session, login, **wishes)
        notify(session, to=[person.id], template="cc", key=str(uuid4()), at=NOON, context={"customer_no": "C1"})
        session.flush()
        return deliveries(session)[-1].id


def _row(stage: Stage, delivery_id: UUID) -> Delivery:
    with stage.world.database.read() as session:
        found = session.get(Delivery, delivery_id)
    assert found is not None
    return found


async def _start(stage: Stage) -> int:
    return await dispatch_due(stage.client, stage.world.database, stage.queue, NOON)


async def _settled(stage: Stage, delivery_id: UUID, attempts: int) -> Delivery:
    """The row once so many attempts were written down."""
    for _ in range(200):
        row = _row(stage, delivery_id)
        if row.attempts == attempts and row.state is not DeliveryState.SENDING:
            return row
        await asyncio.sleep(0.05)
    raise AssertionError(f"{attempts} attempts expected: {row}")


async def _out(stage: Stage, delivery_id: UUID) -> str:
    handle: Any = stage.client.get_workflow_handle(notification_id(delivery_id), result_type=str)
    outcome: str = await handle.result()
    return outcome


async def test_what_is_due_goes_out_once_however_often_it_is_looked_for(stage: Stage) -> None:
    waiting = _told(stage)
    assert await _start(stage) == 1
    assert await _out(stage, waiting) == "sent"
    assert await _start(stage) == 0
    row = _row(stage, waiting)
    assert (row.state, row.attempts) == (DeliveryState.SENT, 1)
    assert row.sent_at is not None
    assert len(list((stage.home / "mail").glob("*.eml"))) == 1
    assert stage.rows(Notification)[0].sent_at == row.sent_at


async def test_a_second_run_of_a_delivery_sends_nothing(stage: Stage) -> None:
    """The engine may have forgotten the first run; the records have not."""
    waiting = _told(stage)
    await _start(stage)
    await _out(stage, waiting)
    again: Any = await stage.client.execute_workflow(
        "notification", SendNotification(delivery_id=waiting), id=f"again-{waiting}", task_queue=stage.queue
    )
    assert again == "nothing"
    assert len(list((stage.home / "mail").glob("*.eml"))) == 1


async def test_a_busy_mail_server_is_asked_again_later(
    timed_stage: Stage, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, waiting = timed_stage, _told(timed_stage)
    postbox.busy = 2
    monkeypatch.setattr(MailFolder, "send", lambda _, letter: _mailer(postbox).send(letter))
    await _start(stage)
    first = await _settled(stage, waiting, 1)
    assert (first.state, first.error) == (DeliveryState.PENDING, "SMTP 451")
    await stage.skip(1)
    row = await _settled(stage, waiting, 3)
    assert (row.state, row.error) == (DeliveryState.SENT, None)
    assert [letter["Message-ID"] for letter in postbox.letters] == [f"<{waiting}@greenlane.example.com>"]


async def test_a_server_that_stays_away_is_given_up(timed_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage, waiting = timed_stage, _told(timed_stage)

    def away(_: MailFolder, letter: Letter) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(MailFolder, "send", away)
    await _start(stage)
    await _settled(stage, waiting, 1)
    await stage.skip(2)
    row = await _settled(stage, waiting, len(BACK_OFF) + 1)
    assert (row.state, row.error) == (DeliveryState.FAILED, "Connection refused")
    assert await _out(stage, waiting) == "failed"


async def test_a_refused_address_is_not_tried_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: MailFolder, letter: Letter) -> None:
        raise RefusedError("SMTP 550")

    monkeypatch.setattr(MailFolder, "send", refuse)
    waiting = _told(stage)
    await _start(stage)
    assert await _out(stage, waiting) == "failed"
    assert (_row(stage, waiting).state, _row(stage, waiting).error) == (DeliveryState.FAILED, "SMTP 550")


async def test_a_worker_lost_while_sending_leaves_it_unconfirmed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The letter left, then nothing more was heard of the attempt: it must not leave again."""
    out, really = MailFolder(tmp_path / "out"), MailFolder.send

    def sent_and_lost(_: MailFolder, letter: Letter) -> None:
        really(out, letter)
        raise RuntimeError("lost")

    monkeypatch.setattr(MailFolder, "send", sent_and_lost)
    waiting = _told(stage)
    await _start(stage)
    assert await _out(stage, waiting) == "unconfirmed"
    assert _row(stage, waiting).state is DeliveryState.UNCONFIRMED
    assert len(list((tmp_path / "out").glob("*.eml"))) == 1


async def test_a_robot_that_answers_too_late_is_not_told_again(stage: Stage, robot: Robot) -> None:
    robot.delay = 0.6
    waiting = _told(stage, email=False, chat_url=f"{robot.url}?rto=0.2")
    await _start(stage)
    assert await _out(stage, waiting) == "unconfirmed"
    assert _row(stage, waiting).state is DeliveryState.UNCONFIRMED
    assert len(robot.said) == 1


async def _look_after(stage: Stage) -> int:
    late = NOON + LEASE + timedelta(seconds=1)
    return await settle_abandoned(stage.client, stage.world.database, stage.queue, late)


async def test_a_run_that_an_operator_ends_before_its_turn_is_begun_anew(stage: Stage) -> None:
    """Nothing of the first run ever happened: no worker listens where it waits."""
    waiting = _told(stage)
    await dispatch_due(stage.client, stage.world.database, "nobody-listens", NOON)
    assert await _look_after(stage) == 0, "it runs: let alone"
    await stage.client.get_workflow_handle(notification_id(waiting)).terminate("by an operator")
    assert await _start(stage) == 0
    assert _row(stage, waiting).state is DeliveryState.PENDING
    assert await _look_after(stage) == 1
    assert await _out(stage, waiting) == "sent"
    assert await _look_after(stage) == 0
    assert len(list((stage.home / "mail").glob("*.eml"))) == 1


async def test_a_run_that_is_ended_between_two_attempts_is_begun_anew(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: MailFolder, letter: Letter) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    waiting = _told(stage)
    with monkeypatch.context() as patched:
        patched.setattr(MailFolder, "send", away)
        await _start(stage)
        await _settled(stage, waiting, 1)
        await stage.client.get_workflow_handle(notification_id(waiting)).terminate("by an operator")
    _due_at(stage, waiting, NOON)
    assert await _look_after(stage) == 1
    assert await _out(stage, waiting) == "sent"


async def test_a_run_that_is_ended_while_it_sends_leaves_it_unconfirmed(stage: Stage) -> None:
    waiting = _told(stage)
    with stage.world.database.write() as session:
        claimed = sending.claim(session, ClaimDelivery(delivery_id=waiting, attempt=1, at=NOON))
    assert claimed.delivery_ids == (waiting,)
    assert await _look_after(stage) == 1
    row = _row(stage, waiting)
    assert (row.state, row.error) == (DeliveryState.UNCONFIRMED, BROKEN_OFF)
    assert await _start(stage) == await _look_after(stage) == 0
    assert not (stage.home / "mail").exists() or list((stage.home / "mail").glob("*.eml")) == []


def _due_at(stage: Stage, delivery_id: UUID, at: datetime) -> None:
    with stage.world.database.write() as session:
        row = session.get(Delivery, delivery_id)
        assert row is not None
        row.not_before = at
        session.add(row)


async def test_a_robot_is_told_a_number_and_no_name(stage: Stage, robot: Robot) -> None:
    waiting = _told(stage, email=False, chat_url=robot.url)
    await _start(stage)
    assert await _out(stage, waiting) == "sent"
    assert robot.said[0]["title"] == "抄送您：C1"


def test_records_that_are_away_leave_the_message_where_it_is(stage: Stage, tmp_path: Path) -> None:
    class Away:
        def write(self) -> None:
            raise OperationalError("", None, Exception())

    activities = NotificationActivities(Away(), MailFolder(tmp_path), AppriseChat(), "")  # type: ignore[arg-type]
    assert activities.send(Claimed(delivery_ids=(uuid4(),))).outcome == "again"
    assert list(tmp_path.glob("*.eml")) == []


def test_the_outbox_of_yesterday_is_forgotten(stage: Stage) -> None:
    _told(stage)
    assert trim_outbox(stage.world.database, NOON) == 0
    assert trim_outbox(stage.world.database, datetime(2026, 2, 6, 5, 0, tzinfo=UTC)) >= 1
    with stage.world.database.read() as session:
        assert OutboxStore(session).newest() == 0
