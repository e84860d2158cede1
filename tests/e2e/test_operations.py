"""Operations in a browser: overview, stuck list, search, one case, comparison at once; wide and narrow, with axe."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stage import DESK, PHONE, Story, signed_in_api

pytestmark = [pytest.mark.browser, pytest.mark.temporal, pytest.mark.timeout(240)]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_operations_sees_and_compares(story: Story, size: tuple[int, int]) -> None:
    _a_request(story, f"OPS-{size[0]}")
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
    _cancels_in_bulk(story, page, size[0])
    assert story.complaints == []
    assert story.serious == []


def _fits(page: Page) -> None:
    """Nothing makes the page wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def _cancels_in_bulk(story: Story, page: Page, width: int) -> None:
    """An overdue request is ticked, previewed, refused without its reason, cancelled, and told."""
    page.goto(f"{story.address}/ops/stuck?reason=overdue")
    page.get_by_label("勾选").first.check()
    page.get_by_role("button", name="批量处理勾选的").click()
    page.get_by_label("处理方式").select_option("cancel")
    page.get_by_role("button", name="重新预览").click()
    expect(page.get_by_text("将取消，不再办理")).to_be_visible()
    _fits(page)
    story.look(page, f"bulk-{width}")
    page.get_by_label("原因").fill("客户撤回申请")
    page.get_by_role("button", name="取消 1 件").click()
    expect(page.get_by_text("已办理 1 件。")).to_be_visible(timeout=30_000)
    _fits(page)
    story.look(page, f"bulk-done-{width}")
    page.locator(".gl-bulk a").first.click()
    expect(page.get_by_text("现在不能做的")).to_be_visible()
    _fits(page)
    story.look(page, f"ops-case-closed-{width}")


def _a_request(story: Story, reference_no: str) -> None:
    """One that is overdue at once."""
    with signed_in_api(story.address, "bj-ctr") as counter:
        body = {"customer_no": "C010011", "service": "claim", "reference_no": reference_no}
        body["received_at"] = (datetime.now(UTC) - timedelta(days=60)).isoformat()
        answer = counter.post("/api/v1/green-channel", json=body)
        assert answer.status_code in {200, 201, 409}, answer.text
