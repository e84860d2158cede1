"""The most frequent actions in a real browser: each done after at most two clicks from the inbox.

Every press of the mouse counts, also of what opens or sends a form; typing does not.
"""

from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.stage import PHONE, Story, signed_in_api

pytestmark = [pytest.mark.browser, pytest.mark.temporal, pytest.mark.timeout(240)]

UNIT, COLLEAGUE, MANAGER, SERVICE = "bj01-unit", "北京2支公司负责人", "bj01-mgr", "bj-svc"
CASES = 12


class Hand:
    """A person whose clicks are counted from the inbox on."""

    def __init__(self, story: Story, login: str) -> None:
        self.story = story
        self.page: Page = story.sign_in(login)
        self.clicks = 0

    def inbox(self, query: str = "?kind=qualification") -> None:
        """Begin again at the list of declarations: the programme's own work, a quarter's close, may be due before."""
        self.page.goto(f"{self.story.address}/inbox{query}")
        self.clicks = 0

    def click(self, target: Locator) -> None:
        """One click."""
        target.click()
        self.clicks += 1

    def open_row(self) -> None:
        """The first row of the list."""
        self.click(self.page.locator("[data-gl-row]").first)
        self.page.wait_for_selector("#bar")

    def send(self, act: str, what: str) -> None:
        """The button of the panel that says whom or until when."""
        self.click(self.page.locator(f"#quick-{act} button", has_text=what).first)

    def done(self, text: str) -> None:
        """The result line says so, and it took two clicks at most."""
        expect(self.page.locator("#gl-content .gl-strip-ok").first).to_contain_text(text)
        assert self.clicks <= 2, f"{text}: {self.clicks} clicks"


def declare_many(api: httpx2.Client, number: int) -> None:
    """Silver declarations of the manager's customers, each of its own."""
    rows: list[dict[str, Any]] = api.get("/api/v1/customers", params={"limit": 60}).json()["items"]
    made = 0
    for row in rows:
        body = {
            "customer_no": row["customer_no"],
            "year": 2025,
            "tier": "silver",
            "seat": "special",
            "reason": "服务多年",
            "late_reason": "补报",
        }
        made += api.post("/api/v1/qualifications", json=body).status_code == 201
        if made == number:
            return
    pytest.fail(f"only {made} declarations were taken")


@pytest.fixture
def hand(story: Story) -> Hand:
    """The head of the sub-branch with tasks waiting."""
    with signed_in_api(story.address, MANAGER) as api:
        declare_many(api, CASES)
    return Hand(story, UNIT)


def test_the_ten_most_frequent_actions_are_two_clicks_away(story: Story, hand: Hand) -> None:
    hand.inbox()
    story.look(hand.page, "ten-inbox")
    _decides(hand)
    _hands_on(story, hand)
    _asks_and_tells(story, hand)
    _claims(hand)
    _many_at_once(story, hand)
    _rejects(story)
    _urges(story)
    _on_the_phone(story)
    assert story.complaints == []
    assert story.serious == []


def _decides(hand: Hand) -> None:
    """同意, 撤回 from what is done, 退回."""
    page = hand.page
    hand.open_row()
    hand.click(page.get_by_role("button", name="同意", exact=True))
    hand.done("已同意，已报分公司初审。")
    hand.inbox()
    hand.click(page.get_by_role("link", name="已办"))
    hand.click(page.get_by_role("button", name="撤回", exact=True).first)
    hand.done("已撤回")
    hand.inbox()
    hand.open_row()
    page.fill("#comment", "请补充证明")
    hand.click(page.get_by_role("button", name="退回", exact=True))
    hand.done("已退回到申报。")


def _hands_on(story: Story, hand: Hand) -> None:
    """转办, 委派, 加签: the button names the person."""
    for act, news in (("transfer", "已转办给"), ("delegate", "已委派给"), ("add_signer", "已加签")):
        hand.inbox()
        hand.open_row()
        hand.page.locator("#handing").scroll_into_view_if_needed()
        story.look(hand.page, f"ten-{act}")
        hand.send(act, COLLEAGUE)
        hand.done(f"{news} {COLLEAGUE}")
    expect(hand.page.locator(".gl-path .gl-standing")).to_contain_text("缺")
    story.look(hand.page, "ten-signers")


def _asks_and_tells(story: Story, hand: Hand) -> None:
    """征询, 抄送, 稍后处理: nothing moves."""
    page = hand.page
    hand.inbox()
    hand.open_row()
    page.fill("#quick-ask-text", "客户是否愿意续保？")
    hand.send("ask", "北京1支公司客户经理")
    hand.done("已征询")
    expect(page.locator("#thread")).to_contain_text("待答复")
    story.look(page, "ten-asked")
    hand.inbox()
    hand.open_row()
    hand.send("cc", "北京1支公司客户经理")
    hand.done("已抄送")
    hand.inbox()
    hand.open_row()
    hand.send("snooze", "09:00")
    hand.done("已推迟")
    hand.inbox()
    expect(page.get_by_role("link", name="已稍后 1 件")).to_be_visible()


def _claims(hand: Hand) -> None:
    """领取 from the queue: its tab, the button."""
    hand.inbox()
    hand.click(hand.page.get_by_role("link", name="岗位待领"))
    hand.click(hand.page.get_by_role("button", name="领取", exact=True).first)
    assert hand.clicks == 2
    expect(hand.page.locator(".gl-tab[aria-current]")).to_contain_text("岗位待领")


def _many_at_once(story: Story, hand: Hand) -> None:
    """批量同意: tick, preview, confirm; each row says what became of it."""
    page = hand.page
    hand.inbox()
    ticks = page.locator("[data-gl-tick]")
    for number in (0, 1):
        ticks.nth(number).check()
    page.get_by_role("button", name="批量同意", exact=True).click()
    page.wait_for_selector("#bulk-confirm")
    story.look(page, "ten-bulk")
    page.get_by_role("button", name="同意 2 件").click()
    expect(page.locator("#gl-content .gl-strip-ok")).to_contain_text("已同意 2 件。")
    story.look(page, "ten-bulk-done")
    page.context.close()


def _rejects(story: Story) -> None:
    """驳回, from branch review on."""
    hand = Hand(story, SERVICE)
    hand.inbox()
    hand.open_row()
    hand.page.fill("#comment", "不符合条件")
    hand.click(hand.page.get_by_role("button", name="驳回", exact=True))
    hand.done("已驳回，本件结束。")
    seen = hand.page.locator(".gl-seen").first.get_attribute("href")
    hand.page.goto(f"{story.address}{seen}")
    expect(hand.page.locator("h1")).to_have_text("当时所见")
    story.look(hand.page, "ten-evidence")
    hand.page.context.close()


def _urges(story: Story) -> None:
    """催办 by the one who waits; then it says from when on again."""
    hand = Hand(story, MANAGER)
    hand.inbox()
    hand.click(hand.page.get_by_role("link", name="我发起的"))
    hand.click(hand.page.locator(".gl-task", has_text="机构复核").get_by_role("button", name="催办").first)
    hand.done("已催办。")
    expect(hand.page.locator(".gl-act-wait")).to_contain_text("再次催办")
    story.look(hand.page, "ten-urged")
    hand.inbox()
    hand.page.locator("[data-gl-row]").first.click()
    hand.page.wait_for_selector("#resubmit")
    hand.page.fill("#resubmit-reason", "服务多年，另附证明")
    hand.page.get_by_role("button", name="查看变化").click()
    hand.page.wait_for_selector("#resubmit ins")
    story.look(hand.page, "ten-resubmit")
    hand.page.context.close()


def _on_the_phone(story: Story) -> None:
    """Inbox, a folded form and the task at 390 pixels: nothing wider than the screen."""
    page = story.sign_in(UNIT, PHONE)
    page.goto(f"{story.address}/inbox")
    story.look(page, "ten-phone-inbox")
    widths = [page.evaluate("document.documentElement.scrollWidth")]
    page.locator("[data-gl-row]").last.click()
    page.wait_for_selector("#bar")
    story.look(page, "ten-phone-task")
    page.locator("#quick-transfer summary").click()
    story.look(page, "ten-phone-transfer")
    widths.append(page.evaluate("document.documentElement.scrollWidth"))
    assert max(widths) <= PHONE[0]
    page.context.close()
