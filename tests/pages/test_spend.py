"""年度服务投入 on pages: over the limit first, sums of the records, from a line to its touchpoints, 附件七 printed."""

import io
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr
from pypdf import PdfReader

from api.app import create_app
from models.services.spend.figures import of_customer
from models.settings import Settings
from models.stores.spend import SpendStore
from models.types import Stage, Tier
from tests.pages.conftest import soup_of
from tests.support import care_members as members
from tests.support import world
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway
from tests.support.moment import now
from tests.support.spend import listed, running
from tests.support.world import YEAR

PAGE = f"/reports/spend/{YEAR}"


@pytest.fixture
async def clients(tmp_path: Path) -> AsyncIterator[Clients]:
    """Two members; the silver one has cost far more than its limit."""
    database = world.new_database(tmp_path)
    people = listed(database, world.build(database))
    with database.write() as session:
        running(session, people, world.GOLD, Tier.GOLD)
        row = running(session, people, world.SILVER, Tier.SILVER)
        visit = next(one for one in members.touchpoints(session, row.customer_no).values() if one.code == "Z08")
        visit.stage, visit.done_on, visit.done_at = Stage.DONE, now().date(), now()
        visit.cost, visit.gift_name, visit.gift_value = Decimal(20_000), "茶叶", Decimal(150)
        session.add(visit)
    app = create_app(Settings(home=tmp_path, secret_key=SecretStr(world.SECRET)), database, DeadGateway())
    async with app.router.lifespan_context(app):
        signed_in = Clients(app, database)
        yield signed_in
        await signed_in.close()
    database.dispose()


async def test_over_the_limit_first_with_the_way_to_an_approval(clients: Clients) -> None:
    page = soup_of(await clients.browser("svc").get(PAGE))
    rows = page.select("#table tbody tr")
    assert [row.select("a")[0]["href"] for row in rows] == [f"{PAGE}/{world.SILVER}", f"{PAGE}/{world.GOLD}"]
    assert "超限额" in rows[0].get_text()
    assert [link["href"] for link in rows[0].select("a")][1] == f"{PAGE}/{world.SILVER}/over-limit"
    assert "报超限审批" not in rows[1].get_text()
    assert "1 户超出投入限额" in page.get_text()
    chart = page.select_one("#customers-chart-table")
    assert chart is not None
    assert chart.select("th[data-gl-limit]")
    with clients.database.read() as session:
        found = of_customer(session, world.SILVER, YEAR)
    assert found is not None
    cells = [cell["data-value"] for cell in chart.select("tbody tr")[0].select("td")]
    assert [Decimal(str(cell)) for cell in cells] == [Decimal(4070), Decimal(20_150), found.plan.spend_limit]
    auditor = soup_of(await clients.browser("hq-lead").get(PAGE))
    assert "报超限审批" not in auditor.get_text()


async def test_from_a_line_to_its_touchpoints(clients: Clients) -> None:
    svc = clients.browser("svc")
    page = soup_of(await svc.get(f"{PAGE}/{world.SILVER}"))
    line = next(row for row in page.select("#lines tbody tr") if "Z08" in row.get_text())
    assert "20,150.00" in line.get_text()
    behind = soup_of(await svc.get(str(line.select("a")[0]["href"]).partition("#")[0]))
    spent = [row for row in behind.select("#entries tbody tr") if "支出" in row.get_text()]
    amounts = [Decimal(row.select("td")[3].get_text().replace(",", "")) for row in spent]
    assert sum(amounts) == Decimal(20_150)
    shown = await svc.get(str(spent[0].select("a")[0]["href"]))
    assert shown.status_code == 200
    assert "客户经理拜访" in shown.text


async def test_the_form_is_printed(clients: Clients) -> None:
    with clients.database.read() as session:
        plan = SpendStore(session).plan(world.GOLD, YEAR)
    assert plan is not None
    svc = clients.browser("svc")
    page = soup_of(await svc.get(f"/forms/7/{plan.id}")).get_text()
    pdf = await svc.get(f"/forms/7/{plan.id}.pdf")
    text = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf.content)).pages)
    for each in (
        "VIP客户年度服务投入测算表",
        "总公司拜访",
        "2,000.00",
        f"¥{plan.total:,}",
        "¥60,000.00",
        "北京第一支公司",
    ):
        assert each in page
        assert each in text.replace(" ", ""), "the typesetter parts scripts by a space"
    assert (await clients.browser("sh-lead").get(f"/forms/7/{plan.id}")).status_code == 404


async def test_gifts_above_the_cap_are_seen(clients: Clients) -> None:
    with clients.database.write() as session:
        row = members.touchpoints(session, world.GOLD)
        visit = next(one for one in row.values() if one.code == "Z08")
        visit.stage, visit.done_on, visit.done_at = Stage.DONE, now().date(), now()
        visit.gift_name, visit.gift_value = "酒", Decimal(800)
        session.add(visit)
    page = soup_of(await clients.browser("svc").get(f"/reports/spend/{now().year}/benefits"))
    rows = [row.get_text(" ", strip=True) for row in page.select("tbody tr")]
    assert len(rows) == 2
    assert "800.00" in rows[0]
    assert "超限未审批 1 次" in rows[0]
    assert "限额内" in rows[1]
    empty = await clients.browser("sh-lead").get(f"/reports/spend/{now().year}/benefits")
    assert "本年没有赠送礼品的记录。" in empty.text


async def test_a_year_without_estimates_says_so(clients: Clients) -> None:
    page = await clients.browser("svc").get("/reports/spend/2010")
    assert "本年度还没有服务投入测算" in page.text
    moved = await clients.browser("svc").get("/reports/spend")
    assert moved.headers["location"] == PAGE
