"""The whole story in a real browser on a whole copy of Greenlane with the sample book: scored, declared, gold.

Screenshots are kept under `artifacts/`.
"""

from typing import Any

import httpx2
import pytest
from playwright.sync_api import expect

from tests.e2e.stage import ARTIFACTS, PHONE, Story, signed_in_api

pytestmark = [pytest.mark.browser, pytest.mark.temporal, pytest.mark.timeout(240)]

MANAGER = "bj01-mgr"
DECIDERS = ("bj01-unit", "bj-svc", "bj-lead", "hq-vip", "hq-lead")


def best_customer(api: httpx2.Client) -> dict[str, Any]:
    """The best ranked customer of the manager that stands for gold."""
    rows: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        answer = api.get("/api/v1/customers", params={"limit": 200} | ({"cursor": cursor} if cursor else {})).json()
        rows += answer["items"]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    ranked = [row for row in rows if row["rank"] is not None and float(row["value"]) >= 1_000_000]
    return min(ranked, key=lambda row: int(row["rank"]))


def declare(story: Story, customer: dict[str, Any]) -> str:
    """From the customer's page to the case: open, fill in, submit; the address of the case."""
    page = story.sign_in(MANAGER)
    page.goto(f"{story.address}/customers/{customer['customer_no']}")
    expect(page.locator("h1")).to_have_text(customer["name"])
    story.look(page, "customer")
    page.locator(".gl-acts .gl-b-primary").click()
    page.wait_for_selector("#declare")
    page.fill("#reason", "连续多年增员，拟扩展补充医疗。")
    if page.locator("#late_reason").count():
        page.fill("#late_reason", "资料补齐较晚。")
    story.look(page, "declare")
    page.locator("#declare-submit").click()
    page.wait_for_selector("#timeline")
    story.look(page, "case-declared")
    expect(page.locator(".gl-lead")).to_contain_text("正在等")
    address = page.url.partition("?")[0]
    page.context.close()
    return address


def approve(story: Story, login: str) -> None:
    """Two clicks from the inbox: the row, 同意."""
    page = story.sign_in(login)
    page.goto(f"{story.address}/inbox")
    story.look(page, f"{login}-inbox")
    page.locator("[data-gl-row]").first.click()
    page.wait_for_selector("#decide")
    story.look(page, f"{login}-task")
    if login == "bj-lead":
        on_the_phone(story, login, page.url)
        page.screenshot(path=ARTIFACTS / "task.png")
    page.get_by_role("button", name="同意", exact=True).click()
    page.wait_for_selector("#gl-content .gl-strip-ok")
    expect(page.locator("#gl-content .gl-strip-ok")).to_contain_text("已同意")
    expect(page.locator("#gl-content .gl-strip-ok")).to_be_in_viewport()
    expect(page.locator("#gl-content .gl-strip-ok")).to_be_focused()
    expect(page.locator("#gl-rail .gl-count:not([hidden])")).to_have_count(0)
    story.look(page, f"{login}-done")
    page.context.close()


def on_the_phone(story: Story, login: str, address: str) -> None:
    """The decision page at 390 pixels: nothing wider than the screen, the bar at the foot."""
    page = story.sign_in(login, PHONE)
    page.goto(address)
    page.wait_for_selector("#decide")
    story.look(page, f"{login}-task-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    bar = page.locator("#bar").bounding_box()
    assert bar is not None
    assert bar["y"] + bar["height"] == pytest.approx(PHONE[1], abs=1)
    page.context.close()


def test_a_customer_of_the_sample_book_becomes_gold(story: Story) -> None:
    with signed_in_api(story.address, MANAGER) as api:
        customer = best_customer(api)
        address = declare(story, customer)
        for login in DECIDERS:
            approve(story, login)
        case_id = address.rpartition("/")[2]
        facts = api.get(f"/api/v1/cases/{case_id}").json()
        after = api.get(f"/api/v1/customers/{customer['customer_no']}").json()
    page = story.sign_in(MANAGER)
    page.goto(address)
    story.look(page, "case-gold")
    assert (facts["tier"], facts["stage"], facts["outcome"]) == ("gold", "active", "approved")
    assert (after["tier"], after["seat"]) == ("gold", "ranked")
    expect(page.locator(".gl-lead")).to_contain_text("金牌VIP资格")
    expect(page.locator("#membership")).to_contain_text(facts["membership"]["certificate_no"])
    expect(page.locator("#score .gl-big")).to_have_text(f"{int(facts['score']['value']):,}")
    expect(page.locator("#timeline li")).to_have_count(len(facts["timeline"]))
    page.goto(f"{story.address}/customers/{customer['customer_no']}")
    story.look(page, "customer-gold")
    expect(page.locator(".gl-head")).to_contain_text("金牌")
    assert story.complaints == []
    assert story.serious == []
