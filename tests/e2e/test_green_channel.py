"""A request on the green channel in a real browser: taken in, accepted, paused, resumed, finished, confirmed."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stage import PHONE, Story, signed_in_api

pytestmark = [pytest.mark.browser, pytest.mark.temporal, pytest.mark.timeout(240)]
COUNTER, OWNER = "bj-ctr", "bj01-mgr"


def test_a_claim_from_the_counter_to_the_customers_own_answer(story: Story) -> None:
    with signed_in_api(story.address, OWNER) as owner:
        customer = owner.get("/api/v1/customers?limit=1").json()["items"][0]
    counter, reference = story.sign_in(COUNTER), f"CL-{uuid4().hex[:8]}"
    _take_in(story, counter, customer["customer_no"], reference)
    request = counter.url.partition("?")[0]
    _work(story, counter)
    link = counter.input_value("#customer-link")
    _confirm(story, link)
    counter.goto(request)
    expect(counter.locator("#facts")).to_contain_text("客户本人经链接")
    story.look(counter, "green-closed")
    counter.goto(f"{story.address}/green-channel?only=finished")
    expect(counter.locator(".gl-task", has_text=reference)).to_contain_text("按时办结")
    assert story.complaints == []
    assert story.serious == []


def _take_in(story: Story, page: Page, customer_no: str, reference: str) -> None:
    """登记受理: the customer, then the request, with its deadline before it is sent."""
    page.goto(f"{story.address}/green-channel/new")
    page.fill("#q", customer_no)
    page.get_by_role("button", name="查找客户").click()
    page.locator("#found a").first.click()
    page.select_option("#service", "claim")
    page.fill("#reference_no", reference)
    page.locator("#reference_no").press("Tab")
    expect(page.locator("#due")).to_contain_text("到期")
    story.look(page, "green-intake")
    page.get_by_role("button", name="受理", exact=True).click()
    page.wait_for_url(re.compile(r"/green-channel/[0-9a-f-]{36}"))
    expect(page.locator(".gl-strip-ok")).to_have_text("已登记受理。")


def _work(story: Story, page: Page) -> None:
    """受理 on the board, then 暂停, 恢复 and 办理完成 on the page of the request."""
    request = page.url.partition("?")[0]
    number = request.rpartition("/")[2]
    page.goto(f"{story.address}/green-channel?view=board")
    story.look(page, "green-board")
    page.locator(f"#card-{number}").get_by_role("button", name="受理").click()
    expect(page.locator("#lane-handling")).to_contain_text("暂停")
    page.goto(request)
    page.locator(".gl-case-acts summary", has_text="暂停").click()
    page.locator(".gl-case-acts .gl-act-body").get_by_role("button", name="暂停").click()
    expect(page.locator(".gl-strip-ok")).to_have_text("已暂停计时。")
    page.locator("#act-resume button").click()
    expect(page.locator(".gl-strip-ok")).to_contain_text("已恢复计时")
    page.fill("#complete-result", "已赔付")
    page.locator("#act-complete button").click()
    expect(page.locator(".gl-strip-ok")).to_contain_text("请客户确认")
    story.look(page, "green-finished")


def _confirm(story: Story, link: str) -> None:
    """The customer on its telephone: nobody is signed in; the link works once."""
    context = story.browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, locale="zh-CN")
    page = context.new_page()
    page.goto(link)
    story.look(page, "green-confirm")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.check("#satisfied-yes")
    page.fill("#remark", "很快")
    page.get_by_role("button", name="提交确认").click()
    expect(page.get_by_role("heading")).to_contain_text("已收到您的反馈")
    page.goto(link)
    expect(page.get_by_role("heading")).to_contain_text("链接已失效")
    context.close()
