"""The care calendar and the page of a touchpoint: rows before their case, forms with proof, caps and refusals."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
import uvicorn
from bs4 import BeautifulSoup
from playwright.sync_api import sync_playwright
from sqlmodel import Session, select

from api.app import create_app
from api.security.sessions import cookie_name
from models.database import Database
from models.service_types import TouchpointOrigin
from models.services.sign_in import open_session
from models.settings import Settings
from models.tables.book import Contact
from models.tables.care import Touchpoint, TouchpointProof
from models.tables.organisation import Account
from models.types import Role, Stage, Tier
from tests.pages.conftest import soup_of
from tests.support import world
from tests.support.care import planned
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway
from tests.support.members import add_member
from tests.support.moment import today

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"


def put(database: Database, row: Touchpoint) -> UUID:
    """Store a touchpoint."""
    with database.write() as session:
        session.add(row)
        session.flush()
        return row.id


def row_of(database: Database, touchpoint_id: UUID) -> Touchpoint:
    """The touchpoint as it stands."""
    with database.read() as session:
        found = session.get(Touchpoint, touchpoint_id)
        assert found is not None
        return found


def leader_of(session: Session, customer_no: str) -> Contact:
    """The customer's leader."""
    return session.exec(select(Contact).where(Contact.customer_no == customer_no)).one()


def text_of(page: BeautifulSoup, selector: str) -> str:
    """Text of the one element."""
    found = page.select_one(selector)
    assert found is not None, selector
    return found.get_text(" ", strip=True)


async def test_the_month_marks_holidays_and_make_up_days_and_lists_the_same_rows(
    people: Clients, insurer: Database
) -> None:
    visit = put(insurer, planned(world.GOLD, day=date(2026, 2, 9), title="春节前拜访"))
    with insurer.write() as session:
        session.add(planned(world.GOLD, day=date(2026, 2, 9), code="Z11", item="festival_greeting", merged_into=visit))
        session.add(planned(world.SMALL, day=date(2026, 2, 28), code="17(6)", item="yearly_visit", tier=Tier.REGULAR))
    page = soup_of(await people.browser("mgr").get("/care", params={"month": "2026-02"}))
    assert text_of(page, "#month h2") == "2026年2月"
    marks = {cell.b.text: cell.sup.text for cell in page.select("#month td") if cell.sup and cell.b}
    assert (marks["17"], marks["28"]) == ("休", "班")
    linked = [cell.b.text for cell in page.select("#month td a") if cell.b]
    assert linked == ["9", "28"]
    rows = [row.get_text(" ", strip=True) for row in page.select("#list .gl-care-row")]
    assert len(rows) == 2  # the greeting is done with the visit and shown once, beside it
    assert "客户经理拜访 · 春节前拜访" in rows[0]
    assert "一并完成：节日问候" in rows[0]
    day = soup_of(await people.browser("mgr").get("/care", params={"month": "2026-02", "day": "2026-02-28"}))
    assert "2月28日 周六 调休上班" in text_of(day, ".gl-care-day")
    assert len(day.select(".gl-care-row")) == 1
    other = soup_of(await people.browser("sh-lead").get("/care", params={"month": "2026-02"}))
    assert "本月没有关怀安排" in other.get_text()


async def test_by_person_and_by_customer(people: Clients, insurer: Database) -> None:
    with insurer.write() as session:
        mgr = session.exec(select(Account.id).where(Account.login == "mgr")).one()
        session.add(planned(world.GOLD, assignee_id=mgr))
        session.add(planned(world.SILVER, day=date(2026, 3, 17), stage=Stage.DONE, done_on=date(2026, 3, 17)))
        session.add(planned(world.GOLD, day=date(2026, 3, 18), code="Z09", role=Role.BR_LEAD, institution_code="BJ"))
    month = {"month": "2026-03"}
    mine = soup_of(await people.browser("mgr").get("/care", params={"view": "person", **month}))
    assert len(mine.select(".gl-care-row")) == 2  # its own, and what waits for its post
    assert "王晓梅" in text_of(mine, "#totals")
    lead = soup_of(await people.browser("lead").get("/care", params={"view": "person", **month}))
    assert len(lead.select(".gl-care-row")) == 1
    customers = soup_of(await people.browser("lead").get("/care", params={"view": "customer", **month}))
    links = [str(link["href"]) for link in customers.select("#totals a")]
    assert any(f"customer_no={world.GOLD}" in link for link in links)
    one = soup_of(
        await people.browser("lead").get("/care", params={"view": "customer", "customer_no": world.GOLD, **month})
    )
    assert len(one.select(".gl-care-row")) == 2


async def test_done_in_two_clicks_with_photo_gift_and_follow_up(people: Clients, insurer: Database) -> None:
    visit, mgr = put(insurer, planned(world.GOLD, day=today() + timedelta(days=3))), people.browser("mgr")
    address = f"/care/touchpoints/{visit}"
    page = soup_of(await mgr.get(address))
    assert page.select_one("#complete button.gl-b-primary")
    assert "¥200.00" in text_of(page, "#gift")
    follow = today() + timedelta(days=20)
    typed = {
        "done_on": today().isoformat(),
        "content": "当面沟通续保",
        "gift_name": "茶叶",
        "gift_value": "180",
        "follow_up": "送方案",
        "follow_up_on": follow.isoformat(),
        "idempotency_key": "complete-0001",
    }
    done = await mgr.post(f"{address}/complete", data=typed, files={"photo": ("门头.png", PNG, "image/png")})
    assert (done.status_code, done.headers["location"]) == (303, f"{address}?done=complete")
    again = await mgr.post(f"{address}/complete", data=typed, files={"photo": ("门头.png", PNG, "image/png")})
    assert again.status_code == 303  # the same key: the same answer, nothing twice
    row = row_of(insurer, visit)
    assert (row.stage, row.in_time, row.gift_value) == (Stage.DONE, True, Decimal(180))
    with insurer.read() as session:
        (proof,) = session.exec(select(TouchpointProof)).all()
        (extra,) = session.exec(select(Touchpoint).where(Touchpoint.origin == TouchpointOrigin.MANUAL)).all()
    assert (extra.planned_on, extra.code, extra.human) == (follow, "Z08", True)
    shown = soup_of(await mgr.get(address))
    assert "当面沟通续保" in text_of(shown, "#record")
    picture = shown.select_one("#proofs img")
    assert picture is not None
    image = await mgr.get(str(picture["src"]))
    assert (image.content, image.headers["content-type"], proof.size) == (PNG, "image/png", len(PNG))
    assert not shown.select_one("#complete")


async def test_a_refused_completion_keeps_what_was_typed_and_the_photo(people: Clients, insurer: Database) -> None:
    visit, mgr = put(insurer, planned(world.GOLD, day=today())), people.browser("mgr")
    address = f"/care/touchpoints/{visit}/complete"
    typed = {"done_on": today().isoformat(), "content": "送礼", "gift_name": "礼盒", "gift_value": "350"}
    refused = await mgr.post(address, data=typed, files={"photo": ("a.png", PNG, "image/png")})
    page = soup_of(refused)
    assert refused.status_code == 422
    assert "剩余 200 元" in text_of(page, ".gl-errors")
    assert page.select_one(".gl-errors a[href='#complete-gift_value']")
    assert text_of(page, "#complete-content") == "送礼"
    assert page.select_one("#clearance[open] #clearance-gift_value[value='350']")
    assert len(page.select("#proofs img")) == 1
    fake = await mgr.post(address, data=typed, files={"signature": ("a.png", b"GIF89a", "image/png")})
    assert soup_of(fake).select_one(".gl-errors a[href='#complete-signature']")
    missing = soup_of(await mgr.post(address, data={"done_on": today().isoformat()}))
    assert missing.select_one(".gl-errors a[href='#complete-content']")
    later = {"done_on": (today() + timedelta(days=1)).isoformat(), "content": "明天"}
    assert "不能晚于现在" in soup_of(await mgr.post(address, data=later)).get_text()


async def test_late_needs_a_reason_and_proof_that_the_kind_asks_for(people: Clients, insurer: Database) -> None:
    lecture = planned(world.GOLD, day=today() - timedelta(days=4), code="Z15", item="lecture")
    address = f"/care/touchpoints/{put(insurer, lecture)}"
    mgr, typed = people.browser("mgr"), {"done_on": today().isoformat(), "content": "讲座"}
    assert soup_of(await mgr.get(address)).select_one("#complete-late_reason")
    bare = soup_of(await mgr.post(f"{address}/complete", data=typed))
    assert bare.select_one(".gl-errors a[href='#complete-photo']")
    unexplained = await mgr.post(f"{address}/complete", data=typed, files={"photo": ("p.png", PNG, "image/png")})
    assert soup_of(unexplained).select_one(".gl-errors a[href='#complete-late_reason']")
    done = await mgr.post(f"{address}/complete", data={**typed, "late_reason": "讲师生病"})
    assert done.status_code == 303
    assert row_of(insurer, UUID(address.rpartition("/")[2])).in_time is False


async def test_put_off_skipped_and_handed_on_with_reasons(people: Clients, insurer: Database) -> None:
    visit, mgr = put(insurer, planned(world.GOLD, day=today() + timedelta(days=5))), people.browser("mgr")
    address = f"/care/touchpoints/{visit}"
    unexplained = await mgr.post(f"{address}/reschedule", data={"due_on": (today() + timedelta(days=9)).isoformat()})
    assert soup_of(unexplained).select_one(".gl-errors a[href='#reschedule-reason']")
    saturday = today() + timedelta(days=(5 - today().weekday()) % 7 + 14)
    moved = await mgr.post(f"{address}/reschedule", data={"due_on": saturday.isoformat(), "reason": "客户出差"})
    assert moved.status_code == 303
    row = row_of(insurer, visit)
    assert row.stage is Stage.RESCHEDULED
    assert row.due_on >= saturday
    with insurer.read() as session:
        colleague = session.exec(select(Account.id).where(Account.login == "bj-mgr")).one()
        unfit = session.exec(select(Account.id).where(Account.login == "hq-vip")).one()
    lead_page = soup_of(await people.browser("lead").get(address))
    assert not lead_page.select_one("#complete")  # whoever leads hands it on, but does not do it
    assert lead_page.select_one("form#act-assign")
    theirs = await people.browser("lead").post(f"{address}/complete", data={"content": "x", "done_on": "2026-01-01"})
    assert theirs.status_code == 403
    assert lead_page.select_one(f"form#act-assign option[value='{colleague}']")
    assert not lead_page.select_one(f"form#act-assign option[value='{unfit}']")
    assert (await people.browser("lead").post(f"{address}/assign", data={"to": str(unfit)})).status_code == 422
    given = await people.browser("lead").post(f"{address}/assign", data={"to": str(colleague)})
    assert given.status_code == 303
    assert row_of(insurer, visit).assignee_id == colleague
    assert (await mgr.post(f"{address}/skip", data={"reason": "客户谢绝"})).status_code == 403
    skipped = await people.browser("bj-mgr").post(f"{address}/skip", data={"reason": "客户谢绝"})
    assert skipped.status_code == 303
    assert row_of(insurer, visit).stage is Stage.SKIPPED
    assert "客户谢绝" in soup_of(await mgr.get(address)).get_text()
    assert (await people.browser("sh-lead").get(address)).status_code == 404


async def test_a_greeting_without_consent_is_withheld_and_says_why(people: Clients, insurer: Database) -> None:
    with insurer.write() as session:
        leader = leader_of(session, world.GOLD)
        leader.consent = False
        session.add(leader)
        greeting = planned(world.GOLD, day=today(), code="Z10", item="birthday_greeting", contact_id=leader.id)
        session.add(greeting)
        session.flush()
        number = greeting.id
    address, mgr = f"/care/touchpoints/{number}", people.browser("mgr")
    page = soup_of(await mgr.get(address))
    assert "未同意接收关怀" in page.get_text()
    call = page.select_one("a[href='tel:19900000001']")
    assert call is not None
    assert "199****0001" in call.text
    refused = await mgr.post(f"{address}/complete", data={"done_on": today().isoformat(), "content": "祝贺"})
    assert (refused.status_code, "请先取得同意" in refused.text) == (422, True)
    hushed = planned(
        world.GOLD, day=today(), code="Z11", item="festival_greeting", stage=Stage.HUSHED, hushed_by=number
    )
    waits = soup_of(await mgr.get(f"/care/touchpoints/{put(insurer, hushed)}"))
    assert "有未结投诉" in waits.get_text()
    assert not waits.select_one("#complete")


@pytest.fixture
def member(insurer: Database) -> Database:
    """The same records with the first customer a gold VIP."""
    with insurer.write() as session:
        add_member(session, world.GOLD, Tier.GOLD, today() - timedelta(days=30))
    return insurer


async def test_an_extra_one_is_added_in_two_clicks(people: Clients, member: Database) -> None:
    mgr = people.browser("mgr")
    start = soup_of(await mgr.get("/care"))
    assert start.select_one("a[href='/care/touchpoints/new']")
    found = soup_of(await mgr.get("/care/touchpoints/new", params={"q": "恒远"}))
    assert found.select_one(f"a[href='/care/touchpoints/new?customer_no={world.GOLD}']")
    asked = {"customer_no": world.GOLD, "code": "Z12", "title": "司庆", "reason": "客户二十周年"}
    form = soup_of(await mgr.get("/care/touchpoints/new", params={"customer_no": world.GOLD}))
    assert form.select_one("option[value='Z12']")
    added = await mgr.post("/care/touchpoints", data=asked)
    assert added.status_code == 303
    page = soup_of(await mgr.get(added.headers["location"]))
    assert "司庆" in text_of(page, "h1")
    late = await mgr.post("/care/touchpoints", data={**asked, "due_on": (today() + timedelta(days=12)).isoformat()})
    assert soup_of(late).select_one(".gl-errors a[href='#due_on']")
    assert (await people.browser("sh-lead").post("/care/touchpoints", data=asked)).status_code == 404


@pytest.fixture
def running(settings: Settings, insurer: Database) -> Iterator[str]:
    """Address of the application over the world's records; its engine is down."""
    server = uvicorn.Server(uvicorn.Config(create_app(settings, insurer, DeadGateway()), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 15
    while not server.started:
        assert time.monotonic() < deadline, "the application did not start"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.mark.browser
def test_on_the_phone_without_scripts_from_the_agenda_to_done(
    running: str, settings: Settings, insurer: Database, chromium_path: str, tmp_path: Path
) -> None:
    visit = put(insurer, planned(world.GOLD, day=today(), code="Z15", item="lecture"))
    photo = tmp_path / "hall.png"
    photo.write_bytes(PNG)
    with insurer.write() as session:
        mgr = session.exec(select(Account.id).where(Account.login == "mgr")).one()
        secret = open_session(session, mgr, user_agent="tests", now=datetime.now(UTC))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        phone = chromium.new_context(
            viewport={"width": 390, "height": 844}, java_script_enabled=False, has_touch=True, locale="zh-CN"
        )
        phone.add_cookies([{"name": cookie_name(settings), "value": secret, "url": running}])
        page = phone.new_page()
        page.set_default_timeout(8000)
        page.goto(f"{running}/care")
        page.locator(".gl-care-what a").first.click()
        for control in ("#complete button", "#complete-photo", "#complete-content"):
            box = page.locator(control).bounding_box()
            assert box is not None
            assert box["height"] >= 44, control
            assert box["x"] + box["width"] <= 390, control
        page.fill("#complete-content", "健康讲座，40 人参加")
        page.set_input_files("#complete-photo", photo)
        page.click("#complete button")
        page.wait_for_url(f"**/care/touchpoints/{visit}?done=complete")
        assert page.locator("#record").inner_text().count("健康讲座") == 1
        assert page.locator("#proofs img").count() == 1
        chromium.close()
    assert row_of(insurer, visit).stage is Stage.DONE
