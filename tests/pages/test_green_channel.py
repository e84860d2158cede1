"""绿色通道 pages: counts that lead to their rows, lanes, cards, intake with its live deadline, one request."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from bs4 import BeautifulSoup, Tag
from httpx2 import Response

from tests.support import world
from tests.support.green import Desk, desk_on

BOARD = "/green-channel"
LONG_AGO = "2026-03-04T02:00:00Z"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """People, VIPs and counters on the application."""
    async with desk_on(tmp_path) as found:
        yield found


def soup_of(answer: Response) -> BeautifulSoup:
    """A page that came, parsed."""
    assert answer.status_code == 200, answer.text[:500]
    return BeautifulSoup(answer.text, "html.parser")


def text_of(page: BeautifulSoup | Tag, selector: str) -> str:
    """The words of one element."""
    found = page.select_one(selector)
    assert found is not None, selector
    return " ".join(found.get_text(" ", strip=True).split())


async def board(desk: Desk, login: str = "ctr", address: str = BOARD) -> BeautifulSoup:
    """The board as somebody sees it."""
    return soup_of(await desk.page(login).get(address))


async def send(client: httpx2.AsyncClient, page: BeautifulSoup, form: str, **fields: str) -> Response:
    """Send a form of the page as it stands, with what is filled in."""
    found = page.select_one(form)
    assert found is not None, form
    hidden = {str(item["name"]): str(item.get("value", "")) for item in found.select("input[type=hidden]")}
    return await client.post(str(found["action"]), data=hidden | fields)


async def test_six_counts_lead_to_exactly_their_rows(desk: Desk) -> None:
    await desk.take_in(reference_no="CL-late", received_at=LONG_AGO)
    paused = await desk.take_in(reference_no="CL-paused")
    await desk.done("ctr", paused, "accept")
    await desk.done("ctr", paused, "pause", reason="disability_appraisal")
    page = await board(desk)
    tiles = {text_of(tile, "span"): tile for tile in page.select(".gl-kpi")}
    assert list(tiles) == ["在办", "已逾期", "今日到期", "已暂停", "今日办结", "本月及时率"]
    assert {name: text_of(tile, "b") for name, tile in tiles.items()} | {"今日到期": "0"} == {
        "在办": "2",
        "已逾期": "1",
        "今日到期": "0",
        "已暂停": "1",
        "今日办结": "0",
        "本月及时率": "0.0%",
    }
    overdue = await board(desk, address=str(tiles["已逾期"]["href"]))
    assert [row.get_text(strip=True) for row in overdue.select(".gl-task-title a")] == ["理赔·北京恒信物业管理有限公司"]
    assert "CL-late" in text_of(overdue, ".gl-task-context")


async def test_lanes_hold_cards_with_limit_bar_and_what_to_do(desk: Desk) -> None:
    made = await desk.take_in(remark="出院小结后补")
    page = await board(desk)
    assert [text_of(lane, "h2") for lane in page.select(".gl-lane")] == [
        "待受理 1",
        "处理中 0",
        "已暂停 0",
        "待客户确认 0",
    ]
    card = page.select_one(f"#card-{made['case_id']}")
    assert card is not None
    words = card.get_text(" ", strip=True)
    for expected in ("待领取", "理赔", "北京恒信物业管理有限公司", "银牌", "限 5 个工作日 · 常规 7 个工作日", "CL-1"):
        assert expected in words
    assert "出院小结后补" in words
    marks = [mark["x"] for mark in card.select(".gl-meter-mark")]
    assert marks == ["99", "159"], "50 and 80 per cent of 200"
    assert card.select_one(".gl-meter")["aria-label"] == "时限已用 0%"  # type: ignore[index]
    assert [button.get_text(strip=True) for button in card.select("button")] == ["受理"]


async def test_from_the_board_one_click_accepts_and_two_pause(desk: Desk) -> None:
    made = await desk.take_in()
    browser = desk.page("ctr")
    page = soup_of(await browser.get(BOARD))
    answer = await send(browser, page, f"#card-{made['case_id']} form")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{BOARD}?done=accept")
    page = soup_of(await browser.get(f"{BOARD}?done=accept"))
    assert text_of(page, ".gl-strip-ok") == "已受理，由您办理。"
    assert text_of(page, "#lane-handling h2") == "处理中 1"
    answer = await send(browser, page, f"#card-{made['case_id']} details form", reason="waiting_for_customer")
    assert answer.status_code == 303
    page = await board(desk)
    assert "已暂停 · 等客户补资料" in text_of(page, "#lane-paused")
    assert [b.get_text(strip=True) for b in page.select("#lane-paused button")] == ["恢复"]


async def test_who_may_not_act_sees_no_button(desk: Desk) -> None:
    await desk.take_in()
    page = await board(desk, "mgr")
    assert page.select_one(".gl-green-card") is not None, "the owner of the customer sees it"
    assert page.select(".gl-green-card button") == []
    assert (await board(desk, "sh-ctr")).select(".gl-green-card") == []


async def test_a_phone_gets_the_list_and_chips(desk: Desk) -> None:
    await desk.take_in()
    phone = desk.page("ctr")
    phone.headers["User-Agent"] = "Mozilla/5.0 (Linux; Android 15) Mobile Safari"
    page = soup_of(await phone.get(BOARD))
    assert page.select(".gl-lane") == []
    assert len(page.select(".gl-task")) == 1
    assert "待客户确认 0" in text_of(page, ".gl-phone-chips")


async def test_a_customer_of_another_branch_is_found_by_name_number_and_tier_only(desk: Desk) -> None:
    page = soup_of(await desk.page("sh-ctr").get(f"{BOARD}/new?q=恒信"))
    found = page.select(".gl-found li")
    assert [" ".join(row.get_text(" ", strip=True).split()) for row in found] == [
        f"北京恒信物业管理有限公司 银牌 跨地域 {world.SILVER}"
    ]
    link = found[0].select_one("a")
    assert link is not None
    form = soup_of(await desk.page("sh-ctr").get(str(link["href"])))
    assert form.select_one("#contact_id") is None, "whom it employs is not shown"
    assert form.select("#policies option") == []
    own = soup_of(await desk.page("ctr").get(f"{BOARD}/new?customer_no={world.SILVER}"))
    assert len(own.select("#contact_id option")) == 2
    assert "周启明" not in own.get_text(), "contacts are masked"


def _typed(**more: str) -> dict[str, str]:
    return {
        "service": "claim",
        "reference_no": "CL-9",
        "received_at": "2026-09-30T10:00",
        "channel": "phone",
        "contact_id": "",
        "contact_name": "",
        "policy_no": "",
        "remark": "",
        **more,
    }


async def test_the_deadline_stands_below_the_form_while_it_is_typed(desk: Desk) -> None:
    browser = desk.page("ctr")
    page = soup_of(await browser.get(f"{BOARD}/new?customer_no={world.SILVER}"))
    assert text_of(page, "#due") == "选择服务后显示时限和期限。"
    due = page.select_one("#due")
    assert due is not None
    typed = {"customer_no": world.SILVER, **_typed()}
    live = soup_of(await browser.post(str(due["hx-post"]), data=typed, headers={"HX-Request": "true"}))
    assert text_of(live, "#due") == "限 5 个工作日 · 常规 7 个工作日，10月13日 周二 17:30 已过期 Z04 第17条（3）"
    assert desk.gateway.sent == []


async def test_taking_in_leads_to_the_request_and_a_second_one_to_the_first(desk: Desk) -> None:
    browser = desk.page("ctr")
    page = soup_of(await browser.get(f"{BOARD}/new?customer_no={world.SILVER}"))
    answer = await send(browser, page, "#intake", **_typed(remark="资料齐"))
    assert answer.status_code == 303, answer.text[:500]
    case_id = answer.headers["location"].removeprefix(f"{BOARD}/").partition("?")[0]
    record = desk.record(case_id)
    assert (record.reference_no, record.channel, record.remark) == ("CL-9", "phone", "资料齐")
    assert record.received_at.isoformat() == "2026-09-30T02:00:00+00:00"
    again = await send(browser, page, "#intake", **_typed(remark="又一次"), idempotency_key="another-key-1")
    assert again.status_code == 409
    shown = BeautifulSoup(again.text, "html.parser")
    link = shown.select_one("#due .gl-strip a")
    assert link is not None
    assert link["href"] == f"{BOARD}/{case_id}"
    remark = shown.select_one("#remark")
    assert remark is not None
    assert remark.get_text(strip=True) == "又一次", "nothing typed is lost"


async def test_what_is_missing_is_said_at_its_control(desk: Desk) -> None:
    browser = desk.page("ctr")
    page = soup_of(await browser.get(f"{BOARD}/new?customer_no={world.SILVER}"))
    answer = await send(browser, page, "#intake", **_typed(reference_no="", service=""))
    shown = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 422
    assert {str(link["href"]) for link in shown.select(".gl-errors a")} == {"#service", "#reference_no"}


async def _on(desk: Desk, made: dict[str, Any], login: str = "ctr") -> BeautifulSoup:
    return soup_of(await desk.page(login).get(f"{BOARD}/{made['case_id']}"))


async def test_the_page_of_a_request_carries_it_from_stage_to_stage(desk: Desk) -> None:
    made = await desk.take_in()
    page = await _on(desk, made)
    assert text_of(page, ".gl-promises") == "时限 5 个工作日 Z04 常规时限 7 个工作日 第17条（3）"
    assert text_of(page, ".gl-path .gl-now b") == "待受理"
    assert page.select_one(f'a[href="/forms/3/{made["case_id"]}"]') is not None
    for form, fields, stage in (
        ("#act-accept", {}, "处理中"),
        ("#act-pause", {"reason": "waiting_for_third_party"}, "已暂停"),
        ("#act-resume", {}, "处理中"),
        ("#act-complete", {"result": "已赔付"}, "待客户确认"),
    ):
        answer = await send(desk.page("ctr"), page, form, **fields)
        assert answer.status_code == 303, (form, answer.text[:300])
        page = await _on(desk, made)
        assert text_of(page, ".gl-path .gl-now b") == stage
    assert "暂停计时：等第三方" in text_of(page, "#timeline")
    link = page.select_one("#customer-link")
    assert link is not None
    assert "/c/" in str(link["value"])
    answer = await send(desk.page("ctr"), page, "#act-confirm", satisfied="yes", proof="当面签字")
    assert answer.status_code == 303
    page = await _on(desk, made)
    assert "满意 何柜面" in text_of(page, "#facts")
    assert page.select("form[id^=act-]:not(#act-comment)") == []


async def test_overdue_asks_for_its_reason_and_keeps_what_was_typed(desk: Desk) -> None:
    made = await desk.take_in(received_at=LONG_AGO)
    await desk.done("ctr", made, "accept")
    page = await _on(desk, made)
    assert "办结须填逾期原因" in text_of(page, ".gl-tags")
    answer = await send(desk.page("ctr"), page, "#act-complete", result="已赔付", late_reason=" ")
    assert answer.status_code == 422
    shown = BeautifulSoup(answer.text, "html.parser")
    assert text_of(shown, ".gl-errors a") == "已逾期，办结前请填写逾期原因。"
    assert str(shown.select(".gl-errors a")[0]["href"]) == "#complete-late_reason"
    assert text_of(shown, "#complete-result") == "已赔付"


async def test_a_cancellation_wants_a_reason_and_a_stale_page_says_so(desk: Desk) -> None:
    made = await desk.take_in()
    page = await _on(desk, made)
    refused = await send(desk.page("ctr"), page, "#act-cancel", comment="")
    assert refused.status_code == 422
    await desk.done("ctr", made, "accept")
    stale = await send(desk.page("ctr"), page, "#act-cancel", comment="客户撤回")
    assert stale.status_code == 409
    assert "客户撤回" in stale.text


async def test_a_long_pause_is_flagged(desk: Desk) -> None:
    now = await desk.take_in(reference_no="CL-now")
    await desk.done("ctr", now, "accept")
    await desk.done("ctr", now, "pause", reason="waiting_for_customer")
    assert "暂停过久" not in text_of(await board(desk), "#lane-paused")
    desk.gateway.now = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
    old = await desk.take_in(reference_no="CL-old", received_at=LONG_AGO)
    await desk.done("ctr", old, "accept")
    await desk.done("ctr", old, "pause", reason="waiting_for_customer")
    page = await board(desk)
    assert "暂停过久" in text_of(page, f"#card-{old['case_id']}")
    assert "暂停过久" not in text_of(page, f"#card-{now['case_id']}")


async def test_comments_come_back_to_the_request(desk: Desk) -> None:
    made = await desk.take_in()
    page = await _on(desk, made)
    answer = await send(desk.page("ctr"), page, "#act-comment", comment="已电话联系客户")
    assert answer.headers["location"] == f"{BOARD}/{made['case_id']}?done=comment"
    assert "已电话联系客户" in text_of(await _on(desk, made), "#thread")


async def test_a_refused_comment_comes_back_to_the_request(desk: Desk) -> None:
    made = await desk.take_in()
    refused = await send(desk.page("ctr"), await _on(desk, made), "#act-comment", comment=" ")
    page = BeautifulSoup(refused.text, "html.parser")
    assert refused.status_code == 422
    assert [str(link["href"]) for link in page.select(".gl-errors a")] == ["#comment-comment"]
    assert page.select_one("#thread details[open] #comment-comment") is not None


async def test_whom_the_form_offers_may_take_it(desk: Desk) -> None:
    """The lead of the branch is no counter clerk: to offer it only to refuse it would be a trap."""
    made = await desk.take_in()
    page = await _on(desk, made, "lead")
    offered = [str(option["value"]) for option in page.select("select[name=to] option") if option["value"]]
    assert offered
    for to in offered:
        answer = await send(desk.page("lead"), await _on(desk, made, "lead"), "#act-assign", to=to, comment="请优先")
        assert answer.status_code == 303, to


async def test_in_english(desk: Desk) -> None:
    made = await desk.take_in()
    page = soup_of(await desk.page("ctr").get(f"{BOARD}/{made['case_id']}?lang=en"))
    assert text_of(page, ".gl-promises") == "Time limit 5 working days Z04 Regular limit 7 working days Art. 17 (3)"


async def test_an_advance_payment_is_typed_with_its_amounts_and_shown_with_them(desk: Desk) -> None:
    browser = desk.page("ctr")
    page = soup_of(await browser.get(f"{BOARD}/new?customer_no={world.GOLD}"))
    typed = _typed(service="advance_payment", undisputed_amount="100000", advance_amount="60000", received_at="")
    refused = await send(browser, page, "#intake", **typed)
    shown = BeautifulSoup(refused.text, "html.parser")
    assert refused.status_code == 422
    assert [str(link["href"]) for link in shown.select(".gl-errors a")] == ["#advance_amount"]
    amount = shown.select_one("#advance_amount")
    assert amount is not None
    assert amount["value"] == "60000", "nothing typed is lost"
    assert (await send(browser, page, "#intake", **typed | {"received_at": "0001-01-01T00:00"})).status_code == 422
    answer = await send(browser, page, "#intake", **typed | {"advance_amount": "50000"})
    assert answer.status_code == 303, answer.text[:500]
    request = soup_of(await browser.get(answer.headers["location"]))
    words = text_of(request, "main")
    assert "重大事故预付" in words
    assert "预付金额 ¥50,000.00" in words
    assert "C8" in words
