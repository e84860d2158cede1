"""看板 as a page and over HTTP: every number of every chart opens as many rows, levels and days stay in the address."""

import io
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

import httpx2
import pytest
from bs4 import BeautifulSoup, Tag
from sqlmodel import select

from api.app import create_app
from models.database import Database
from models.services.dashboard.figures import PanelName
from models.settings import Settings
from models.tables.cases import Task
from models.tables.organisation import Account, Institution, Post
from models.types import CaseKind, Role, TaskState
from tests.pages.conftest import soup_of
from tests.plugins.service import FilledFile
from tests.support.clients import Clients
from tests.support.dashboard_world import fill, span_of
from tests.support.gateways import DeadGateway
from tests.support.moment import now

FRAGMENT = {"HX-Request": "true"}
WITHOUT_A_STORY = ("/cases/", "/green-channel/", "/complaints/", "/care/touchpoints/")
"""Cases of this world are rows whose workflow never ran: their pages are opened where cases are lived through."""
PAGES = (
    "/customers/", "/cases/", "/green-channel/", "/complaints/", "/care/touchpoints/", "/surveys/", "/forms/6/",
    "/reports/spend/",
)  # fmt: skip


def _days(*, backwards: bool = False) -> str:
    """The year so far, as a query."""
    first, last = sorted(span_of(now()), reverse=backwards)
    return f"from={first}&to={last}"


def _busy_year(database: Database) -> None:
    fill(database, now())


@pytest.fixture
async def busy(settings: Settings, database: Database, filled_file: FilledFile) -> AsyncIterator[Clients]:
    """People of the world, with a year behind them."""
    shutil.copyfile(filled_file(_busy_year), settings.home / "records.db")
    app = create_app(settings, database, DeadGateway())
    async with app.router.lifespan_context(app):
        signed_in = Clients(app, database)
        yield signed_in
        await signed_in.close()


async def _rows_of(browser: httpx2.AsyncClient, address: str) -> list[str]:
    """The link of every row of a list, page after page."""
    found: list[str] = []
    while address:
        page = soup_of(await browser.get(f"{address}&limit=200"))
        found += [str(link["href"]) for link in page.select("#list tbody a")]
        onward = page.select_one("a[rel=next]")
        address = str(onward["href"]) if onward else ""
    return found


def _cells(page: BeautifulSoup) -> list[Tag]:
    return [cell for cell in page.select(".gl-chart td[data-value]") if cell.select_one("a[href*='/dashboard/rows']")]


def _is_counted(cell: Tag) -> bool:
    """Whether it says how many rows it opens; else it is their sum in yuan, or their mean in points."""
    return "." not in cell.get_text()


@pytest.mark.timeout(400)  # opens every link of three dashboards
@pytest.mark.parametrize(("login", "query"), [("hq-lead", ""), ("lead", ""), ("mgr", "&level=manager")])
async def test_every_number_of_a_chart_opens_as_many_rows(busy: Clients, login: str, query: str) -> None:
    browser = busy.browser(login)
    page = soup_of(await browser.get(f"/dashboard?{_days()}{query}"))
    cells = _cells(page)
    assert cells
    for cell in cells:
        link = cell.select_one("a")
        assert link is not None
        rows = await _rows_of(browser, str(link["href"]))
        if _is_counted(cell):
            assert (link["href"], str(len(rows))) == (link["href"], cell["data-value"])
        else:
            assert rows


async def test_a_row_leads_to_a_page_that_its_reader_may_open(busy: Clients) -> None:
    browser = busy.browser("hq-lead")
    page = soup_of(await browser.get(f"/dashboard?{_days()}"))
    firsts = {str(link["href"]).partition("&line")[0]: str(link["href"]) for link in page.select(".gl-chart td a")}
    assert len(firsts) >= 8
    for address in firsts.values():
        for row in (await _rows_of(browser, address))[:2]:
            assert row.startswith(PAGES)
            if row.startswith(WITHOUT_A_STORY):
                continue
            assert (await browser.get(row.partition("#")[0])).status_code == 200


async def test_json_says_the_same_numbers_and_opens_the_same_rows(busy: Clients) -> None:
    client = busy.token("hq-lead")
    answer: dict[str, Any] = (await client.get(f"/api/v1/dashboard?{_days()}")).json()
    assert [panel["panel"] for panel in answer["panels"]] == [panel.value for panel in PanelName]
    page = soup_of(await busy.browser("hq-lead").get(f"/dashboard?{_days()}"))
    shown = {str(link["href"]): cell["data-value"] for cell in _cells(page) if (link := cell.select_one("a"))}
    lines = [line for panel in answer["panels"] for line in panel["lines"]]
    told = {
        number["rows"]: str(number["value"]) for line in lines for number in line["numbers"].values() if number["rows"]
    }
    assert told == {f"/api/v1{href}": number for href, number in shown.items()}
    of_money = [item for item in told.items() if "panel=cost" in item[0]]
    assert len(of_money) >= 2
    for address, number in [*list(told.items())[::9], *of_money]:
        items: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            found = (await client.get(f"{address}&limit=50{cursor}")).json()
            items += found["items"]
            cursor = f"&cursor={found['next_cursor']}" if found["next_cursor"] else None
        assert len({item["id"] for item in items}) == len(items)
        worth = sum((Decimal(item["value"]) for item in items if item["value"] is not None), Decimal(0))
        assert (worth if "panel=cost" in address else len(items)) == Decimal(number)


async def test_spend_is_opened_where_it_may_be_read(busy: Clients) -> None:
    """The post of the counter compares institutions, and reads the money of none."""
    query = f"panel=cost&line=BJ&mark=spent&{_days()}&institution=BJ"
    with busy.database.write() as session:
        account = session.exec(select(Account).where(Account.login == "mgr")).one()
        session.add(Post(account_id=account.id, role=Role.UNIT_LEAD, institution_code="BJ"))
    for login, status in (("lead", 200), ("unit", 404), ("mgr", 404)):
        assert (await busy.browser(login).get(f"/dashboard/rows?{query}")).status_code == status
        assert (await busy.token(login).get(f"/api/v1/dashboard/rows?{query}")).status_code == status
    own = f"/api/v1/dashboard/rows?panel=cost&line=me&mark=budget&{_days()}&level=manager"
    assert (await busy.token("mgr").get(own)).status_code == 200


async def test_levels_by_post_and_no_further(busy: Clients) -> None:
    for login, own, beyond in (
        ("hq-lead", "hq", "level=manager"),
        ("lead", "branch", "level=hq"),
        ("unit", "branch", "institution=BJ"),
        ("mgr", "manager", "level=branch"),
    ):
        client = busy.token(login)
        assert (await client.get("/api/v1/dashboard")).json()["level"] == own
        refused = await client.get(f"/api/v1/dashboard?{beyond}")
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert (await busy.token("ops").get("/api/v1/dashboard")).status_code == 403


async def test_head_office_leads_into_a_branch_and_its_days_stay(busy: Clients) -> None:
    browser = busy.browser("hq-lead")
    page = soup_of(await browser.get(f"/dashboard?{_days()}&tier=gold"))
    into = page.select_one("#tiers th a")
    assert into is not None
    assert "level=branch&institution=BJ" in str(into["href"])
    branch = soup_of(await browser.get(str(into["href"])))
    assert branch.select_one("input[name=from]")["value"] == span_of(now())[0].isoformat()  # type: ignore[index]  # the form is there
    assert branch.select_one("select[name=tier] option[selected]")["value"] == "gold"  # type: ignore[index]  # as asked
    assert branch.select_one("select[name=institution] option[selected]")["value"] == "BJ"  # type: ignore[index]  # as led


async def test_htmx_gets_each_panel_when_it_is_seen(busy: Clients) -> None:
    browser = busy.browser("lead")
    whole = soup_of(await browser.get(f"/dashboard?{_days()}"))
    lazy = soup_of(await browser.get(f"/dashboard?{_days()}", headers=FRAGMENT))
    assert not lazy.select(".gl-chart")
    awaited = lazy.select("[hx-trigger=revealed]")
    assert len(awaited) == len(PanelName)
    for part in awaited:
        section = soup_of(await browser.get(str(part["hx-get"]), headers=FRAGMENT)).select_one("section.gl-panel")
        assert section is not None
        same = whole.select_one(f"#{section['id']}")
        assert same is not None
        assert section.get_text(" ", strip=True) == same.get_text(" ", strip=True)


async def test_charts_are_told_in_words(busy: Clients) -> None:
    browser = busy.browser("lead")
    for language, word in (("zh", "图表"), ("en", "Chart")):
        page = soup_of(await browser.get(f"/dashboard?{_days()}&lang={language}"))
        labels = [str(plot["aria-label"]) for plot in page.select("[role=img]")]
        assert len(labels) >= 6
        assert all(word in label for label in labels)


async def test_without_records_each_panel_says_where_its_numbers_come_from(people: Clients) -> None:
    page = soup_of(await people.browser("hq-lead").get("/dashboard"))
    assert not page.select(".gl-chart")
    assert len({empty.text for empty in page.select(".gl-empty")}) >= len(PanelName) - 1


async def test_days_the_wrong_way_round(busy: Clients) -> None:
    page = soup_of(await busy.browser("lead").get(f"/dashboard?{_days(backwards=True)}"))
    assert page.select_one("input[name=from]")["value"] == span_of(now())[0].isoformat()  # type: ignore[index]  # the form is there
    refused = await busy.token("lead").get(f"/api/v1/dashboard?{_days(backwards=True)}")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
    assert refused.json()["errors"][0]["field"] == "to"


@pytest.mark.parametrize(
    "query", ["", "panel=tiers", "panel=tiers&line=me&mark=gold", "panel=on_time&line=BJ&mark=rate"]
)
async def test_rows_of_nothing_are_not_found(busy: Clients, query: str) -> None:
    assert (await busy.browser("lead").get(f"/dashboard/rows?{query}")).status_code == 404


async def test_the_workbook_has_a_sheet_and_a_chart_for_every_panel(busy: Clients) -> None:
    answer = await busy.token("hq-lead").get(f"/api/v1/dashboard.xlsx?{_days()}")
    names = ZipFile(io.BytesIO(answer.content)).namelist()
    assert sum(name.startswith("xl/worksheets/sheet") for name in names) == len(PanelName)
    assert sum(name.startswith("xl/charts/chart") for name in names) >= len(PanelName) - 2


@pytest.mark.parametrize(
    ("days", "status"),
    [("from=0001-01-01", 422), ("to=9999-12-31", 422), ("from=2099-02-03", 200), ("to=1999-02-03", 200)],
)
async def test_a_day_out_of_the_calendar_is_no_day_and_a_span_may_lie_anywhere(
    busy: Clients, days: str, status: int
) -> None:
    page = await busy.browser("hq-lead").get(f"/dashboard?{days}")
    answer = await busy.token("hq-lead").get(f"/api/v1/dashboard?{days}")
    assert (page.status_code, answer.status_code) == (200, status)
    if status == 200:
        given = answer.json()
        year = days.partition("=")[2][:4]
        assert given["first"].startswith(year)
        assert given["last"].startswith(year)


async def test_work_on_an_institution_is_called_by_its_name(busy: Clients, database: Database) -> None:
    with database.write() as session:
        task = session.exec(select(Task).where(Task.state == TaskState.OPEN)).first()
        assert task is not None
        task.kind, task.customer_no = CaseKind.ROLLOUT, "SH"
        task.opened_at = now() - timedelta(days=60)
        name = session.get_one(Institution, "SH").name
    page = soup_of(await busy.browser("hq-lead").get("/dashboard/rows?panel=ageing&line=rollout&mark=age4"))
    assert name in page.select_one("#list tbody a").text  # type: ignore[union-attr]
