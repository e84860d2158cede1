"""Acts beside the decision on a real engine, as a browser without scripts sends them."""

import pytest
from bs4 import BeautifulSoup

from models.types import Role
from tests.support import world
from tests.support.page_desk import Desk, add_post, desk, environment, fields_of, records, server, text_of

__all__ = ["desk", "environment", "records", "server"]
pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]


async def test_many_are_previewed_then_approved_each_with_its_result(desk: Desk) -> None:
    await desk.declare(world.SILVER, "silver", "silver")
    await desk.declare()
    inbox = await desk.get("unit", "/inbox")
    ticks = inbox.select("[data-gl-tick]")
    assert len(ticks) == 1, "gold is decided one by one"
    item = str(ticks[0]["value"])
    answer, preview = await desk.press("unit", inbox, "#bulk", item=item)
    assert answer.status_code == 200
    assert "将同意 1 件，共勾选 1 件" in text_of(preview, ".gl-lead")
    answer, results = await desk.press("unit", preview, "#bulk-confirm", comment="已核")
    assert text_of(results, ".gl-strip-ok") == "已同意 1 件。"
    form = inbox.select_one("#bulk")
    assert form is not None
    again = await desk.browser("unit").post("/inbox/bulk", data=fields_of(form) | {"item": item})
    assert "同意本件" in text_of(BeautifulSoup(again.text, "html.parser"), ".gl-bulk-bad")


async def _act(desk: Desk, login: str, page: BeautifulSoup, name: str, **typed: str) -> tuple[int, BeautifulSoup]:
    """Send the form of an act, with the first person that may be chosen."""
    form = page.select_one(f"#act-{name}")
    assert form is not None, name
    chosen = form.select_one("select[name=to] option[value]:not([disabled]):not([value=''])")
    to = {"to": str(chosen["value"])} if chosen else {}
    answer, shown = await desk.press(login, page, f"#act-{name}", **(to | typed))
    return answer.status_code, shown


async def test_a_delegate_advises_and_hands_back(desk: Desk) -> None:
    await desk.declare()
    _href, page = await desk.task("unit")
    _status, done = await _act(desk, "unit", page, "delegate", comment="请看保费")
    assert text_of(done, ".gl-strip-ok") == "已委派给 赵敏，交回后由您决定。"
    assert text_of(done, "#decide .gl-b-primary") == "收回委派"
    href, advising = await desk.task("svc")
    assert "李建国 委派您提出意见" in text_of(advising, "#gl-content .gl-strip")
    assert advising.select_one('button[value="return"]') is None
    answer, handed = await desk.press("svc", advising, comment="保费无误")
    assert (answer.status_code, text_of(handed, ".gl-strip-ok")) == (200, "已交回。")
    back = await desk.get("unit", href)
    assert "赵敏 交回了委派" in text_of(back, ".gl-log")
    assert "保费无误" in text_of(back, ".gl-log blockquote")
    assert back.select_one('button[value="approve"]') is not None


async def test_an_added_signer_is_awaited_and_a_removed_one_is_not(desk: Desk) -> None:
    case_id = await desk.declare()
    href, page = await desk.task("unit")
    _status, done = await _act(desk, "unit", page, "add_signer", choice="before")
    assert text_of(await desk.get("mgr", f"/cases/{case_id}"), ".gl-lead").startswith("正在等 赵敏 办理机构复核，")
    assert text_of(done, ".gl-standing") == "签批 0/2，缺 赵敏、三级机构负责人"
    assert "由 李建国 前加签，待签批" in text_of(done, ".gl-seats")
    assert done.select_one("#decide") is None
    _status, without = await _act(desk, "unit", await desk.get("unit", href), "remove_signer-a1")
    assert text_of(without, ".gl-strip-ok") == "已减签 赵敏。"
    assert without.select_one("#decide") is not None


async def test_an_approval_that_still_waits_for_another_signer_says_so(desk: Desk) -> None:
    await desk.declare()
    _href, page = await desk.task("unit")
    await _act(desk, "unit", page, "add_signer", choice="after")
    done = await desk.approve("unit")
    assert text_of(done, ".gl-strip-ok") == "已同意，本环节尚待其他人签批。"


async def test_a_decision_is_taken_back_from_its_result_line(desk: Desk) -> None:
    case_id = await desk.declare()
    done = await desk.approve("unit")
    assert done.select_one("#act-take_back") is not None
    case = await desk.get("unit", f"/cases/{case_id}")
    assert case.select_one("#act-take_back") is not None
    _status, back = await _act(desk, "unit", done, "take_back")
    assert text_of(back, ".gl-strip-ok") == "已撤回，任务回到您的待办。"
    assert len((await desk.get("unit", "/inbox")).select("[data-gl-row]")) == 1
    await desk.approve("unit")
    await desk.approve("svc")
    assert (await desk.get("unit", f"/cases/{case_id}")).select_one("#act-take_back") is None


async def test_a_refused_act_keeps_its_form_open_with_the_words(desk: Desk) -> None:
    await desk.declare()
    _href, page = await desk.task("unit")
    answer, refused = await desk.press("unit", page, "#act-ask", comment="客户是否续保？")
    assert answer.status_code == 422
    assert refused.select_one(".gl-act[open] #act-ask") is not None
    assert fields_of(refused.select_one("#act-ask"))["comment"] == "客户是否续保？"  # type: ignore[arg-type]  # it is there
    assert refused.select_one('.gl-errors a[href="#ask-to"]') is not None


async def test_a_question_is_answered_where_it_stands(desk: Desk) -> None:
    await desk.declare()
    href, page = await desk.task("unit")
    asked = page.select_one("#ask-to option:-soup-contains('王晓梅')")
    assert asked is not None
    _status, done = await _act(desk, "unit", page, "ask", to=str(asked["value"]), comment="客户是否续保？")
    assert "征询 王晓梅，待答复" in text_of(done, "#thread")
    told = (await desk.get("mgr", "/inbox")).select_one(f'.gl-strip a[href="/cases/{_case_of(done)}"]')
    assert told is not None
    assert told.get_text(strip=True) == "去答复"
    case = await desk.get("mgr", f"/cases/{_case_of(done)}")
    form = case.select_one(".gl-answer-form form")
    assert form is not None
    _answer, answered = await desk.press("mgr", case, f"#{form['id']}", comment="愿意")
    assert text_of(answered, ".gl-strip-ok") == "已答复。"
    assert "待您答复" not in (await desk.get("mgr", "/inbox")).get_text()
    assert "愿意" in text_of(await desk.get("unit", href), ".gl-answers blockquote")


def _case_of(page: BeautifulSoup) -> str:
    link = page.select_one('.gl-acts a[href^="/cases/"]')
    assert link is not None
    return str(link["href"]).rpartition("/")[2]


async def test_claimed_snoozed_and_paused_show_on_the_row(desk: Desk) -> None:
    await desk.declare()
    queue = await desk.get("unit", "/inbox?box=queue")
    _answer, after = await desk.press("unit", queue, ".gl-task-act")
    assert "岗位上没有待领取的事项" in text_of(after, ".gl-empty")
    _href, page = await desk.task("unit")
    assert "已领取" in text_of(page, ".gl-tags")
    _status, paused = await _act(desk, "unit", page, "pause", choice="waiting_for_customer")
    assert text_of(paused, ".gl-strip-ok") == "已暂停计时。"
    assert "已暂停" in text_of(await desk.get("unit", "/inbox"), ".gl-pill")
    again = await desk.get("unit", str(_href))
    _answer, _done = await desk.press("unit", again, "#quick-snooze form", choice="2")
    inbox = await desk.get("unit", "/inbox")
    assert not inbox.select("[data-gl-row]")
    assert "已稍后 1 件" in text_of(inbox, ".gl-foot")
    assert "稍后至" in text_of(await desk.get("unit", "/inbox?snoozed=1"), ".gl-task")


async def test_operations_override_is_marked_for_good(desk: Desk) -> None:
    case_id = await desk.declare()
    href, _page = await desk.task("unit")
    page = await desk.get("ops", href)
    assert "运营干预" in text_of(page, "#act-override .gl-marked")
    assert "您可改派或干预决定" in text_of(page, ".gl-strip")
    assert (await desk.get("ops", f"/cases/{case_id}")).select_one(f'.gl-head a[href="{href.partition("?")[0]}"]')
    _status, done = await _act(desk, "ops", page, "override", choice="approve", comment="负责人离职")
    assert text_of(done, ".gl-strip-ok") == "已记录运营干预决定。"
    case = await desk.get("mgr", f"/cases/{case_id}")
    assert text_of(case, ".gl-log .gl-tag") == "运营干预"
    assert text_of(case, ".gl-path .gl-tag") == "运营干预"


async def test_urging_says_when_it_is_possible_again(desk: Desk) -> None:
    case_id = await desk.declare()
    case = await desk.get("mgr", f"/cases/{case_id}")
    _status, urged = await _act(desk, "mgr", case, "urge", comment="客户在等")
    assert text_of(urged, ".gl-strip-ok") == "已催办。"
    assert "再次催办" in text_of(urged, ".gl-act-wait")


async def test_what_was_seen_is_shown_again_with_what_differs_now(desk: Desk) -> None:
    case_id = await desk.declare()
    await desk.approve("unit")
    case = await desk.get("svc", f"/cases/{case_id}")
    link = case.select_one(".gl-seen")
    assert link is not None
    page = await desk.get("svc", str(link["href"]))
    assert "李建国 同意了 机构复核" in text_of(page, ".gl-lead")
    assert "机构复核" in text_of(page, "#differences del")
    assert "分公司初审" in text_of(page, "#differences ins")
    assert len(text_of(page, ".gl-digest code")) == 64


async def test_whoever_must_not_decide_is_told_why_and_may_hand_it_on(desk: Desk) -> None:
    await desk.declare()
    add_post(desk, "mgr", Role.UNIT_LEAD, "BJ01")
    inbox = await desk.get("mgr", "/inbox")
    link = inbox.select_one(".gl-task-why a")
    assert "您申报的，不能审批。" in text_of(inbox, ".gl-task-why")
    assert link is not None
    page = await desk.get("mgr", str(link["href"]))
    assert page.select_one(".gl-act[open] #act-transfer") is not None
    _status, done = await _act(desk, "mgr", page, "transfer")
    assert text_of(done, ".gl-strip-ok").startswith("已转办给")


async def test_one_click_hands_on_to_the_likeliest_people(desk: Desk) -> None:
    await desk.declare()
    href, page = await desk.task("unit")
    names = [node.get_text(strip=True) for node in page.select("#quick-ask button")]
    assert names[0] == "王晓梅"
    titles = page.select("#quick-add_signer .gl-quick-title")
    assert [row.get_text(strip=True) for row in titles] == ["前加签", "后加签"]
    _answer, refused = await desk.press("unit", page, "#quick-ask form", to=_first(page, "ask"))
    assert refused.select_one("#quick-ask details[open] #ask-comment[aria-invalid]") is not None
    _answer, asked = await desk.press("unit", refused, "#quick-ask form", to=_first(page, "ask"), comment="续保吗？")
    assert text_of(asked, ".gl-strip-ok") == "已征询，任务仍在您这里。"
    assert "征询 王晓梅" in text_of(asked, "#thread")
    likeliest = asked.select_one("#quick-transfer button")
    assert likeliest is not None
    _answer, done = await desk.press("unit", asked, "#quick-transfer form", to=_first(asked, "transfer"))
    assert text_of(done, ".gl-strip-ok") == f"已转办给 {likeliest.get_text(strip=True)}。"
    assert (await desk.get("unit", href)).select_one("#handing #quick-transfer") is None


def _first(page: BeautifulSoup, act: str) -> str:
    button = page.select_one(f"#quick-{act} button")
    assert button is not None
    return str(button["value"])


async def test_rows_urge_and_take_back_with_one_click(desk: Desk) -> None:
    await desk.declare()
    started = await desk.get("mgr", "/inbox?box=started")
    _answer, urged = await desk.press("mgr", started, ".gl-task-act")
    assert text_of(urged, ".gl-strip-ok") == "已催办。"
    again = await desk.get("mgr", "/inbox?box=started")
    assert "再次催办" in text_of(again, ".gl-task-step small")
    assert again.select_one(".gl-task-act") is None
    await desk.approve("unit")
    done = await desk.get("unit", "/inbox?box=done")
    _answer, back = await desk.press("unit", done, ".gl-task-act")
    assert "已撤回" in text_of(back, ".gl-strip-ok")
    assert (await desk.get("unit", "/inbox?box=done")).select_one(".gl-task-act") is None
