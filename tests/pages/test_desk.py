"""The decision desk on a real engine, as a browser without scripts uses it: links, GET filters, POST forms."""

import re
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from models.tables.cases import SilverQuota
from models.tables.organisation import Post
from models.types import Role
from tests.support import world
from tests.support.page_desk import (
    LEVELS,
    Desk,
    add_post,
    desk,
    environment,
    fields_of,
    form_on,
    records,
    server,
    text_of,
)

__all__ = ["desk", "environment", "records", "server"]
pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]


async def test_two_clicks_a_level_make_a_gold_vip(desk: Desk) -> None:
    case_id = await desk.declare()
    results = [text_of(await desk.approve(login), ".gl-strip-ok") for login in LEVELS]
    assert results == [
        "已同意，已报分公司初审。",
        "已同意，已报分公司审批。",
        "已同意，已报总公司复核。",
        "已同意，已报总公司审批。",
        "已同意，资格生效。",
    ]
    case = await desk.get("mgr", f"/cases/{case_id}")
    assert text_of(case, ".gl-lead") == "已通过：金牌VIP资格，2026年3月1日 – 2027年2月28日。"
    assert f"2026-gold-ranked-001-{desk.gold}" in text_of(case, "#membership")
    change = f'#membership a[href="/customers/{desk.gold}/manager"]'
    assert not case.select(change)
    assert (await desk.get("ops", f"/cases/{case_id}")).select(change), "operations sees no page of a customer"
    facts = (await desk.clients.token("mgr").get(f"/api/v1/cases/{case_id}")).json()
    assert (facts["tier"], facts["stage"], facts["membership"]["manager"]) == ("gold", "active", "王晓梅")
    assert len(case.select(".gl-path .gl-done")) == 7
    assert "周立 同意了 总公司审批" in text_of(case, "#timeline")
    assert text_of(await desk.get("hq-lead", "/inbox?box=done"), ".gl-task-title").startswith("金牌资格申报")


async def test_everything_to_decide_by_is_in_sight(desk: Desk) -> None:
    await desk.declare()
    await desk.approve("unit", comment="保费已核")
    _href, page = await desk.task("svc")
    assert text_of(page, "#score .gl-big") == "2,200,000"
    assert text_of(page, ".gl-s-article .gl-art") == "附表1 A 附表2 附表3"
    assert len(page.select(".gl-checks li")) == 5
    assert not page.select(".gl-failed")
    assert "周*" in text_of(page, ".gl-facts")
    assert "199****0001" in text_of(page, ".gl-facts")
    assert "周启明" not in text_of(page, ".gl-facts")
    assert text_of(page, ".gl-path .gl-now").startswith("分公司初审")
    assert "您（赵敏）" in text_of(page, ".gl-path .gl-now")
    assert "李建国 同意了 机构复核" in text_of(page, ".gl-log")
    assert "经 网页" in text_of(page, ".gl-log")
    assert text_of(page, ".gl-log blockquote").startswith("保费已核")
    assert text_of(page, "#decide-hint").startswith("同意即报分公司审批。")
    options = [str(option["value"]) for option in page.select("#return_to option")]
    assert options == ["declared", "unit_check"]


async def test_the_last_step_names_the_seat_and_offers_silver(desk: Desk) -> None:
    case_id = await desk.declare()
    for login in LEVELS[:-1]:
        await desk.approve(login)
    _href, page = await desk.task("hq-lead")
    assert text_of(page, "#decide-hint").startswith("同意即生效，占用金牌排名席位 1/90。")
    assert page.select_one('button[value="approve_as_silver"]') is not None
    _answer, done = await desk.press("hq-lead", page, verdict="approve_as_silver", comment="名额留给别家")
    assert text_of(done, ".gl-strip-ok") == "已同意为银牌，资格生效。"
    assert (await desk.clients.token("mgr").get(f"/api/v1/cases/{case_id}")).json()["tier"] == "silver"


async def test_silver_is_not_offered_when_the_branch_has_no_seat_left(desk: Desk) -> None:
    with desk.database.write() as session:
        post = session.exec(select(Post).where(Post.role == Role.BR_SVC)).one()
        session.add(
            SilverQuota(
                year=world.YEAR,
                institution_code=post.institution_code,
                quota=0,
                reason="本年不报银牌",
                filed_by=post.account_id,
                filed_at=datetime.now(UTC),
            )
        )
    await desk.declare()
    for login in LEVELS[:-1]:
        await desk.approve(login)
    _href, page = await desk.task("hq-lead")
    assert page.select_one('button[value="approve_as_silver"]') is None
    assert "分公司银牌名额已满（0/0），不能改批银牌。" in text_of(page, ".gl-more")


async def test_a_button_one_may_not_use_is_absent_and_a_line_says_why(desk: Desk) -> None:
    await desk.declare()
    href, _page = await desk.task("unit")
    unit = await desk.get("unit", href)
    assert unit.select_one('button[value="reject"]') is None
    assert unit.select_one('button[value="return"]') is not None
    lead = await desk.get("lead", href)
    assert lead.select_one("#decide") is None
    assert text_of(lead, "#gl-content .gl-strip") == "此任务由 三级机构负责人 办理。如需处理，请其转办给您。"
    add_post(desk, "mgr", Role.UNIT_LEAD, "BJ01")
    add_post(desk, "unit", Role.BR_SVC, "BJ")
    own = await desk.get("mgr", "/inbox")
    assert "您申报的，不能审批" in text_of(own, ".gl-task")
    assert text_of(await desk.get("mgr", href), "#gl-content .gl-strip") == "不能审批自己申报的事项。请转办。"
    await desk.approve("unit")
    assert "您办理了上一步，不能连办" in text_of(await desk.get("unit", "/inbox"), ".gl-task")


async def test_a_return_needs_a_reason_and_opens_a_round_that_compares(desk: Desk) -> None:
    case_id = await desk.declare()
    await desk.approve("unit")
    _href, page = await desk.task("svc")
    answer, refused = await desk.press("svc", page, verdict="return", return_to="declared")
    assert answer.status_code == 422
    assert refused.title is not None
    assert refused.title.get_text().startswith("错误：")
    assert text_of(refused, ".gl-errors a") == "请填写原因。"
    assert (fields_of(form_on(refused))["idempotency_key"]) == fields_of(form_on(page))["idempotency_key"]
    _answer, done = await desk.press("svc", refused, verdict="return", return_to="declared", comment="请补充证明")
    assert text_of(done, ".gl-strip-ok") == "已退回到申报。"
    _href, case = await desk.task("mgr")
    assert "已退回，正在等 王晓梅 重新提交" in text_of(case, ".gl-lead")
    assert "未涉及的签批予以保留" in text_of(case, "#resubmit")
    typed = {"comment": "已补", "reason": "连续四年增员"}
    answer, sent = await desk.press("mgr", case, f'form[action="/cases/{case_id}/resubmit"]', **typed)
    assert (answer.status_code, text_of(sent, ".gl-strip-ok")) == (200, "已重新提交。")
    assert text_of(sent, ".gl-log .gl-tag") == "保留签批：机构复核（李建国）"
    _href, again = await desk.task("svc")
    assert "机构复核 已办 李建国" in text_of(again, ".gl-path .gl-done")
    assert text_of(again, ".gl-path .gl-tag") == "保留签批"
    changed = [node.get_text(strip=True) for node in again.select(".gl-two > div > section:first-child td")]
    assert changed == ["申报理由", "连续三年增员", "连续四年增员", ""]
    assert "第 1 轮于" in text_of(again, ".gl-two > div > section:first-child header")
    assert text_of(again, ".gl-two > div > section:first-child blockquote") == "请补充证明"
    assert text_of(again, ".gl-path + details summary") == "第 1 轮（赵敏 退回）"


async def test_a_correction_is_shown_before_it_is_sent(desk: Desk) -> None:
    await desk.declare()
    await desk.approve("unit")
    href, page = await desk.task("svc")
    premium = f"premium_received:{desk.gold}-{world.YEAR}"
    _answer, unchanged = await desk.press("svc", page, action=f"{href}/preview")
    assert text_of(unchanged, ".gl-errors a") == "没有改动，请先更正数据。"
    _answer, wrong = await desk.press("svc", page, action=f"{href}/preview", **{premium: "许多"})
    assert text_of(wrong, ".gl-errors a") == "应为数字。"
    answer, preview = await desk.press("svc", page, action=f"{href}/preview", **{premium: "2,100,000"})
    assert answer.status_code == 200
    assert text_of(preview, ".gl-correction ins") == "2,310,000"
    assert "+110,000 元" in text_of(preview, ".gl-correction")
    answer, refused = await desk.press("svc", preview, action=f"{href}/correct")
    assert (answer.status_code, text_of(refused, ".gl-errors a")) == (422, "请填写原因。")
    assert fields_of(form_on(refused))[premium] == "2,100,000"
    _answer, done = await desk.press("svc", refused, action=f"{href}/correct", comment="附收据")
    assert text_of(done, ".gl-strip-ok") == "已更正，客户价值 +110,000 元。"
    assert f"赵敏 更正 {desk.gold}-2025：附收据" in text_of(done, ".gl-correction")
    assert (await desk.press("svc", done, verdict="approve"))[0].status_code == 200


async def test_claims_and_earned_premium_of_the_year_are_corrected_too(desk: Desk) -> None:
    await desk.declare()
    await desk.approve("unit")
    href, page = await desk.task("svc")
    policy = f"{desk.gold}-{world.YEAR}"
    typed = {f"incurred_claims:{policy}": "9,000,000", f"earned_premium:{policy}": "2,000,000"}
    _answer, preview = await desk.press("svc", page, action=f"{href}/preview", **typed)
    assert "-" in text_of(preview, ".gl-correction")
    _answer, done = await desk.press("svc", preview, action=f"{href}/correct", comment="附理赔清单")
    assert text_of(done, ".gl-strip-ok").startswith("已更正，客户价值 -")
    assert fields_of(form_on(done))[f"incurred_claims:{policy}"] == "9,000,000.00"


async def test_the_reckoning_of_a_deadline_reads_the_same_over_http(desk: Desk) -> None:
    await desk.declare()
    href, page = await desk.task("unit")
    why = str(page.select_one(".gl-two aside header a")["href"])  # type: ignore[index]  # the page has it
    assert why == f"{href}/clock"
    shown = await desk.get("unit", why)
    assert "时限 5 个工作日" in text_of(shown, ".gl-lead")
    facts = (await desk.clients.token("unit").get(f"/api/v1{href}/clock")).json()
    counted = [row for row in facts["rows"] if row["number"] is not None]
    assert len([row for row in shown.select("tbody tr") if "个工作日" in row.get_text()]) == len(counted) == 5
    assert facts["state"] == "running"


async def test_the_engine_is_shown_to_operators_only(desk: Desk) -> None:
    case_id = await desk.declare()
    ops, mgr = await desk.get("ops", f"/cases/{case_id}"), await desk.get("mgr", f"/cases/{case_id}")
    workflow = f"qualification/{world.YEAR}/{desk.gold}/1"
    assert workflow in ops.get_text()
    assert ops.select_one('a[href^="http://127.0.0.1:8233/namespaces/greenlane/workflows/qualification%2F"]')
    assert workflow not in mgr.get_text()
    assert not mgr.select('a[href^="http://127.0.0.1:8233"]')
    assert not ops.select("#score")


async def test_the_declarant_withdraws(desk: Desk) -> None:
    case_id = await desk.declare()
    case = await desk.get("mgr", f"/cases/{case_id}")
    assert case.select_one('form[action$="/resubmit"]') is None
    answer, done = await desk.press("mgr", case, f'form[action="/cases/{case_id}/withdraw"]', comment="客户撤回")
    assert (answer.status_code, text_of(done, ".gl-strip-ok")) == (200, "已撤销，可重新申报。")
    assert done.select_one('form[action$="/withdraw"]') is None
    again, _page = await desk.press(
        "mgr", case, f'form[action="/cases/{case_id}/withdraw"]', idempotency_key="key-00002"
    )
    assert again.status_code == 409
    started = await desk.get("mgr", "/inbox?box=started")
    assert "撤销" in text_of(started, ".gl-task-step")


async def test_the_desk_reads_in_english(desk: Desk) -> None:
    case_id = await desk.declare()
    href, _page = await desk.task("unit")
    for path in ("/inbox", href, f"{href}/clock", f"/cases/{case_id}"):
        page = await desk.get("unit", f"{path}?lang=en")
        for node in page.select("script, style, [lang='zh-CN'], option, [name='to']"):
            node.decompose()
        text = page.get_text(" ")
        for known in (
            "王晓梅",
            "李建国",
            "赵敏",
            "陈志远",
            "孙倩",
            "周立",
            "连续三年增员",
            "补报",
            "软件",
            "周*",
            "董事长（虚构）",
        ):
            text = text.replace(known, "")
        text = re.sub("(北京|上海)[^ ]*|总公司", "", text)
        assert re.findall(r"[\u4e00-\u9fff]+", text) == [], path
