"""投诉咨询 on pages: the desk by its nearest clock, the register with its due instants, a case masked until opened."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlmodel import select

from api.app import create_app
from models.database import Database
from models.messages.service_acts import CloseComplaint, JudgeComplaint, ReopenService, ReplyComplaint
from models.service_types import ComplaintGrade, ComplaintSheet, CustomerView
from models.services.complaints.reading import OPENED
from models.settings import Settings
from models.tables.audit import AuditEntry
from models.tables.book import Contact
from models.tables.messages import IdempotencyRecord
from models.types import Role, Tier
from tests.pages.conftest import soup_of
from tests.support import serving, world
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway
from tests.support.members import add_member
from tests.support.moment import now
from tests.support.serving import Served
from tests.support.world import World

DESK = "/complaints"
SECRETS = ("刘先生", "13800000000", "等了三周没有答复", "理赔慢得离谱，要求书面道歉")
FIRST, PHONE, MATTER, SUBJECT = SECRETS


@pytest.fixture
def insurer(database: Database) -> World:
    """The people and customers, nothing registered."""
    return world.build(database)


@pytest.fixture
async def people(settings: Settings, insurer: World) -> AsyncIterator[Clients]:
    """Them on the application, the engine down."""
    app = create_app(settings, insurer.database, DeadGateway())
    async with app.router.lifespan_context(app):
        signed_in = Clients(app, insurer.database)
        yield signed_in
        await signed_in.close()


def _opened(insurer: World, days_ago: int = 0, **more: object) -> Served:
    at = now() - timedelta(days=days_ago)
    facts = {"subject": SUBJECT, "matter": MATTER, "received_at": at, **more}
    return serving.opened(insurer, serving.complaint(insurer, **facts), at)


def _svc(insurer: World) -> dict[str, object]:
    return serving.actor(insurer, "svc", (Role.BR_SVC, "BJ"))


def _to_judgement(insurer: World, found: Served) -> None:
    who = _svc(insurer)
    found.act(lambda **f: ReplyComplaint(**who, **f, text="已联系", late_reason="积压"), now())
    found.act(lambda **f: JudgeComplaint(**who, **f, justified=True, handling="补款"), now())


def _text(page: BeautifulSoup, selector: str) -> str:
    found = page.select_one(selector)
    assert found is not None, selector
    return found.get_text(" ", strip=True)


def _rows(page: BeautifulSoup, section: str) -> list[str]:
    return [row.get_text(" ", strip=True) for row in page.select(f"#{section} .gl-task")]


async def test_the_desk_shows_what_presses_first_with_both_clocks_and_counts_that_lead_to_their_rows(
    people: Clients, insurer: World
) -> None:
    _opened(insurer)
    _opened(insurer, 40)
    _opened(insurer, customer_no=world.GOLD, grade=ComplaintGrade.SERIOUS)
    _opened(insurer, sheet=ComplaintSheet.INQUIRY)
    svc = people.browser("svc")
    page = soup_of(await svc.get(DESK))
    rows = _rows(page, "complaints")
    assert len(rows) == 3
    assert "逾期" in rows[0]
    assert all("首次答复" in row and "结案" in row for row in rows)
    assert not [secret for secret in SECRETS if secret in page.get_text()]
    serious = next(tag for tag in page.select("#complaints .gl-tag-bad") if "重大" in tag.get_text())
    assert serious.select_one("svg")
    assert [("结案" in row) for row in _rows(page, "inquiries")] == [False]
    tiles = {tile.select_one("span").get_text(strip=True): tile for tile in page.select(".gl-kpi")}  # type: ignore[union-attr]  # every tile has one
    counts = {name: int(tile.select_one("b").get_text()) for name, tile in tiles.items()}  # type: ignore[union-attr]  # and a number
    assert (counts["未结投诉"], counts["未答咨询"], counts["已逾期"], counts["重大投诉"]) == (3, 1, 1, 1)
    for name, tile in tiles.items():
        there = soup_of(await svc.get(str(tile["href"])))
        assert len(there.select("#list .gl-task")) == counts[name], name
    elsewhere = soup_of(await people.browser("sh-lead").get(DESK))
    assert "没有未结的投诉" in elsewhere.get_text()


async def test_the_desk_is_filtered_paged_and_shows_what_was_closed(people: Clients, insurer: World) -> None:
    for _ in range(3):
        _opened(insurer)
    done = _opened(insurer)
    _to_judgement(insurer, done)
    who = _svc(insurer)
    done.act(lambda **f: CloseComplaint(**who, **f, customer_view=CustomerView.ACCEPTED), now())
    svc = people.browser("svc")
    first = soup_of(await svc.get(DESK, params={"sheet": "complaint", "limit": "2"}))
    following = first.select_one("a[rel=next]")
    assert following is not None
    second = soup_of(await svc.get(str(following["href"]) + "&limit=2"))
    assert len(_rows(first, "complaints")) == 2
    assert len(_rows(second, "complaints")) == 1
    assert second.select_one("a[rel=prev]")
    closed = soup_of(await svc.get(DESK, params={"sheet": "complaint", "state": "closed"}))
    assert len(_rows(closed, "complaints")) == 1
    assert "没有符合条件的投诉" in soup_of(await svc.get(DESK, params={"q": SUBJECT})).get_text()
    one = soup_of(await svc.get(DESK, params={"q": "TS-BJ", "institution": "BJ"}))
    assert len(_rows(one, "complaints")) == 3


async def test_the_form_says_when_it_would_be_due_before_anything_is_promised(people: Clients, insurer: World) -> None:
    with insurer.database.write() as session:
        add_member(session, world.GOLD, Tier.GOLD, now().date())
    svc = people.browser("svc")
    empty = soup_of(await svc.get(f"{DESK}/new"))
    assert "先按普通客户计算" in _text(empty, "#due")
    regular = await svc.post(f"{DESK}/preview", data={"sheet": "complaint", "customer": world.SMALL})
    assert "2 个工作日" in _text(soup_of(regular), "#due")
    gold = soup_of(await svc.post(f"{DESK}/preview", data={"sheet": "complaint", "customer": world.GOLD}))
    due = _text(gold, "#due")
    assert "金牌" in due
    assert "4 个工作小时" in due
    assert "3 个工作日" in due
    assert gold.select_one("#contact_id option[value]:not([value=''])")
    assert "周*" in _text(gold, "#contact_id")
    inquiry = soup_of(await svc.post(f"{DESK}/preview", data={"sheet": "inquiry", "customer": world.GOLD}))
    assert "结案" not in _text(inquiry, "#due")
    several = soup_of(await svc.post(f"{DESK}/preview", data={"sheet": "complaint", "customer": "北京"}))
    assert len(several.select("#customer_no option")) == 1 + len(world.CUSTOMERS)
    nobody = soup_of(await svc.post(f"{DESK}/preview", data={"sheet": "complaint", "customer": "不存在"}))
    assert "没有找到这家客户" in _text(nobody, "#due")


async def test_a_customer_of_another_branch_is_served_where_it_asks_without_showing_who_it_is(
    people: Clients, insurer: World
) -> None:
    sh = people.browser("sh-lead")
    page = soup_of(await sh.post(f"{DESK}/preview", data={"sheet": "complaint", "customer": world.GOLD}))
    assert "跨地域客户" in _text(page, "#due")
    name = next(name for number, name, _, _ in world.CUSTOMERS if number == world.GOLD)
    assert name not in page.get_text()
    by_name = soup_of(await sh.post(f"{DESK}/preview", data={"sheet": "complaint", "customer": name}))
    assert "没有找到这家客户" in _text(by_name, "#due")


async def test_a_refused_form_comes_back_with_what_was_typed(people: Clients, insurer: World) -> None:
    svc = people.browser("svc")
    typed = {"sheet": "complaint", "complainant": FIRST, "phone": PHONE, "subject": SUBJECT, "matter": MATTER}
    several = await svc.post(f"{DESK}/new", data={**typed, "customer": "北京"})
    page = soup_of(several)
    assert several.status_code == 422
    assert page.select_one(".gl-errors a[href='#customer']")
    assert [page.select_one(f"#{name}").get("value") for name in ("complainant", "phone", "subject")] == [  # type: ignore[union-attr]  # they are there
        FIRST,
        PHONE,
        SUBJECT,
    ]
    assert _text(page, "#matter") == MATTER
    without = await svc.post(f"{DESK}/new", data={**typed, "customer": world.GOLD, "subject": " "})
    assert soup_of(without).select_one(".gl-errors a[href='#subject']")
    first_day = {**typed, "customer": world.GOLD, "received_at": "0001-01-01T00:00"}
    assert (await svc.post(f"{DESK}/new", data=first_day)).status_code == 422
    away = await svc.post(f"{DESK}/new", data={**typed, "customer": world.GOLD})
    assert away.status_code == 503
    assert _text(soup_of(away), "#matter") == MATTER
    with insurer.database.read() as session:
        assert session.exec(select(IdempotencyRecord)).all() == []  # nothing was sent, nothing is kept
    assert (await people.browser("hq-vip").get(f"{DESK}/new")).status_code == 403


async def test_contents_stand_open_only_after_a_logged_click(people: Clients, insurer: World) -> None:
    found = _opened(insurer)
    page_of = f"{DESK}/{found.state.case_id}"
    svc = people.browser("svc")
    closed = soup_of(await svc.get(page_of))
    assert not [secret for secret in SECRETS if secret in closed.get_text()]
    click = closed.select_one("#contents a.gl-b")
    assert click is not None
    opened = soup_of(await svc.get(str(click["href"]).partition("#")[0]))
    assert all(secret in opened.get_text() for secret in SECRETS)
    assert "赵敏" in _text(opened, "#readings")
    with insurer.database.read() as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == OPENED)).all()
        assert [entry.actor for entry in entries] == [str(insurer.accounts["svc"])]
        assert not [secret for secret in SECRETS if secret in str(entries[0].model_dump())]
    ops = soup_of(await people.browser("ops").get(page_of))
    assert not ops.select("#contents a.gl-b, #readings")
    assert (await people.browser("ops").get(page_of, params={"open": "1"})).status_code == 403
    assert (await people.browser("sh-lead").get(page_of)).status_code == 404


async def test_the_case_offers_what_it_waits_for_and_keeps_what_was_typed(people: Clients, insurer: World) -> None:
    found = _opened(insurer, 40)
    page_of = f"{DESK}/{found.state.case_id}"
    svc, lead = people.browser("svc"), people.browser("lead")
    page = soup_of(await svc.get(page_of))
    assert page.select_one("details[open] #act-reply #reply-late_reason")
    assert not page.select("#act-close, #act-judge, #act-reopen")
    assert page.select_one(f"a[href='/forms/5/{found.state.case_id}']")
    people_to_choose = _text(page, "#assign-to")
    assert "陈志远" in people_to_choose
    assert "郑华" not in people_to_choose
    assert not soup_of(await people.browser("mgr").get(page_of)).select("#acts form")
    assert {form["id"] for form in soup_of(await lead.get(page_of)).select("#acts form")} >= {"act-assign", "act-grade"}
    sent = {"version": "1", "text": "已电话联系", "late_reason": ""}
    late = await svc.post(f"{page_of}/acts/reply", data=sent)
    assert late.status_code == 422
    refused = soup_of(late)
    assert refused.select_one(".gl-errors a[href='#reply-late_reason']")
    assert _text(refused, "details[open] #reply-text") == "已电话联系"
    stale = await svc.post(f"{page_of}/acts/reply", data={**sent, "version": "7", "late_reason": "积压"})
    assert stale.status_code == 409
    assert _text(soup_of(stale), "#reply-text") == "已电话联系"
    away = await svc.post(f"{page_of}/acts/reply", data={**sent, "late_reason": "积压"})
    assert away.status_code == 503
    assert (await svc.post(f"{page_of}/acts/nothing", data=sent)).status_code == 404


async def test_a_serious_one_asks_the_leader_and_a_reopened_one_shows_both_lives(
    people: Clients, insurer: World
) -> None:
    found = _opened(insurer)
    _to_judgement(insurer, found)
    who = _svc(insurer)
    found.act(lambda **f: CloseComplaint(**who, **f, customer_view=CustomerView.DISSATISFIED), now())
    page_of, svc = f"{DESK}/{found.state.case_id}", people.browser("svc")
    closed = soup_of(await svc.get(page_of))
    assert "重新打开" in _text(closed, ".gl-lead")
    assert [form["id"] for form in closed.select("#acts form")] == ["act-reopen"]
    found.act(lambda **f: ReopenService(**{**who, "comment": "客户不认可"}, **f), now())
    again = soup_of(await svc.get(page_of))
    assert "不满意" in _text(again, "#lives")
    assert "客户不认可" not in again.get_text()
    assert "第 1 次重新打开" in _text(again, ".gl-tags")
    serious = _opened(insurer, grade=ComplaintGrade.SERIOUS)
    lead = serving.actor(insurer, "lead", (Role.BR_LEAD, "BJ"))
    serious.act(lambda **f: ReplyComplaint(**lead, **f, text="已联系"), now())
    serious.act(lambda **f: JudgeComplaint(**lead, **f, justified=False, handling="说明"), now())
    asked = soup_of(await people.browser("lead").get(f"{DESK}/{serious.state.case_id}"))
    assert asked.select_one("details[open] #act-close #close-leader_opinion[required]")
    assert not soup_of(await svc.get(f"{DESK}/{serious.state.case_id}")).select("#act-close")


async def test_greetings_are_hushed_while_it_is_open_and_the_page_says_so(people: Clients, insurer: World) -> None:
    with insurer.database.read() as session:
        contact = session.exec(select(Contact).where(Contact.customer_no == world.SILVER)).first()
        assert contact is not None
    found = _opened(insurer, contact_id=contact.id)
    page_of, svc = f"{DESK}/{found.state.case_id}", people.browser("svc")
    assert "此联系人的问候已暂缓" in soup_of(await svc.get(page_of)).get_text()
    _to_judgement(insurer, found)
    who = _svc(insurer)
    found.act(lambda **f: CloseComplaint(**who, **f, customer_view=CustomerView.SATISFIED), now())
    assert "问候已暂缓" not in soup_of(await svc.get(page_of)).get_text()
