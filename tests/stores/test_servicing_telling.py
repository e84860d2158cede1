"""Whoever took a request or a complaint in hears that it is over, once, in both languages."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from models.database import Database
from models.messages.service_acts import AcceptService, CancelService, CompleteService, ConfirmService, ReplyComplaint
from models.service_types import ComplaintSheet
from models.services.notifications.texts import Place, message_text
from models.tables.messages import Notification
from models.types import Channel, Role
from tests.support import serving, world
from tests.support.serving import RECEIVED, Served, actor, complaint, counter, opened, request
from tests.support.world import World

HOUR = timedelta(hours=1)
CLOSED = "service_closed"


@pytest.fixture
def insurer(database: Database) -> World:
    """The small insurer with somebody at the counter of its branch."""
    return serving.with_counter(world.build(database))


def _told(insurer: World) -> list[Notification]:
    with insurer.database.read() as session:
        return list(session.exec(select(Notification).where(Notification.template == CLOSED)))


def _taken_in_by_the_manager(insurer: World) -> Served:
    return opened(insurer, request(insurer, **actor(insurer, "mgr", (Role.MGR, "BJ01")), reference_no="CL-7"))


def _finished(insurer: World, found: Served, **confirmed: Any) -> None:
    found.act(AcceptService, RECEIVED + HOUR, **counter(insurer))
    found.act(CompleteService, RECEIVED + 2 * HOUR, **counter(insurer), result="已赔付")
    found.act(ConfirmService, RECEIVED + 3 * HOUR, **(counter(insurer) | confirmed), proof="电话")


@pytest.mark.parametrize(
    ("language", "subject", "body"),
    [
        (
            "zh",
            "已办结：理赔 GC-BJ-2026-00001 · 北京恒信物业管理有限公司（C0000002）",
            "（业务号 CL-7）已办结，经办人 何柜面",
        ),
        ("en", "Closed: claim GC-BJ-2026-00001 · 北京恒信物业管理有限公司 (C0000002)", "(reference CL-7), was closed"),
    ],
)
def test_whoever_took_it_in_is_told_that_it_is_over(insurer: World, language: str, subject: str, body: str) -> None:
    _finished(insurer, _taken_in_by_the_manager(insurer))
    (note,) = _told(insurer)
    assert note.account_id == insurer.accounts["mgr"]
    text = message_text(CLOSED, note.content, Place(channel=Channel.IN_APP, language=language))
    assert text.subject == subject
    assert body in text.body


def test_a_customer_who_is_not_satisfied_ends_nothing_and_a_second_life_is_told_once(insurer: World) -> None:
    found = _taken_in_by_the_manager(insurer)
    found.act(AcceptService, RECEIVED + HOUR, **counter(insurer))
    found.act(CompleteService, RECEIVED + 2 * HOUR, **counter(insurer))
    found.act(ConfirmService, RECEIVED + 3 * HOUR, **counter(insurer), satisfied=False, proof="电话")
    assert _told(insurer) == []
    found.act(CompleteService, RECEIVED + 4 * HOUR, **counter(insurer))
    found.act(ConfirmService, RECEIVED + 5 * HOUR, **counter(insurer), proof="电话")
    assert len(_told(insurer)) == 1


def test_whoever_ends_what_they_took_in_knows_it(insurer: World) -> None:
    _finished(insurer, opened(insurer, request(insurer)))
    assert _told(insurer) == []


def test_a_cancelled_request_and_an_answered_inquiry_are_told_too(insurer: World) -> None:
    found = _taken_in_by_the_manager(insurer)
    found.act(CancelService, RECEIVED + HOUR, **counter(insurer), comment="客户撤回")
    asked = opened(
        insurer, complaint(insurer, **actor(insurer, "mgr", (Role.MGR, "BJ01")), sheet=ComplaintSheet.INQUIRY)
    )
    svc = actor(insurer, "svc", (Role.BR_SVC, "BJ"))
    asked.act(AcceptService, RECEIVED + HOUR, **svc)
    asked.act(ReplyComplaint, RECEIVED + 2 * HOUR, **actor(insurer, "svc", (Role.BR_SVC, "BJ")), text="已答复")
    place = Place(channel=Channel.IN_APP, language="zh")
    subjects = sorted(message_text(CLOSED, note.content, place).subject[:6] for note in _told(insurer))
    assert subjects == ["已办结：咨询", "已取消：理赔"]
