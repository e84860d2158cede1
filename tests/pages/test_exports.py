"""Lists as workbooks: what the page lists and no more, formulas as text, written down, capped."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from api.forms.xlsx import xlsx_answer
from api.pages import exports
from models.database import Database, in_write_transaction
from models.stores.audit import AuditStore
from models.tables.book import Customer
from tests.pages.conftest import soup_of
from tests.support import world
from tests.support.clients import Clients
from tests.support.service_rows import add_complaint, add_green_channel, add_touchpoint

SECRET = "欧阳明月对理赔金额有异议"
LISTS = {
    "/customers": ("svc", world.GOLD),
    "/green-channel?view=list&only=finished": ("svc", "GC-BJ01-2026-00001"),
    "/complaints?state=closed": ("svc", "TS-BJ01-2026-00001"),
    "/care?month=2026-06": ("svc", "Z08"),
}


def _rows(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("address", LISTS)
async def test_the_workbook_of_a_list(people: Clients, insurer: Database, address: str) -> None:
    with insurer.write() as session:
        today = datetime.now(UTC) - timedelta(days=2)
        add_green_channel(session, world.GOLD, "BJ01", SECRET, received=today)
        add_complaint(session, world.GOLD, "BJ01", "欧阳", SECRET)
        add_touchpoint(session, world.GOLD, "BJ01", SECRET)
        customer = session.get(Customer, world.GOLD)
        assert customer is not None
        customer.name = "=1+1"
    login, wanted = LISTS[address]
    browser = people.browser(login)
    bare = next((state for state in ("closed", "finished") if address.endswith(state)), "")
    page = soup_of(await browser.get(address.removesuffix(bare)))  # its record has no clocks, which its page would show
    action = str(page.select_one('form[action*="/export"]')["action"])  # type: ignore[index]
    path, _, query = address.partition("?")
    assert action.partition("?")[0] == f"{path}/export"
    answer = await browser.post(f"{action}{bare}")
    assert answer.status_code == 200, answer.text
    rows = _rows(answer.content)
    cells = {str(cell) for row in rows[1:] for cell in row}
    assert wanted in cells
    assert "=1+1" in cells
    assert b"<f>" not in answer.content
    assert SECRET not in str(rows)
    with insurer.read() as session:
        (entry,) = AuditStore(session).of("list", path.strip("/"))
    assert entry.action == "list.exported"
    assert entry.after == {"rows": len(rows) - 1, "filtered": bool(query)}


async def test_the_filter_of_the_page_and_the_reach_of_the_reader(people: Clients) -> None:
    svc = people.browser("svc")
    one = _rows((await svc.post("/customers/export", params={"q": world.SILVER})).content)
    assert [row[0] for row in one[1:]] == [world.SILVER]
    none = _rows((await people.browser("sh-lead").post("/customers/export")).content)
    assert len(none) == 1
    assert (await people.browser("ops").post("/customers/export")).status_code == 403


async def test_a_list_that_is_too_long_says_so(people: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 2)
    rows = _rows((await people.browser("svc").post("/customers/export")).content)
    assert len(rows) == 4
    assert rows[-1][0] == "只导出前 2 行，请缩小筛选范围。"


async def test_nobody_waits_while_a_workbook_is_set(people: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def set_workbook(sheets: Any, name: str) -> Any:
        seen.append(in_write_transaction())
        return xlsx_answer(sheets, name)

    monkeypatch.setattr(exports, "xlsx_answer", set_workbook)
    assert (await people.browser("svc").post("/customers/export")).status_code == 200
    assert seen == [False]
