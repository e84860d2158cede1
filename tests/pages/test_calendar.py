"""工作日历 as a page: twelve months, days on trial, the deadlines they move, publishing with progress."""

from typing import Any
from urllib.parse import quote

from bs4 import BeautifulSoup
from sqlmodel import select

from models.database import Database
from models.tables.calendar import CalendarNotice, CalendarPublication
from models.tables.cases import Task
from models.tables.organisation import Account
from tests.pages.conftest import soup_of
from tests.support import world
from tests.support.clients import Clients
from tests.support.waiting_cases import before_final_approval

PAGE = "/admin/calendar/2026"
TOKEN = "2026-02-06~2026-02-06:off:司庆"
TRIAL = f"{PAGE}?change={quote(TOKEN)}"


def a_case(insurer: Database) -> Task:
    """One running case."""
    with insurer.write() as session:
        accounts = {row.login: row.id for row in session.exec(select(Account))}
        before_final_approval(session, world.World(insurer, accounts), 1)
    with insurer.read() as session:
        return session.exec(select(Task)).one()


def fields(page: BeautifulSoup) -> dict[str, Any]:
    """What the publishing form carries."""
    form = page.select_one("#preview form")
    assert form is not None
    return {str(item["name"]): str(item["value"]) for item in form.select("input[name]")}


async def test_twelve_months_with_state_and_signs(people: Clients) -> None:
    page = soup_of(await people.browser("mgr").get(PAGE))
    assert len(page.select(".gl-month")) == 12
    assert page.select_one(".gl-tags").get_text(strip=True) == "已公布"  # type: ignore[union-attr]
    assert "248 个工作日" in page.select_one(".gl-head .gl-hint").get_text()  # type: ignore[union-attr]
    assert len(page.select(".gl-day-makeup")) == 6
    holiday = page.select(".gl-month")[9].select_one(".gl-day-holiday span")
    assert holiday is not None
    assert "国庆节" in str(holiday["title"])
    assert not page.select("#edit, #preview")  # readers look


async def test_an_unpublished_year_says_so(people: Clients) -> None:
    page = soup_of(await people.browser("ops").get("/admin/calendar/2027"))
    assert page.select_one(".gl-tags").get_text(strip=True) == "暂定"  # type: ignore[union-attr]
    assert page.select_one("input[name=official]")


async def test_the_entry_leads_to_the_current_year(people: Clients) -> None:
    browser = people.browser("ops")
    answer = await browser.get("/admin/calendar")
    assert answer.status_code == 303
    page = soup_of(await browser.get(answer.headers["location"]))
    assert page.select_one(".gl-side a[href='/admin/calendar'][aria-current=page]")


async def test_a_day_on_trial_is_drawn_and_its_deadlines_are_named(people: Clients, insurer: Database) -> None:
    a_case(insurer)
    browser = people.browser("ops")
    page = soup_of(await browser.get(f"{PAGE}?first=2026-02-06&last=&kind=off&name=司庆"))
    assert [item.get_text(" ", strip=True) for item in page.select(".gl-changes li")] == [
        "2026年2月6日 周五 · 休息 · 司庆 去掉"
    ]
    assert len(page.select(".gl-day-changed")) == 1
    assert "1 件在办事项中，1 个期限会移动" in page.select_one("#preview").get_text()  # type: ignore[union-attr]
    assert len(page.select("#preview tbody tr")) == 1
    assert fields(page)["change"] == TOKEN
    with insurer.read() as session:
        assert session.exec(select(CalendarPublication)).all() == []


async def test_publishing_asks_a_reason_and_shows_progress(people: Clients, insurer: Database) -> None:
    a_case(insurer)
    browser = people.browser("ops")
    form = fields(soup_of(await browser.get(TRIAL)))
    refused = await browser.post(PAGE, data={**form, "reason": " "})
    assert refused.status_code == 422
    assert soup_of(refused).select_one(".gl-errors")
    assert soup_of(refused).select_one(f"input[name=change][value='{TOKEN}']")
    sent = [await browser.post(PAGE, data={**form, "reason": "司庆放假"}) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [303, 303]
    page = soup_of(await browser.get(sent[0].headers["location"]))
    row = page.select_one("#publications tbody tr")
    assert row is not None
    assert "司庆放假" in row.get_text()
    assert "已通知 0 / 1 件" in row.get_text()
    refresh = page.select_one("[hx-trigger='every 2s']")
    assert refresh is not None
    assert str(refresh["hx-get"]).endswith("done=published"), "the result stays while progress is asked for"
    with insurer.read() as session:
        assert len(session.exec(select(CalendarPublication)).all()) == 1
        assert len(session.exec(select(CalendarNotice)).all()) == 1


async def test_what_is_typed_wrong_is_said_at_its_field(people: Clients) -> None:
    browser = people.browser("ops")
    for query, field in (
        ("first=soon&kind=off", "first"),
        ("first=2026-05-09&last=2026-05-01&kind=off", "last"),
        ("first=2026-05-09&kind=feast", "kind"),
    ):
        answer = await browser.get(f"{PAGE}?{query}")
        assert answer.status_code == 422
        assert soup_of(answer).select_one(f"#{field}-error"), query
    other_year = await browser.get(f"{PAGE}?first=2027-05-09&kind=off")
    assert other_year.status_code == 422


async def test_only_operations_may_publish(people: Clients) -> None:
    answer = await people.browser("lead").post(PAGE, data={"change": TOKEN, "reason": "x"})
    assert answer.status_code == 403


async def test_why_due_then_shows_ledger_alarms_and_what_a_pause_would_do(people: Clients, insurer: Database) -> None:
    task = a_case(insurer)
    page = soup_of(await people.browser("lead").get(f"/tasks/{task.id}/clock"))
    assert page.select("#ledger tbody tr")
    alarms = page.select_one("#alarms")
    assert alarms is not None
    assert "升级督办" in alarms.get_text()
    assert "暂停期间的工作时间不计入" in page.get_text()
