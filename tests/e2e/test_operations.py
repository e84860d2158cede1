"""Operations in a browser: overview, stuck list, search, one case, comparison at once; wide and narrow, with axe."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stage import DESK, PHONE, Story, signed_in_api

pytestmark = [pytest.mark.browser, pytest.mark.temporal, pytest.mark.timeout(240)]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_operations_sees_and_compares(story: Story, size: tuple[int, int]) -> None:
    _a_request(story)
    page = story.sign_in("ops", size)
    for address, heading in (("/ops?still=true", "运行总览"), ("/ops/stuck", "卡住清单"), ("/ops/cases", "流程查询")):
        page.goto(f"{story.address}{address}")
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        _fits(page)
        story.look(page, f"{Path(address.split('?')[0]).name}-{size[0]}")
    page.locator("[data-gl-row]").first.click()
    expect(page.get_by_text("正在等")).to_be_visible()
    expect(page.get_by_text("流程启动")).to_be_visible()
    _fits(page)
    story.look(page, f"ops-case-{size[0]}")
    page.goto(f"{story.address}/ops/drift")
    page.get_by_role("button", name="立即核对").click()
    expect(page.get_by_text("记录与流程引擎一致。")).to_be_visible(timeout=60_000)
    _fits(page)
    story.look(page, f"drift-{size[0]}")
    assert story.complaints == []
    assert story.serious == []


def _fits(page: Page) -> None:
    """Nothing makes the page wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def _a_request(story: Story) -> None:
    with signed_in_api(story.address, "bj-ctr") as counter:
        body = {"customer_no": "C010011", "service": "claim", "reference_no": "OPS-1"}
        answer = counter.post("/api/v1/green-channel", json=body)
        assert answer.status_code in {200, 201, 409}, answer.text
