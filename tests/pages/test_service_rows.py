"""Rows of the inbox about serving a customer say which item they are, and ask the records once for all of them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pydantic import SecretStr
from sqlalchemy import event

from api.app import create_app
from models.rules.calendar import local_date
from models.service_types import ComplaintGrade, ComplaintSheet
from models.settings import Settings
from models.types import Tier
from tests.pages.conftest import soup_of
from tests.support import serving, world
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway
from tests.support.service_desk import due, taken_in
from tests.support.world import World


@pytest.fixture
def served(tmp_path: Path) -> World:
    """People, a counter, and a silver VIP."""
    found = serving.with_counter(world.build(world.new_database(tmp_path)))
    with found.database.write() as session:
        serving.make_vip(session, found, world.SILVER, Tier.SILVER)
    return found


@pytest.fixture
async def clients(tmp_path: Path, served: World) -> AsyncIterator[Clients]:
    """They on the application."""
    app = create_app(Settings(home=tmp_path, secret_key=SecretStr(world.SECRET)), served.database, DeadGateway())
    async with app.router.lifespan_context(app):
        found = Clients(app, served.database)
        yield found
        await found.close()


async def rows(clients: Clients, login: str, box: str = "todo", **params: str) -> list[str]:
    """What the rows of a box say."""
    answer = await clients.browser(login).get("/inbox", params={"box": box, **params})
    page: BeautifulSoup = soup_of(answer)
    return [row.get_text(" ", strip=True) for row in page.select(".gl-task-what")]


async def test_each_row_says_which_item_it_is(clients: Clients, served: World) -> None:
    now = datetime.now(UTC)
    taken_in(served.database, serving.request(served, reference_no="CL-2026-0117", received_at=now))
    grave = {"sheet": ComplaintSheet.COMPLAINT, "grade": ComplaintGrade.SERIOUS}
    taken_in(served.database, serving.complaint(served, received_at=now, **grave))
    taken_in(served.database, serving.complaint(served, received_at=now, sheet=ComplaintSheet.INQUIRY))
    due(served, "Z11", "festival_greeting", "春节")
    due(served, "Z08", "manager_visit", "")
    assert any("绿色通道 · 理赔" in row and " CL-2026-0117 · " in row for row in await rows(clients, "ctr"))
    told = await rows(clients, "svc", "started")
    year = local_date(now).year
    assert any(row.startswith("投诉 ·") and f"重大投诉 TS-BJ-{year}-00001 ·" in row for row in told), told
    assert any(row.startswith("咨询 ·") and f"银牌 ZX-BJ-{year}-00001 ·" in row for row in told), told
    cared = await rows(clients, "mgr")
    assert {row.split(" · 北京")[0] for row in cared} == {"节日问候 · 春节", "客户经理拜访"}, cared
    english = await rows(clients, "mgr", lang="en")
    assert {row.split(" · 北京")[0] for row in english} == {"festival greeting · 春节", "manager's visit"}, english


async def test_more_rows_ask_no_more_often(clients: Clients, served: World) -> None:
    seen: list[str] = []

    def count(*args: object) -> None:
        seen.append(str(args[2]))

    asked: list[int] = []
    for reference in ("CL-1", "CL-2"):
        taken_in(served.database, serving.request(served, reference_no=reference, received_at=datetime.now(UTC)))
        await rows(clients, "ctr")
        event.listen(served.database.engine, "before_cursor_execute", count)
        seen.clear()
        assert len(await rows(clients, "ctr")) == len(asked) + 1
        event.remove(served.database.engine, "before_cursor_execute", count)
        asked.append(len(seen))
    assert asked[0] == asked[1]
