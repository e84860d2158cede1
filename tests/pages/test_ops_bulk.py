"""批量处理 in a browser's forms: ticked on the stuck list, previewed, refused without a reason, done, told."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import select

from api.ops_bulk import act_in_bulk
from models.tables.cases import Task
from tests.pages.conftest import soup_of
from tests.support import world
from tests.support.ops_floor import Floor, floor_on

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(90)]


@pytest.fixture
async def floor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Floor]:
    """People, an engine, a worker; the tests run the jobs themselves."""
    monkeypatch.setattr("api.app._LOOPS", {})
    async with floor_on(tmp_path) as found:
        yield found


async def test_ticked_previewed_and_done(floor: Floor) -> None:
    browser, approval = floor.clients.browser("ops"), await floor.declaration()
    visits = [await floor.touchpoint(), await floor.touchpoint(world.SILVER)]
    with floor.database.write() as session:
        for task in session.exec(select(Task)):
            task.provisional = True
    page = soup_of(await browser.get("/ops/stuck", params={"reason": "provisional"}))
    ticks = {str(box["value"]) for box in page.find_all("input", attrs={"name": "case", "form": "bulk"})}
    assert ticks == {approval, *visits}

    form = {"case": [approval, *visits], "act": "skip"}
    shown = " ".join(soup_of(await browser.post("/ops/bulk", data=form)).get_text(" ").split())
    for words in ("2 件可办，共勾选 3 件", "此次关怀将跳过", "跳过 2 件", "不能做此操作"):
        assert words in shown
    refused = await browser.post("/ops/bulk/confirm", data={**form, "shown": "skip", "reason": " "})
    assert refused.status_code == 422
    for wrong in ({"reason": "x" * 501}, {"reason": "a\x00"}, {"reason": "重复", "case": []}):
        refused = await browser.post("/ops/bulk/confirm", data={**form, "shown": "skip", **wrong})
        assert refused.status_code == 422, "as the JSON refuses it"
        assert soup_of(refused).find("div", class_="gl-errors") is not None
    changed = await browser.post("/ops/bulk/confirm", data={**form, "shown": "retry", "reason": "重复"})
    assert changed.status_code == 200, "another act than the one previewed is previewed first"
    assert all(floor.records(case)[0].outcome is None for case in visits)

    sent = {**form, "shown": "skip", "reason": "重复", "idempotency_key": "bulk-page-1"}
    there = await browser.post("/ops/bulk/confirm", data=sent)
    assert there.status_code == 303
    address = there.headers["location"]
    assert (await browser.post("/ops/bulk/confirm", data=sent)).headers["location"] == address
    waiting = soup_of(await browser.get(address))
    assert waiting.find("progress") is not None
    assert waiting.find("form", action=f"{address}/stop") is not None
    await act_in_bulk(floor.database, floor.gateway, UUID(address.rsplit("/", 1)[1]))
    told = " ".join(soup_of(await browser.get(address)).get_text(" ").split())
    assert "已办理 2 件。" in told
    assert "1 件未办理" in told
    assert [floor.stepped_in(case) for case in (approval, *visits)] == [[], ["重复"], ["重复"]]


async def test_reassigned_to_a_login_and_stopped(floor: Floor) -> None:
    browser, case = floor.clients.browser("ops"), await floor.touchpoint()
    form = {"case": [case, "no-id"], "act": "reassign", "shown": "reassign", "reason": "休假"}
    unknown = await browser.post("/ops/bulk/confirm", data={**form, "login": "nobody"})
    assert unknown.status_code == 422
    there = await browser.post("/ops/bulk/confirm", data={**form, "login": "unit"})
    address = there.headers["location"]
    assert (await browser.post(f"{address}/stop")).status_code == 303
    assert "正在停止" in soup_of(await browser.get(address)).get_text()
    await act_in_bulk(floor.database, floor.gateway, UUID(address.rsplit("/", 1)[1]))
    assert "已停止，1 件没有开始" in soup_of(await browser.get(address)).get_text()
    assert floor.stepped_in(case) == []
