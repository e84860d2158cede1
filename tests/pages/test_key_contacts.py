"""重点服务对象 on a page: chosen by tick, left with a day and a reason, and what the year became by it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from bs4 import BeautifulSoup
from httpx2 import AsyncClient, Response
from sqlmodel import select

from api.app import create_app
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.envelope import Envelope, ProgrammeUpdate
from models.messages.membership import ChangeContacts, ContactLeft, RecordMembershipAct
from models.services.qualification import member_acts
from models.settings import Settings
from models.stores.memberships import running_memberships
from models.tables.book import Contact
from models.types import ContactKind, Tier
from tests.pages.conftest import soup_of
from tests.support import world
from tests.support.care_members import add_contact, plan
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway
from tests.support.members import add_member
from tests.support.moment import today

CUSTOMER = f"/customers/{world.GOLD}"
PAGE = f"{CUSTOMER}/key-contacts"


class MemberGateway(DeadGateway):
    """Does what the workflow of a membership does with its contacts, on the records alone; the year follows later."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.acts: list[ChangeContacts | ContactLeft] = []
        self.is_down = False

    async def send(self, envelope: Envelope) -> Any:
        """Recorded, or refused."""
        if self.is_down:
            raise DomainError(ErrorCode.ENGINE_UNAVAILABLE)
        assert isinstance(envelope, ProgrammeUpdate)
        assert isinstance(envelope.act, ChangeContacts | ContactLeft)
        self.acts.append(envelope.act)
        with self.database.write() as session:
            return member_acts.record_act(session, RecordMembershipAct(act=envelope.act, at=datetime.now(UTC)))

    def plan_anew(self) -> None:
        """The plan that the workflow asks for after the answer."""
        with self.database.write() as session:
            row = running_memberships(session, today(), world.GOLD)[0]
            plan(session, row, "contacts_changed", datetime.now(UTC), key=str(len(self.acts)))


@dataclass
class Desk:
    """A gold member with a leader and three handlers, two of them served; its people and its engine."""

    clients: Clients
    gateway: MemberGateway
    leader: str
    handlers: list[str]

    @property
    def mgr(self) -> AsyncClient:
        """The manager's browser."""
        return self.clients.browser("mgr")

    def form(self, page: BeautifulSoup, **typed: Any) -> dict[str, Any]:
        """What the form of the choice sends beside the ticks."""
        hidden = {str(one["name"]): str(one["value"]) for one in page.select("form#choose input[type=hidden]")}
        return hidden | typed


@pytest.fixture
async def desk(settings: Settings, insurer: Database) -> AsyncIterator[Desk]:
    """The year is planned."""
    soon = f"{today() + timedelta(days=40):%m-%d}"
    with insurer.write() as session:
        leader = session.exec(select(Contact).where(Contact.customer_no == world.GOLD)).one()
        handlers = [add_contact(session, world.GOLD, ContactKind.HANDLER, name, birthday=soon) for name in "乙丙丁"]
        row = add_member(session, world.GOLD, Tier.GOLD, today().replace(day=1))
        plan(session, row, "granted", datetime.now(UTC))
        known = str(leader.id), [str(one) for one in handlers]
    gateway = MemberGateway(insurer)
    app = create_app(settings, insurer, gateway)
    async with app.router.lifespan_context(app):
        clients = Clients(app, insurer)
        yield Desk(clients, gateway, *known)
        await clients.close()


def ticked(page: BeautifulSoup) -> set[str]:
    """Who is ticked."""
    return {str(box["value"]) for box in page.select("input[name=contact_ids][checked]")}


def text_of(page: BeautifulSoup, selector: str) -> str:
    """Text of the one element."""
    found = page.select_one(selector)
    assert found is not None, selector
    return found.get_text(" ", strip=True)


async def followed(client: AsyncClient, answer: Response) -> BeautifulSoup:
    """The page that an accepted form leads to."""
    assert answer.status_code == 303, answer.text
    return soup_of(await client.get(answer.headers["location"]))


async def test_contacts_are_chosen_by_tick_and_the_page_says_what_the_year_became(desk: Desk) -> None:
    mgr, (first, second, third) = desk.mgr, desk.handlers
    link = soup_of(await mgr.get(CUSTOMER)).select_one("#contacts header a")
    assert link is not None
    assert (link.text, link["href"]) == ("调整", PAGE)
    page = soup_of(await mgr.get(PAGE))
    assert ticked(page) == {desk.leader, first, second}
    assert "丁*" in text_of(page, f"label[for=contact-{third}]")

    sent = desk.form(page, contact_ids=[desk.leader, first, third], reason="客户来函")
    answer = await mgr.post(PAGE, data=sent)
    waiting = await followed(mgr, answer)
    assert "正在重排年度计划" in text_of(waiting, "#gl-content .gl-strip")
    assert waiting.select_one(".gl-strip[hx-get]")
    assert not waiting.select("form#choose")  # what is asked for again and again is no place to type
    desk.gateway.plan_anew()
    page = await followed(mgr, answer)
    strip = text_of(page, ".gl-strip-ok")
    assert "已保存并重排年度计划：保留" in strip
    assert "新增 1 项，取消 1 项" in strip  # the birthdays of the third and of the second handler
    assert page.select_one(f".gl-strip-ok a[href='{CUSTOMER}#promises']")
    assert not page.select(".gl-strip[hx-get]")
    assert ticked(page) == {desk.leader, first, third}
    act = desk.gateway.acts[0]
    assert isinstance(act, ChangeContacts)
    assert (act.comment, len(act.contact_ids)) == ("客户来函", 3)

    again = await mgr.post(PAGE, data=sent)  # the back button: the same key, made once
    assert (again.headers["location"], len(desk.gateway.acts)) == (answer.headers["location"], 1)


async def test_somebody_left_with_a_day_and_a_reason(desk: Desk) -> None:
    mgr, (first, second, third) = desk.mgr, desk.handlers
    gone = f"{CUSTOMER}/contacts/{second}/left"
    page = soup_of(await mgr.get(PAGE))
    assert page.select_one(f"form[action='{gone}'] input[name=left_on][max='{today()}']")
    for day, reason, control in (
        (date.max.isoformat(), "离职", "left_on"),
        ("很久以前", "离职", "left_on"),
        (today().isoformat(), " ", "reason"),
    ):
        refused = await mgr.post(gone, data={"left_on": day, "reason": reason})
        assert refused.status_code == 422
        shown = soup_of(refused)
        assert shown.select_one(f".gl-errors a[href='#left-{second}-{control}']")
        assert shown.select_one(f"#left-{second}-{control}[aria-invalid]")
        assert shown.select_one(f"details[open] form[action='{gone}']")
        assert shown.select_one(f"#left-{second}-left_on")["value"] == day  # type: ignore[index]  # nothing is lost
        assert ticked(shown) == {desk.leader, first, second}
    answer = await mgr.post(gone, data={"left_on": today().isoformat(), "reason": "离职", "plans": "0"})
    desk.gateway.plan_anew()
    page = await followed(mgr, answer)
    assert "取消 1 项" in text_of(page, ".gl-strip-ok")
    assert ticked(page) == {desk.leader, first}
    assert "离开" in text_of(page, f"label[for=contact-{second}]")
    assert page.select_one(f"#contact-{second}[disabled]")
    assert not page.select(f"form[action='{gone}']")
    assert page.select_one(f"#contact-{third}:not([disabled])")


async def test_a_refused_choice_keeps_ticks_and_reason_and_says_where(desk: Desk) -> None:
    mgr, (first, *_) = desk.mgr, desk.handlers
    for chosen, controls in (
        ([desk.leader, *desk.handlers], ["handlers"]),
        ([first], ["leaders"]),
        ([], ["leaders", "handlers"]),
        ([desk.leader, first, "nobody"], ["contact_ids"]),
    ):
        refused = await mgr.post(PAGE, data={"contact_ids": chosen, "reason": "来函"})
        assert refused.status_code == 422
        page = soup_of(refused)
        assert [str(one["href"]) for one in page.select(".gl-errors a")] == [f"#{name}" for name in controls]
        assert all(page.select_one(f"#{name}") and page.select_one(f"#{name}-error") for name in controls)
        assert ticked(page) == {one for one in chosen if one != "nobody"}
        assert text_of(page, "#reason") == "来函"
    assert "须选 1 至 2 位。" in text_of(soup_of(await mgr.post(PAGE, data={"reason": "来函"})), "#leaders-error")
    unsaid = soup_of(await mgr.post(PAGE, data={"contact_ids": [desk.leader, first], "reason": " "}))
    assert unsaid.select_one(".gl-errors a[href='#reason']")
    desk.gateway.is_down = True
    away = await mgr.post(PAGE, data={"contact_ids": [desk.leader, first], "reason": "来函"})
    assert (away.status_code, ticked(soup_of(away))) == (503, {desk.leader, first})
    assert desk.gateway.acts == []


async def test_only_who_keeps_contacts_here_gets_there(desk: Desk) -> None:
    vip, far = desk.clients.browser("hq-vip"), desk.clients.browser("sh-lead")
    assert not soup_of(await vip.get(CUSTOMER)).select("#contacts header a")
    assert (await vip.get(PAGE)).status_code == 403
    assert (await far.get(PAGE)).status_code == 404
    assert (await far.post(PAGE, data={"contact_ids": [desk.leader], "reason": "来函"})).status_code == 404
    plain = soup_of(await desk.mgr.get(PAGE.replace(world.GOLD, world.SILVER)))
    assert "不是 VIP 会员" in text_of(plain, ".gl-lead")
    assert not plain.select("form#choose")
    english = soup_of(await desk.mgr.get(PAGE, params={"lang": "en"}))
    assert "Choose 1 to 2." in text_of(english, "#leaders-hint")


async def test_an_id_of_another_customers_contact_is_nobody(desk: Desk) -> None:
    other = f"{CUSTOMER}/contacts/{UUID(int=7)}/left"
    answer = await desk.mgr.post(other, data={"left_on": today().isoformat(), "reason": "离职"})
    assert answer.status_code == 404
