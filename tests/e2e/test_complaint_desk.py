"""投诉 in a real browser: registered in one click, answered in two, closed in three; contents open by their own click.

Every press of the mouse counts from the desk on; typing does not.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stage import PHONE, Story, signed_in_api

pytestmark = [pytest.mark.browser, pytest.mark.temporal, pytest.mark.timeout(240)]

SERVICE = "bj-svc"
COMPLAINANT, MATTER = "王大明", "业务员态度恶劣且拒绝说明原因"


def register(story: Story, page: Page, customer_no: str) -> str:
    """From the form, where typing a customer already says when it would be due; the address of the case."""
    page.fill("#customer", customer_no)
    page.locator("#complainant").focus()
    expect(page.locator("#due")).to_contain_text(customer_no)
    expect(page.locator("#contact_id")).to_be_visible()
    page.fill("#complainant", COMPLAINANT)
    page.fill("#phone", "13812342071")
    page.fill("#subject", "理赔款迟迟没有到账")
    page.fill("#matter", MATTER)
    story.look(page, "complaint-form")
    page.locator("#register-submit").click()
    expect(page.locator("#gl-content .gl-strip-ok")).to_contain_text("已登记")
    return page.url.partition("?")[0]


def send(page: Page, act: str, **typed: str) -> None:
    """The act that stands open, with what is typed into it."""
    for name, text in typed.items():
        page.fill(f"#{act}-{name}", text)
    page.locator(f"#act-{act} button").click()
    expect(page.locator("#gl-content .gl-strip-ok")).to_be_visible()
    expect(page.locator(f"details[open] #act-{act}")).to_have_count(0)


def test_a_complaint_from_the_desk_to_its_end(story: Story) -> None:
    with signed_in_api(story.address, SERVICE) as api:
        customer = api.get("/api/v1/customers", params={"limit": 1}).json()["items"][0]["customer_no"]
    page = story.sign_in(SERVICE)
    desk = f"{story.address}/complaints"
    page.goto(desk)
    page.locator(".gl-head .gl-b-primary").click()
    address = register(story, page, customer)
    page.goto(desk)
    story.look(page, "complaint-desk")
    assert MATTER not in page.locator("body").inner_text()
    page.locator("#complaints [data-gl-row]").first.click()
    send(page, "reply", text="已与客户联系，三日内回复")
    page.goto(address)
    page.locator("#contents a.gl-b").click()
    expect(page.locator("#contents")).to_contain_text(MATTER)
    expect(page.locator("#readings")).to_be_visible()
    story.look(page, "complaint-open")
    page.fill("#investigate-text", "系银行退票")
    page.locator("#act-investigate button").click()
    expect(page.locator("details[open] #judge-handling")).to_be_visible()
    page.goto(desk)
    page.locator("#complaints [data-gl-row]").first.click()
    send(page, "judge", handling="重新划款并致歉")
    send(page, "close", view_text="可以接受")
    expect(page.locator(".gl-lead")).to_contain_text("重新打开")
    phone = story.sign_in(SERVICE, PHONE)
    for place in (desk, address, f"{desk}/new"):
        phone.goto(place)
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE[0], place
        story.look(phone, "complaint-phone")
    assert (story.complaints, story.serious) == ([], [])
