"""Telling people in the records: which channels, when, in whose words; claimed, settled and never twice."""

import json
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from jinja2 import TemplateNotFound
from sqlmodel import Session, select

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.letters import Letter
from models.messages.notifications import ClaimDelivery, SendOutcome, SendResult, SettleDelivery
from models.rulebook.schema.desk import DEFAULT_DESK
from models.services import decision_links
from models.services.by import By
from models.services.notifications import notify
from models.services.notifications.channels import Wishes, after_quiet, choose, next_digest, planned
from models.services.notifications.sending import ChatMessage, claim, prepare, settle
from models.services.notifications.texts import TEMPLATES, Place, message_text
from models.stores.channels import DeliveryStore, InboxMessageStore
from models.stores.messages import OutboxStore
from models.stores.tasks import TaskStore
from models.tables.desk import DecisionLink
from models.tables.messages import ChannelPreference, Delivery, Notification, OutboxEvent
from models.types import Channel, DeliveryState, Door, TaskState
from tests.support import world
from tests.support.telling import account, deliveries, with_address
from tests.support.waiting_cases import AT, Waiting, before_final_approval

NOON = datetime(2026, 2, 5, 4, 0, tzinfo=UTC)
NIGHT = datetime(2026, 2, 5, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
MORNING = datetime(2026, 2, 6, 0, 0, tzinfo=UTC)  # 08:00 the day after
BASE = "https://greenlane.example.com"
CONTEXT = {
    "customer_no": "C0000001",
    "customer_name": "北京恒远科技集团有限公司",
    "step": "branch_approval",
    "role": "BR_LEAD",
    "by": "王晓梅",
    "text": "请尽快，电话 13800002071",
    "outcome": "approved",
    "due_at": "2026-02-05T09:30:00+00:00",
    "year": "2025",
}


@pytest.fixture
def insurer(database: Database) -> world.World:
    """The small insurer, nobody with an address."""
    return world.build(database)


def _tell(session: Session, *who: UUID, key: str = "k", at: datetime = NOON, **more: object) -> None:
    template = str(more.pop("template", "cc"))
    notify(session, to=who, template=template, key=key, at=at, context=CONTEXT, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_reads_in_both_languages_with_facts_and_without(template: str, language: str) -> None:
    for content in (CONTEXT, {}):
        for channel in Channel:
            text = message_text(template, json.dumps(content), Place(channel=channel, language=language))
            assert text.subject
            assert "{" not in text.subject + text.body
    chinese = any("\u4e00" <= sign <= "\u9fff" for sign in message_text(template, "{}", _place(language)).subject)
    assert chinese == (language == "zh")


def _place(language: str, channel: Channel = Channel.EMAIL) -> Place:
    return Place(channel=channel, language=language)


def test_typed_words_stay_inside_and_a_group_of_readers_gets_no_names() -> None:
    content = json.dumps(CONTEXT, ensure_ascii=False)
    inside = message_text("asked", content, _place("zh", Channel.IN_APP))
    mail = message_text("asked", content, _place("zh"))
    chat = message_text("asked", content, _place("zh", Channel.CHAT))
    assert "13800002071" in inside.body
    assert "13800002071" not in mail.subject + mail.body
    assert "王晓梅" in mail.body
    for secret in ("13800002071", "王晓梅", "恒远"):
        assert secret not in chat.subject + chat.body
    assert "C0000001" in chat.subject


def test_a_template_there_is_none_of(database: Database, insurer: world.World) -> None:
    with database.write() as session, pytest.raises(ValueError, match="no notification template"):
        _tell(session, insurer.accounts["lead"], template="gone")
    with pytest.raises(TemplateNotFound):
        message_text("gone", "{}", _place("zh"))


def test_each_person_is_told_once_on_the_channels_it_chose(database: Database, insurer: world.World) -> None:
    with database.write() as session:
        usual = with_address(session, "lead")
        chat = with_address(session, "svc", email=False, chat_url="dingtalk://token")
        digest = with_address(session, "unit", digest=True)
        gone = with_address(session, "mgr")
        gone.disabled_at = NOON
        session.add(gone)
        nobody = insurer.accounts["ops"]
        people = (usual.id, chat.id, digest.id, gone.id, nobody, usual.id)
        _tell(session, *people)
        _tell(session, *people)
    with database.read() as session:
        told = {row.account_id: row.id for row in session.exec(select(Notification))}
        assert told.keys() == {usual.id, chat.id, digest.id, nobody}
        ways = {row.notification_id: (row.channel, row.state, row.not_before) for row in deliveries(session)}
        assert ways == {
            told[usual.id]: (Channel.EMAIL, DeliveryState.PENDING, NOON),
            told[chat.id]: (Channel.CHAT, DeliveryState.PENDING, NOON),
            told[digest.id]: (Channel.EMAIL, DeliveryState.DIGEST, MORNING),
        }
        events = session.exec(select(OutboxEvent)).all()
        assert sorted(str(event.account_id) for event in events) == sorted(map(str, told))


@pytest.mark.parametrize(
    ("at", "hours", "until"),
    [
        (NOON, (20, 8), NOON),
        (NIGHT, (20, 8), MORNING),
        (datetime(2026, 2, 5, 23, 59, tzinfo=UTC), (20, 8), MORNING),
        (MORNING, (20, 8), MORNING),
        (datetime(2026, 2, 5, 12, 0, tzinfo=UTC), (20, 8), MORNING),
        (NOON, (12, 14), datetime(2026, 2, 5, 6, 0, tzinfo=UTC)),
        (datetime(2026, 2, 5, 6, 0, tzinfo=UTC), (12, 14), datetime(2026, 2, 5, 6, 0, tzinfo=UTC)),
        (NIGHT, (8, 8), NIGHT),
    ],
)
def test_quiet_hours_end_where_they_should(at: datetime, hours: tuple[int, int], until: datetime) -> None:
    assert after_quiet(at, *hours) == until


def test_digest_hour_and_own_quiet_hours_come_before_those_of_the_company() -> None:
    assert next_digest(NOON, 8) == MORNING
    assert next_digest(MORNING, 8) == MORNING + timedelta(days=1)
    assert next_digest(MORNING - timedelta(seconds=1), 8) == MORNING
    own = ChannelPreference(account_id=uuid4(), quiet_from_hour=0, quiet_until_hour=0, updated_at=NOON)
    assert planned(own, DEFAULT_DESK, NIGHT, has_address=True)[0].not_before == NIGHT
    assert planned(None, DEFAULT_DESK, NIGHT, has_address=True)[0].not_before == MORNING
    assert planned(None, DEFAULT_DESK, NIGHT, has_address=False) == ()


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("dingtalk://token", True),
        ("feishu://token", True),
        ("jsons://hooks.example.com/x", True),
        ("json://127.0.0.1:8000/x", False),
        ("jsons://127.0.0.1/x", False),
        ("jsons://localhost/x", False),
        ("http://example.com", False),
        ("file:///etc/passwd", False),
        ("dingtalk://", False),
        ("jsons://[broken", False),
    ],
)
def test_only_robots_the_settings_name_may_be_called(
    database: Database, insurer: world.World, address: str, known: bool
) -> None:
    wishes = Wishes(email=True, digest=False, chat_url=address)
    with database.write() as session:
        person = account(session, "lead")
        refusal = nullcontext() if known else pytest.raises(DomainError, match=ErrorCode.INVALID_INPUT)
        with refusal:
            choose(session, person, wishes, schemes="dingtalk,feishu,jsons", by=By("test", Door.PAGE), at=NOON)
        kept = session.get(ChannelPreference, person.id)
        assert (kept.chat_url if kept else None) == (address if known else None)


def _order(delivery_id: UUID, attempt: int = 1, at: datetime = NOON) -> ClaimDelivery:
    return ClaimDelivery(delivery_id=delivery_id, attempt=attempt, at=at)


def _settle(session: Session, ids: tuple[UUID, ...], outcome: SendOutcome, retry: datetime | None = None) -> None:
    result = SendResult(outcome=outcome, error=None if outcome == "sent" else "SMTP 451")
    settle(session, SettleDelivery(delivery_ids=ids, result=result, at=NOON, retry_at=retry))


def test_a_claim_is_repeated_but_no_second_attempt_takes_it(database: Database, insurer: world.World) -> None:
    with database.write() as session:
        _tell(session, with_address(session, "lead").id)
    with database.write() as session:
        (waiting,) = DeliveryStore(session).due(NOON, 10)
        assert claim(session, _order(waiting)).delivery_ids == (waiting,)
    with database.write() as session:
        assert claim(session, _order(waiting)).delivery_ids == (waiting,)
        assert claim(session, _order(waiting, 2)).delivery_ids == ()
        assert DeliveryStore(session).due(NOON, 10) == []
        _settle(session, (waiting,), "again", NOON + timedelta(minutes=1))
    with database.write() as session:
        row = session.get(Delivery, waiting)
        assert row is not None
        assert (row.state, row.attempts, row.error) == (DeliveryState.PENDING, 1, "SMTP 451")
        assert DeliveryStore(session).due(NOON + timedelta(days=1), 10) == []
        assert claim(session, _order(waiting, 2)).delivery_ids == (waiting,)
        _settle(session, (waiting,), "sent")
        _settle(session, (waiting,), "unconfirmed")
        assert claim(session, _order(waiting, 3)).delivery_ids == ()
        assert row.state is DeliveryState.SENT


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("failed", DeliveryState.FAILED),
        ("again", DeliveryState.FAILED),
        ("unconfirmed", DeliveryState.UNCONFIRMED),
    ],
)
def test_what_is_over_is_not_taken_up_again(
    database: Database, insurer: world.World, outcome: SendOutcome, state: DeliveryState
) -> None:
    with database.write() as session:
        _tell(session, with_address(session, "lead").id)
        session.flush()
        (waiting,) = DeliveryStore(session).due(NOON, 10)
        claim(session, _order(waiting))
        _settle(session, (waiting,), outcome)
        assert claim(session, _order(waiting, 2)).delivery_ids == ()
        row = session.get(Delivery, waiting)
        assert row is not None
        assert row.state is state


def test_a_digest_is_one_mail_of_one_person(database: Database, insurer: world.World) -> None:
    with database.write() as session:
        me, other = with_address(session, "lead", digest=True), with_address(session, "svc", digest=True)
        for number in range(3):
            _tell(session, me.id, key=f"k{number}", at=NOON + timedelta(minutes=number))
        _tell(session, other.id, key="other")
        _tell(session, me.id, key="tomorrow", at=MORNING)
    with database.write() as session:
        store = DeliveryStore(session)
        assert store.due(MORNING - timedelta(seconds=1), 10) == []
        starts = store.due(MORNING, 10)
        assert len(starts) == 2
        taken = {head: claim(session, _order(head, at=MORNING)).delivery_ids for head in starts}
        assert sorted(map(len, taken.values())) == [1, 3]
        head, batch = max(taken.items(), key=lambda item: len(item[1]))
        second = claim(session, _order(batch[1], at=MORNING))
        assert second.delivery_ids == ()
        message = prepare(session, batch, BASE, MORNING).message
        assert isinstance(message, Letter)
        assert message.key == str(head)
        assert message.to == ("lead@example.com",)
        assert message.subject == "每日摘要：3 条通知"
        _settle(session, batch, "sent")
        assert [row.state for row in store.sent_with(head)] == [DeliveryState.SENT] * 3


def _waiting(session: Session, insurer: world.World) -> Waiting:
    return before_final_approval(session, insurer, 1)


def test_a_mail_for_a_closed_task_is_dropped_and_a_lost_channel_too(database: Database, insurer: world.World) -> None:
    with database.write() as session:
        lead, case = with_address(session, "lead"), _waiting(session, insurer)
        task_id = case.state.tasks[0].task_id
        _tell(session, lead.id, template="task_opened", task_id=task_id, case_id=case.state.case_id)
        _tell(session, lead.id, key="other")
        session.flush()
        opened, copied = (row.id for row in deliveries(session))
        message = prepare(session, (opened,), BASE, NOON).message
        assert isinstance(message, Letter)
        assert f"{BASE}/tasks/{task_id}" in message.body
        row = TaskStore(session).get(task_id)
        assert row is not None
        row.state = TaskState.CANCELLED
        session.add(row)
        assert prepare(session, (opened,), BASE, NOON).dropped == (opened,)
        assert prepare(session, (copied,), BASE, NOON).dropped == ()
        lead.email = None
        session.add(lead)
        assert prepare(session, (copied,), BASE, NOON).dropped == (copied,)


def test_a_robot_gets_a_line_without_a_decision_link(database: Database, insurer: world.World) -> None:
    with database.write() as session:
        case = _waiting(session, insurer)
        lead = with_address(session, "lead", email=False, chat_url="dingtalk://token")
        _tell(session, lead.id, template="task_opened", task_id=case.state.tasks[0].task_id)
        session.flush()
        message = prepare(session, (deliveries(session)[0].id,), BASE, NOON).message
        assert isinstance(message, ChatMessage)
        assert message.url == "dingtalk://token"
        assert "/d/" not in message.body
        assert session.exec(select(DecisionLink)).all() == []


def _links(session: Session, insurer: world.World) -> tuple[str, UUID, UUID]:
    case = _waiting(session, insurer)
    task = TaskStore(session).get(case.state.tasks[0].task_id)
    assert task is not None
    secret = decision_links.issue(session, insurer.accounts["lead"], task, DEFAULT_DESK, AT)
    session.flush()
    assert secret is not None
    return secret, task.id, insurer.accounts["lead"]


def _refused(session: Session, secret: str, at: datetime = AT) -> bool:
    try:
        decision_links.usable(session, secret, at)
    except DomainError as error:
        return error.code is ErrorCode.LINK_USED_OR_EXPIRED
    return False


def test_a_link_is_bound_to_person_task_round_and_version(database: Database, insurer: world.World) -> None:
    with database.write() as session:
        secret, task_id, lead = _links(session, insurer)
        task = TaskStore(session).get(task_id)
        assert task is not None
        assert decision_links.usable(session, secret, AT).task.id == task_id
        assert decision_links.issue(session, lead, task, DEFAULT_DESK, AT) == secret
        assert decision_links.issue(session, insurer.accounts["svc"], task, DEFAULT_DESK, AT) is None
        off = DEFAULT_DESK.model_copy(update={"decision_links": False})
        assert decision_links.issue(session, lead, task, off, AT) is None
        stored = session.exec(select(DecisionLink)).one()
        assert secret not in (stored.token_hash, str(stored.account_id))
        assert _refused(session, secret, AT + timedelta(hours=DEFAULT_DESK.link_hours))
        assert _refused(session, secret[:-1] + ("A" if secret[-1] != "A" else "B"))
        for name, value in (("version", 2), ("round", 2), ("state", TaskState.DONE)):
            before = getattr(task, name)
            setattr(task, name, value)
            assert _refused(session, secret), name
            setattr(task, name, before)
        task.assignee_id = insurer.accounts["svc"]
        assert _refused(session, secret)
        task.assignee_id = None
        assert not _refused(session, secret)


def test_a_link_is_used_once_and_given_back_only_when_nothing_was_sent(
    database: Database, insurer: world.World
) -> None:
    with database.write() as session:
        secret, task_id, lead = _links(session, insurer)
        decision_links.spend(session, secret, AT)
    with database.write() as session:
        task = TaskStore(session).get(task_id)
        assert task is not None
        with pytest.raises(DomainError):
            decision_links.spend(session, secret, AT)
        assert decision_links.issue(session, lead, task, DEFAULT_DESK, AT) is None
        decision_links.give_back(session, secret)
    with database.read() as session:
        assert decision_links.usable(session, secret, AT).account_id == lead


def test_a_person_reads_its_own_notifications_only(database: Database, insurer: world.World) -> None:
    with database.write() as session:
        me, other = insurer.accounts["lead"], insurer.accounts["svc"]
        for number in range(5):
            _tell(session, me, key=f"k{number}", at=NOON + timedelta(minutes=number))
        _tell(session, other)
        session.flush()
        store = InboxMessageStore(session)
        first = store.page(me, unread=True, after=None, limit=2)
        rest = store.page(me, unread=True, after=(first[-1].created_at, first[-1].id), limit=9)
        assert [row.created_at for row in (*first, *rest)] == [NOON + timedelta(minutes=n) for n in (4, 3, 2, 1, 0)]
        assert store.of(other, first[0].id) is None
        assert store.unread(me, 3) == 3
        store.mark_all_read(me, NOON)
        assert (store.unread(me, 9), store.unread(other, 9)) == (0, 1)
        assert len(store.page(me, unread=False, after=None, limit=9)) == 5


def test_the_outbox_is_read_on_and_trimmed(database: Database, insurer: world.World) -> None:
    with database.write() as session:
        for number in range(3):
            _tell(session, insurer.accounts["lead"], key=f"k{number}", at=NOON + timedelta(hours=number))
    with database.write() as session:
        store = OutboxStore(session)
        first, second, third = (event.seq for event in store.after(0, 10))
        assert store.newest() == third
        assert [event.seq for event in store.after(first or 0, 1)] == [second]
        assert store.trim(NOON + timedelta(hours=2)) == 2
        assert [event.seq for event in store.after(0, 10)] == [third]
