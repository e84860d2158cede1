"""满意度调查 in a real browser: sent out in two clicks, answered on the phone, a low sheet becomes a task at once."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import col, select

from models.database import Database
from models.services.survey import links
from models.settings import Settings
from models.tables.book import Contact, Customer
from models.tables.care import MembershipContact
from models.tables.organisation import Account, Post
from models.tables.survey import SurveyInvitation
from models.types import MembershipStage, Role, Tier
from tests.e2e.stage import DESK, PHONE, Story
from tests.supervisor.copies import Copy
from tests.support.members import add_member

pytestmark = [pytest.mark.browser, pytest.mark.temporal, pytest.mark.timeout(240)]
SERVICE, BRANCH = "bj-svc", "BJ"


def _members(home: Path) -> None:
    """Two customers of the branch have been VIPs since March, with their key contacts."""
    database = Database.from_settings(Settings(home=home))
    with database.write() as session:
        manager = select(Account.id).join(Post, col(Post.account_id) == Account.id).where(Post.role == Role.MGR)
        manager_id = session.exec(manager).first()
        customers = select(Customer).where(col(Customer.institution_code).startswith(BRANCH))
        assert manager_id is not None
        for customer in session.exec(customers.order_by(Customer.customer_no).limit(2)).all():
            row = add_member(session, customer.customer_no, Tier.GOLD, date(2026, 3, 1))
            row.valid_to, row.manager_id, row.stage = date(2099, 2, 28), manager_id, MembershipStage.SERVING
            session.add(row)
            session.flush()
            for person in session.exec(select(Contact).where(Contact.customer_no == customer.customer_no)).all():
                session.add(
                    MembershipContact(
                        membership_id=row.id, contact_id=person.id, kind=person.kind, since=date(2026, 3, 1)
                    )
                )
    database.dispose()


def _links(home: Path, address: str, campaign: UUID) -> list[str]:
    """The links of a campaign as they are sent and printed."""
    database = Database.from_settings(Settings(home=home))
    with database.read() as session:
        asked = select(SurveyInvitation).where(SurveyInvitation.campaign_id == campaign)
        rows = session.exec(asked.order_by(col(SurveyInvitation.customer_no))).all()
        found = [links.address_of(address, row.id) for row in rows]
    database.dispose()
    return found


def _respondent(story: Story, size: tuple[int, int]) -> Page:
    """Somebody who knows nothing of the system but a link."""
    context = story.browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    page = context.new_page()
    page.on("pageerror", lambda error: story.complaints.append(str(error)))
    return page


def _answer(page: Page, value: str) -> None:
    for number in range(1, 12):
        page.locator(f"#q{number}-{value}").check()
    page.locator("#q12-likely").check()
    page.locator("#q13-9").check()


def _fits(page: Page, width: int) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)


def _on_the_phone(story: Story, address: str) -> None:
    """Refused without an answer, then answered with what was typed kept; used up after that."""
    phone = _respondent(story, PHONE)
    phone.goto(address)
    assert _fits(phone, PHONE[0])
    height = phone.locator(".gl-scale > div").first.bounding_box()
    assert height is not None
    assert height["height"] >= 48
    phone.locator("form.gl-form button").click()
    expect(phone.locator(".gl-errors")).to_be_visible()
    phone.fill("#q14", "理赔请再快一些")
    _answer(phone, "2")
    expect(phone.locator("[data-gl-answered]")).to_have_text("14")
    story.look(phone, "survey-phone")
    phone.locator("form.gl-form button").click()
    expect(phone.locator("h1")).to_contain_text("感谢您的评价")
    story.look(phone, "survey-thanks")
    phone.goto(address)
    expect(phone.locator("#gl-content")).to_contain_text("95511")
    story.look(phone, "survey-used")


def _in_english(story: Story, address: str) -> None:
    """The same questions in the other language and colours, in the middle of the sheet: what was chosen stays."""
    desk = _respondent(story, DESK)
    desk.goto(address)
    desk.locator("#q2-4").check()
    desk.locator("#q14").fill("请加快理赔")
    desk.locator(".gl-survey-head button").click()
    expect(desk.locator("#q1 legend")).to_contain_text("policy issue")
    desk.locator(".gl-lone > .gl-who button").click()
    expect(desk.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(desk.locator("#q2-4")).to_be_checked()
    expect(desk.locator("#q14")).to_have_value("请加快理赔")
    expect(desk.locator("[data-gl-answered]")).to_have_text("2")
    story.look(desk, "survey-english")


def test_from_the_draft_to_the_task(story: Story, copy: Copy) -> None:
    _members(copy.home)
    page = story.sign_in(SERVICE)
    page.goto(f"{story.address}/surveys/new")
    story.look(page, "survey-new")
    closes = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
    page.fill("#closes_on", closes)
    page.locator("form.gl-form button.gl-b-primary").click()
    expect(page.locator("#gl-content .gl-strip-ok")).to_contain_text("草稿已保存")
    campaign = page.url.partition("?")[0]
    page.goto(f"{story.address}/surveys")
    page.locator("#list [data-gl-row]").first.click()
    page.locator("#act-open button").click()
    expect(page.locator("#gl-content .gl-strip-ok")).to_contain_text("已开始发放")
    page.goto(f"{campaign}/codes")
    expect(page.locator(".gl-codes img").first).to_be_visible()
    story.look(page, "survey-codes")
    first, second, *_ = _links(copy.home, story.address, UUID(campaign.rpartition("/")[2]))

    _on_the_phone(story, first)
    _in_english(story, second)
    page.goto(campaign)
    expect(page.locator("#low tbody tr")).to_have_count(1)
    story.look(page, "survey-results")
    page.locator("#low tbody td a").last.click()
    expect(page.locator("#gl-content")).to_contain_text("低分回访")
    story.look(page, "survey-follow-up")
    page.get_by_role("link", name="查看问卷").click()
    expect(page.locator(".gl-sheet")).to_contain_text("不满意")
    story.look(page, "survey-sheet")
    small = story.sign_in(SERVICE, PHONE)
    for place in ("/surveys", campaign.removeprefix(story.address), f"{campaign.removeprefix(story.address)}/paper"):
        small.goto(f"{story.address}{place}")
        assert _fits(small, PHONE[0]), place
        story.look(small, "survey-staff-phone")
    assert (story.complaints, story.serious) == ([], [])
