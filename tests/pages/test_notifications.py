"""The page of notifications and the settings, and the same by call."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from httpx2 import AsyncClient
from sqlmodel import select

from models.database import Database
from models.services.notifications import notify
from models.tables.messages import ChannelPreference, Delivery
from models.types import Channel, DeliveryState
from tests.pages.conftest import soup_of
from tests.support.clients import Clients
from tests.support.telling import account, with_address

ROBOT = "dingtalk://a-very-secret-token"


def _tell(database: Database, login: str, key: str, text: str = "") -> None:
    context = {"customer_no": "C0000001", "customer_name": "<b>恒远</b>", "by": "王晓梅", "text": text}
    with database.write() as session:
        to = [account(session, login).id]
        notify(session, to=to, template="mentioned", key=key, at=datetime.now(UTC), context=context)


async def test_unread_first_and_opening_one_reads_it(people: Clients, insurer: Database) -> None:
    _tell(insurer, "lead", "one", text="请看 <script>alert(1)</script>")
    _tell(insurer, "lead", "two")
    _tell(insurer, "svc", "other")
    lead = people.browser("lead")
    page = soup_of(await lead.get("/notifications"))
    assert [node.text.strip() for node in page.select(".gl-message-subject")] == ["提及您：<b>恒远</b>（C0000001）"] * 2
    assert page.select("script[src]") != []
    assert not any("alert(1)" in script.text for script in page.select("script"))
    action = page.select(".gl-unread form")[0]["action"]
    answer = await lead.post(str(action))
    assert (answer.status_code, answer.headers["location"]) == (303, "/notifications")
    page = soup_of(await lead.get("/notifications"))
    assert len(page.select(".gl-unread")) == 1
    assert len(page.select(".gl-message")) == 2
    await lead.post("/notifications/read")
    page = soup_of(await lead.get("/notifications"))
    assert page.select(".gl-unread") == []


async def test_an_empty_page_says_why(people: Clients) -> None:
    page = soup_of(await people.browser("lead").get("/notifications"))
    assert page.select_one(".gl-empty") is not None


async def test_somebody_elses_notification_is_not_found(people: Clients, insurer: Database) -> None:
    _tell(insurer, "svc", "other")
    own = (await people.token("svc").get("/api/v1/notifications")).json()["items"][0]["notification_id"]
    lead = people.token("lead")
    assert (await lead.post(f"/api/v1/notifications/{own}/read")).status_code == 404
    assert (await people.browser("lead").post(f"/notifications/{own}/open")).status_code == 404
    assert (await lead.get("/api/v1/notifications")).json()["items"] == []


async def test_notifications_by_call(people: Clients, insurer: Database) -> None:
    for number in range(3):
        _tell(insurer, "lead", f"k{number}", text="原话")
    lead = people.token("lead")
    first = (await lead.get("/api/v1/notifications?limit=2&unread=true")).json()
    rest = (await lead.get(f"/api/v1/notifications?limit=2&cursor={first['next_cursor']}")).json()
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    item = first["items"][0]
    assert (item["template"], item["path"], item["read_at"]) == ("mentioned", "/notifications", None)
    assert "原话" in item["body"]
    assert item["deliveries"][0] | {"not_before": None, "sent_at": None} == {
        "channel": "in_app",
        "state": "sent",
        "not_before": None,
        "attempts": 1,
        "sent_at": None,
        "error": None,
    }
    read = await lead.post(f"/api/v1/notifications/{item['notification_id']}/read")
    assert read.json()["read_at"] is not None
    assert (await lead.get("/api/v1/me/inbox")).json()["unread"] == 2
    assert (await lead.post("/api/v1/notifications/read")).status_code == 204
    assert (await lead.get("/api/v1/notifications?unread=true")).json()["items"] == []


def _chosen(database: Database, login: str) -> ChannelPreference | None:
    with database.read() as session:
        return session.get(ChannelPreference, account(session, login).id)


async def test_settings_are_saved_and_the_robot_is_never_shown_again(people: Clients, insurer: Database) -> None:
    with insurer.write() as session:
        with_address(session, "lead")
    lead = people.browser("lead")
    page = soup_of(await lead.get("/settings"))
    assert "l***@example.com" in page.text
    form = {"language": "en", "digest": "1", "quiet_from_hour": "12", "quiet_until_hour": "14", "chat_url": ROBOT}
    answer = await lead.post("/settings", data=form)
    assert answer.headers["location"] == "/settings?done=saved"
    assert "gl_lang=en" in answer.headers["set-cookie"]
    chosen = _chosen(insurer, "lead")
    assert chosen is not None
    assert (chosen.email, chosen.digest, chosen.quiet_from_hour, chosen.quiet_until_hour) == (False, True, 12, 14)
    assert chosen.chat_url == ROBOT
    shown = (await lead.get("/settings")).text
    assert "secret" not in shown
    assert "dingtalk" in shown
    await lead.post("/settings", data={"language": "zh", "email": "1"})
    assert (kept := _chosen(insurer, "lead")) is not None
    assert (kept.chat_url, kept.email) == (ROBOT, True)
    await lead.post("/settings", data={"language": "zh", "email": "1", "forget_chat": "1"})
    assert (kept := _chosen(insurer, "lead")) is not None
    assert kept.chat_url is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("chat_url", "http://10.0.0.1/hook"), ("language", "fr"), ("quiet_from_hour", "12")],
)
async def test_a_wrong_setting_is_named_at_its_field(
    people: Clients, insurer: Database, field: str, value: str
) -> None:
    answer = await people.browser("lead").post("/settings", data={"language": "zh", field: value})
    page = soup_of(answer)
    assert answer.status_code == 422
    assert page.select_one(".gl-errors a") is not None
    assert value not in [str(node.get("value")) for node in page.select("input")]
    assert _chosen(insurer, "lead") is None


async def test_a_test_goes_to_the_robot_and_nowhere_else(people: Clients, insurer: Database) -> None:
    lead = people.browser("lead")
    assert (await lead.post("/settings/test")).status_code == 422
    await lead.post("/settings", data={"language": "zh", "email": "1", "chat_url": ROBOT})
    assert (await lead.post("/settings/test")).headers["location"] == "/settings?done=test"
    with insurer.read() as session:
        (row,) = session.exec(select(Delivery)).all()
        assert (row.channel, row.state) == (Channel.CHAT, DeliveryState.PENDING)
    assert "测试消息正在发送" in (await lead.get("/settings")).text


async def test_channels_by_call_are_chosen_once_under_their_key(people: Clients, insurer: Database) -> None:
    lead, key = people.token("lead"), {"Idempotency-Key": uuid4().hex}
    body = {"email": True, "digest": True, "chat_url": ROBOT, "language": "en"}
    first = await _put(lead, body, key)
    assert (first["digest"], first["chat"], first["language"]) == (True, "dingtalk", "en")
    assert "secret" not in str(first)
    assert await _put(lead, body, key) == first
    clash = await lead.put("/api/v1/me/channels", json=body | {"digest": False}, headers=key)
    assert (clash.status_code, clash.json()["code"]) == (422, "idempotency_conflict")
    assert (await lead.get("/api/v1/me/channels")).json() == first
    test = (await lead.post("/api/v1/me/channels/test")).json()
    assert test["last_test"]["state"] == "pending"


async def _put(client: AsyncClient, body: dict[str, object], headers: dict[str, str]) -> dict[str, object]:
    answer = await client.put("/api/v1/me/channels", json=body, headers=headers)
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found
