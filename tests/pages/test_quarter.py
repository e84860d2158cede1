"""季度汇总 as page, JSON, workbook and print: the same facts, opened again by other libraries; texts are never lost."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import UUID

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy import text
from sqlmodel import Session, select

from api.pages.quarter_view import quarter_href
from models.database import Database
from models.messages.quarter import RecordPeriodOpening
from models.rules.quarter import Quarter
from models.services.quarter import adjusting, closing, content
from models.services.rulebooks import ensure_builtin
from models.stores.quarter import QuarterStore
from models.tables.book import Customer
from models.tables.care import Touchpoint
from models.tables.columns import new_id
from models.tables.organisation import Account
from models.tables.quarter import QuarterLine
from models.types import Stage
from tests.pages.conftest import soup_of
from tests.support import quarters, world
from tests.support.clients import Clients
from tests.support.world import World

Q = Quarter(2026, 2)
PAGE, API = quarter_href(Q), f"/api/v1{quarter_href(Q)}"
BJ = quarter_href(Q, quarters.BRANCH)
FROZEN = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)


@pytest.fixture
def frozen(insurer: Database) -> World:
    """The branch's quarter, frozen."""
    with insurer.write() as session:
        ensure_builtin(session)
        accounts = {row.login: row.id for row in session.exec(select(Account))}
        found = World(insurer, accounts)
        quarters.fill(session, found, Q)
        closing.record_opening(session, RecordPeriodOpening(start=quarters.start(found, Q), at=FROZEN))
    return found


def _publish(database: Database) -> None:
    with database.write() as session:
        row = QuarterStore(session).get(Q, quarters.BRANCH)
        assert row is not None
        seal = content.digest_of(session, row)
        row.published_at, row.digest = FROZEN + timedelta(days=9), seal
        session.add(row)


def _branches(page: BeautifulSoup) -> list[str]:
    return [head.get_text(strip=True) for head in page.select("#missing tbody tr > th")]


def _text(page: BeautifulSoup, selector: str) -> str:
    return page.select(selector)[0].get_text(strip=True)


async def test_missing_branches_stand_first_with_what_can_be_done(people: Clients, frozen: World) -> None:
    page = soup_of(await people.browser("hq-vip").get(PAGE))
    assert set(_branches(page)) == {"北京分公司", "上海分公司"}
    ours, other = page.select("#missing tbody tr")[:: 1 if _branches(page)[0] == "北京分公司" else -1]
    assert ours.select('form[action$="/urge"]')
    assert other.select(f'form[action="{quarter_href(Q, "SH")}/freeze"]')
    assert not page.select("#handed-in")
    own = soup_of(await people.browser("svc").get(PAGE))
    assert _branches(own) == ["北京分公司"]
    assert own.select('a[href^="/tasks/"]')


async def test_the_preparer_writes_beside_every_vip_and_nothing_typed_is_lost(people: Clients, frozen: World) -> None:
    svc = people.browser("svc")
    sent = {"version": "1", "customer_no": [world.GOLD, world.SILVER], "problems": ["拜访未做，已补排", ""]}
    saved = await svc.post(f"{BJ}/problems", data=sent)
    assert (saved.status_code, saved.headers["location"]) == (303, f"{BJ}?done=saved")
    page = soup_of(await svc.get(BJ))
    assert _text(page, f'[id="problems.{world.GOLD}"]') == "拜访未做，已补排"
    stale = await svc.post(f"{BJ}/problems", data={**sent, "problems": ["另一段话", ""]})
    assert stale.status_code == 409
    assert _text(soup_of(stale), f'[id="problems.{world.GOLD}"]') == "另一段话"
    assert not soup_of(await people.browser("lead").get(BJ)).select("textarea[name=problems]")


async def test_a_long_summary_is_written_page_by_page(people: Clients, frozen: World) -> None:
    """The form of a branch with six hundred VIPs was refused for its length, with everything typed into it."""
    with frozen.database.write() as session:
        row = QuarterStore(session).get(Q, quarters.BRANCH)
        assert row is not None
        _add_lines(session, row.id, 600)
    svc = people.browser("svc")
    first = soup_of(await svc.get(f"{BJ}?limit=200"))
    assert len(first.select("textarea[name=problems]")) == 200
    page = soup_of(await svc.get(str(first.select_one("#vips a[rel=next]")["href"])))  # type: ignore[index]
    form = page.select_one("#vips form")
    assert form is not None
    numbers = [str(field["value"]) for field in form.select("input[name=customer_no]")]
    sent = {"version": "1", "customer_no": numbers, "problems": ["已补排"] * len(numbers)}
    saved = await svc.post(str(form["action"]), data=sent)
    assert saved.status_code == 303
    back = soup_of(await svc.get(saved.headers["location"]))
    assert [field.get_text() for field in back.select("textarea[name=problems]")] == sent["problems"]
    stale = soup_of(await svc.post(str(form["action"]), data=sent | {"problems": ["另一段话"] * len(numbers)}))
    assert {field.get_text() for field in stale.select("textarea[name=problems]")} == {"另一段话"}


async def test_a_task_shows_the_first_of_a_long_summary_and_where_all_of_them_are(
    people: Clients, frozen: World
) -> None:
    svc = people.browser("svc")
    link = soup_of(await svc.get(PAGE)).select_one('a[href^="/tasks/"]')
    assert link is not None
    few = soup_of(await svc.get(str(link["href"])))
    assert len(few.select("#vips tbody tr")) == 2
    assert not few.select("#vips .gl-foot a")
    with frozen.database.write() as session:
        row = QuarterStore(session).get(Q, quarters.BRANCH)
        assert row is not None
        _add_lines(session, row.id, 30)
    many = soup_of(await svc.get(str(link["href"])))
    assert len(many.select("#vips tbody tr")) == 20
    onward = many.select_one("#vips .gl-foot a")
    assert onward is not None
    assert (onward["href"], "共 32 户" in onward.get_text()) == (BJ, True)
    assert len(soup_of(await svc.get(str(onward["href"]))).select("#vips tbody tr")) == 32


def _add_lines(session: Session, summary_id: UUID, number: int) -> None:
    one = session.exec(select(QuarterLine).where(QuarterLine.summary_id == summary_id)).first()
    assert one is not None
    customer = session.get(Customer, one.customer_no)
    assert customer is not None
    for at in range(number):
        code = f"X{at:06}"
        session.add(Customer(**customer.model_dump() | {"customer_no": code}))
        session.add(QuarterLine(**one.model_dump() | {"id": new_id(), "customer_no": code}))
    session.flush()


async def test_json_workbook_and_print_say_the_same(people: Clients, frozen: World) -> None:
    client = people.browser("hq-vip")
    told = (await client.get(f"{API}/{quarters.BRANCH}")).json()
    book = CalamineWorkbook.from_filelike(BytesIO((await client.get(f"{API}.xlsx")).content))
    heading, *vips = book.get_sheet_by_index(1).to_python()
    by_number = {row[heading.index("客户号")]: dict(zip(heading, row, strict=True)) for row in vips}
    counted = [tuple(row[1:2] + row[3:7]) for row in book.get_sheet_by_index(2).to_python()[1:]]
    reader = PdfReader(BytesIO((await client.get(f"{API}.pdf")).content))
    printed = "".join(page.extract_text() for page in reader.pages).replace(" ", "").replace("\n", "")
    assert {line["customer_no"] for line in told["lines"]} == set(by_number)
    for line in told["lines"]:
        row = by_number[line["customer_no"]]
        assert (row["绿色通道件数"], row["投诉件数"]) == (line["green_cases"], line["complaints"])
        assert row["本季投入（元）"] == float(line["cost"])
        assert line["vip_no"] in printed
        assert line["customer_name"] in printed
        for one in line["counts"]:
            assert (line["customer_no"], one["code"], one["due"], one["done"], one["late"]) in counted
    assert "¥380.00" in printed
    assert "附件二" in printed
    whole = (await client.get(API)).json()
    sums = next(item for item in whole["items"] if item["institution_code"] == quarters.BRANCH)["totals"]
    assert sums["due"] == sum(one["due"] for line in told["lines"] for one in line["counts"])
    by_accept = await client.get(API, headers={"Accept": "application/pdf"})
    assert by_accept.headers["content-type"] == "application/pdf"


async def test_every_field_of_the_form_is_printed_and_texts_are_masked(people: Clients, frozen: World) -> None:
    with frozen.database.read() as session:
        row = QuarterStore(session).get(Q, quarters.BRANCH)
    assert row is not None
    await people.browser("svc").post(
        f"{BJ}/problems", data={"version": "1", "customer_no": [world.GOLD], "problems": [quarters.SAID]}
    )
    page = soup_of(await people.browser("svc").get(f"/forms/2/{row.case_id}"))
    shown = [cell.get_text(strip=True) for cell in page.select(".gl-sheet th")]
    for name in ("机构", "VIP编号", "应做次数", "绿色通道时效达标率", "问题与措施", "制表", "复核"):
        assert name in shown, name
    assert quarters.SAID not in page.get_text()
    assert quarters.SAID in (await people.browser("svc").post(f"/forms/2/{row.case_id}/full")).text


async def test_what_was_published_is_locked_and_adjustments_stand_apart(people: Clients, frozen: World) -> None:
    _publish(frozen.database)
    svc = people.browser("svc")
    locked = await svc.post(f"{BJ}/problems", data={"version": "1", "customer_no": [world.GOLD], "problems": ["改"]})
    assert locked.status_code == 409
    assert "2026-Q2 已发布" in locked.text
    with frozen.database.write() as session:
        visit = session.exec(select(Touchpoint).where(Touchpoint.stage == Stage.DUE)).one()
        visit.stage, visit.done_on, visit.in_time = Stage.DONE, visit.due_on, True
        session.add(visit)
        row = QuarterStore(session).get(Q, quarters.BRANCH)
        assert row is not None
        adjusting.find(session, row, FROZEN + timedelta(days=20))
    page = soup_of(await svc.get(BJ))
    listed = [item.get_text(" ", strip=True) for item in page.select("#adjustments li")]
    assert any("Z08 已做次数" in text and "1 → 2" in text for text in listed)
    assert (await svc.post(f"{BJ}/adjustments/1/reason", data={"reason": " "})).status_code == 422
    assert (await svc.post(f"{BJ}/adjustments/1/reason", data={"reason": "补录"})).status_code == 303
    assert "补录" in _text(soup_of(await svc.get(BJ)), "#adjustments")


async def test_another_branch_and_a_running_quarter(people: Clients, frozen: World) -> None:
    other = people.browser("sh-lead")
    for address in (BJ, f"{API}/{quarters.BRANCH}", f"{API}/{quarters.BRANCH}.pdf"):
        assert (await other.get(address)).status_code == 404
    running = quarter_href(Quarter.of(datetime.now(UTC).date()))
    assert "季度尚未结束" in (await people.browser("svc").get(running)).text
    refused = await people.token("svc").post(f"/api/v1{running}/freeze", json={"institution_code": quarters.BRANCH})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
    again = await people.token("svc").post(f"{API}/freeze", json={"institution_code": quarters.BRANCH})
    assert (again.status_code, again.json()["stage"]) == (200, "collecting")


async def test_a_published_summary_that_was_altered_says_so_and_what_to_do(people: Clients, frozen: World) -> None:
    _publish(frozen.database)
    with frozen.database.write() as session:
        session.execute(text("DROP TRIGGER quarter_line_no_UPDATE"))
        session.execute(text("UPDATE quarter_line SET cost = 1"))
    page = await people.browser("svc").get(BJ)
    assert (page.status_code, "联系审计岗" in page.text, "content_altered" in page.text) == (409, True, True)
    for address in (f"/api/v1{BJ}", f"{API}.pdf", f"{API}.xlsx"):
        problem = await people.token("hq-vip").get(address)
        assert (problem.status_code, problem.json()["code"]) == (409, "content_altered"), address
        assert problem.json()["context"]["what"] == f"{Q.year}-Q{Q.number} {quarters.BRANCH}"
    assert soup_of(await people.browser("hq-vip").get(PAGE)).select("#missing")
