"""考核 and 岗位职责 on pages and under /api/v1: points with their facts, versions, vetoes, appeals, files."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from uuid import UUID

import pytest
from bs4 import BeautifulSoup
from python_calamine import CalamineWorkbook
from sqlmodel import select

from api.paging import encode_cursor
from models.database import Database
from models.rules.calendar import local_date
from models.services.assessment import keeping
from models.services.assessment.reckoning import Place
from models.services.desk.acting import Actor
from models.stores.scope import EVERYTHING
from models.tables.assessment import AssessmentResult
from models.tables.organisation import Account
from models.types import Door
from tests.pages.conftest import soup_of
from tests.support import world
from tests.support.assessed import YEAR, any_case, fill
from tests.support.care import planned
from tests.support.clients import Clients

PAGE = f"/reports/assessment/{YEAR}"
API = f"/api/v1{PAGE}"
BJ = f"{PAGE}/BJ"
AFTER = datetime(YEAR + 1, 1, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
def scored(insurer: Database) -> UUID:
    """Version 1 of the year of Beijing, not confirmed; the id of a case for a veto."""
    with insurer.write() as session:
        fill(session, 7)
        hq = session.exec(select(Account).where(Account.login == "hq-vip")).one()
        actor = Actor(hq.id, hq.name, Door.API, AFTER)
        keeping.keep_again(session, Place(YEAR, "BJ", EVERYTHING), actor, "年度计分")
        return any_case(session, "BJ")


def texts(page: BeautifulSoup, selector: str) -> list[str]:
    return [item.get_text(" ", strip=True) for item in page.select(selector)]


@pytest.mark.usefixtures("scored")
async def test_branches_stand_best_first_within_the_readers_institutions(people: Clients) -> None:
    hq = soup_of(await people.browser("hq-vip").get(PAGE))
    assert len(texts(hq, "#table tbody tr")) == 2
    assert "第 1 版，未确认" in hq.get_text()
    chart = hq.select("#totals-table tbody tr")
    answer = (await people.token("hq-vip").get(API)).json()
    totals = [Decimal(item["total"]) for item in answer["items"]]
    assert totals == sorted(totals, reverse=True)
    assert [Decimal(str(row.select("td")[0]["data-value"])) for row in chart] == totals
    mine = (await people.token("lead").get(API)).json()
    assert [item["institution_code"] for item in mine["items"]] == ["BJ"]
    assert (await people.token("lead").get(f"{API}/SH")).status_code == 404
    assert (await people.token("mgr").get(API)).status_code == 403
    assert (await people.token("lead").get(f"{API}/BJ01")).status_code == 422


@pytest.mark.usefixtures("scored")
async def test_every_point_opens_its_facts_and_their_sum_is_the_figure(people: Clients) -> None:
    hq = people.token("hq-vip")
    branch = (await hq.get(f"{API}/BJ")).json()
    for indicator in branch["indicators"]:
        items, url = [], f"{indicator['facts_url']}&limit=7"
        while url:
            answer = (await hq.get(url)).json()
            items += answer["items"]
            cursor = answer["next_cursor"]
            url = f"{indicator['facts_url']}&limit=7&cursor={cursor}" if cursor else ""
        assert len(items) == indicator["of"]
        assert sum(item["good"] for item in items) == Decimal(indicator["good"])
        assert all(item["url"] for item in items)
    page = soup_of(await people.browser("lead").get(f"{BJ}/facts/on_time_rate"))
    assert "合计" in page.get_text()
    assert page.select_one("tbody a")
    assert (await hq.get(f"{API}/BJ/facts/weather")).status_code == 404
    for place in ([0, "weather"], [0, ""], [10**30, ""]):
        for version in ("", "live"):
            of_another = await hq.get(f"{API}/BJ/facts/on_time_rate?version={version}&cursor={encode_cursor(place)}")
            assert of_another.status_code in {200, 422}, place
    assert (await hq.get(f"{API}/BJ?version=9")).status_code == 404


@pytest.mark.usefixtures("scored")
async def test_head_office_confirms_in_one_click_and_the_branch_may_then_appeal(
    people: Clients, insurer: Database
) -> None:
    hq, lead = people.browser("hq-vip"), people.browser("lead")
    assert not soup_of(await lead.get(BJ)).select_one("a[href*='/appeal']")
    form = soup_of(await hq.get(BJ)).select_one(f"form[action='{BJ}/confirm']")
    assert form is not None
    values = {str(field["name"]): str(field["value"]) for field in form.select("input")}
    assert (await hq.post(f"{BJ}/confirm", data=values)).status_code == 303
    again = await hq.post(f"{BJ}/confirm", data=values)
    assert again.status_code == 303
    with insurer.read() as session:
        assert session.exec(select(AssessmentResult)).one().confirmed_by_name == "孙倩"
    shown = soup_of(await lead.get(f"{BJ}?done=confirmed"))
    assert "申诉期至" in shown.get_text()
    link = shown.select_one("#indicators a[href*='/appeal?item=on_time_rate']")
    assert link is not None
    asked = soup_of(await lead.get(str(link["href"])))
    assert "本项现为" in asked.get_text()
    sent = {"item": "on_time_rate", "asked": "很多", "reason": "记录有误"}
    refused = await lead.post(f"{BJ}/appeal", data=sent)
    assert refused.status_code == 422
    back = soup_of(refused)
    assert back.select_one(".gl-errors a[href='#asked']")
    assert back.select_one("#reason").text == "记录有误"  # type: ignore[union-attr]  # nothing typed is lost
    away = await lead.post(f"{BJ}/appeal", data=sent | {"asked": "95"})
    assert away.status_code == 503
    assert (await people.browser("sh-lead").get(f"{BJ}/appeal")).status_code == 404


async def test_a_veto_is_recorded_on_a_case_and_withdrawn_with_a_reason(people: Clients, scored: UUID) -> None:
    hq = people.browser("hq-vip")
    empty = {"code": "falsified_record", "case_id": "x", "evidence": "照片", "reason": "时间不符"}
    refused = await hq.post(f"{BJ}/veto", data=empty)
    assert refused.status_code == 422
    assert soup_of(refused).select_one(".gl-errors a[href='#case_id']")
    done = await hq.post(f"{BJ}/veto", data=empty | {"case_id": f"http://x/cases/{scored}"})
    assert done.status_code == 303
    assert (await hq.post(f"{BJ}/reckon", data={"reason": " "})).status_code == 422
    assert (await hq.post(f"{BJ}/reckon", data={"reason": "计入否决"})).status_code == 303
    page = soup_of(await hq.get(f"{BJ}?version=2"))
    assert "一票否决，零分" in page.get_text()
    link = page.select_one("#vetoes a[href$='/withdraw']")
    assert link is not None
    assert (await hq.post(str(link["href"]), data={"reason": "查无实据"})).status_code == 303
    assert "查无实据" in soup_of(await hq.get(BJ)).get_text()
    assert (await people.browser("lead").get(f"{BJ}/veto")).status_code == 403


@pytest.mark.usefixtures("scored")
async def test_acts_by_json_are_done_once_under_their_key(people: Clients) -> None:
    hq, key = people.token("hq-vip"), {"Idempotency-Key": "reckon-0001"}
    first = await hq.post(f"{API}/BJ/reckon", json={"reason": "补录"}, headers=key)
    again = await hq.post(f"{API}/BJ/reckon", json={"reason": "补录"}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert [item["version"] for item in again.json()["versions"]] == [2, 1]
    stale = await hq.post(f"{API}/BJ/confirm", json={"version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    confirmed = (await hq.post(f"{API}/BJ/confirm", json={"version": 2})).json()
    assert (confirmed["version"], "on_time_rate" in confirmed["appealable"]) == (2, True)
    running = local_date(datetime.now(UTC)).year
    early = await hq.post(f"/api/v1/reports/assessment/{running}/BJ/reckon", json={"reason": "x"})
    assert (early.status_code, early.json()["code"]) == (409, "year_not_over")


@pytest.mark.usefixtures("scored")
async def test_the_list_is_a_workbook_and_a_pdf_by_suffix_and_by_accept(people: Clients) -> None:
    hq = people.token("hq-vip")
    items = (await hq.get(API)).json()["items"]
    for answer in (
        await hq.get(f"{API}.xlsx"),
        await hq.get(API, headers={"Accept": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}),
    ):
        rows = CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_index(0).to_python()
        assert [row[0] for row in rows[1:]] == [item["name"] for item in items]
        assert [round(Decimal(str(row[1])), 2) for row in rows[1:]] == [Decimal(item["total"]) for item in items]
    for path in (f"{API}.pdf", f"{API}/BJ.pdf"):
        answer = await hq.get(path)
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")


async def test_duties_of_a_month_are_counted_and_each_number_opens_its_rows(people: Clients, insurer: Database) -> None:
    first = local_date(datetime.now(UTC)).replace(day=1)
    with insurer.write() as session:
        for number, stage in enumerate(("done", "planned", "missed", "skipped")):
            day = first + timedelta(days=number)
            session.add(planned(world.GOLD, day=day, stage=stage, key=f"Z08:{number}"))
        session.add(planned(world.GOLD, day=first - timedelta(days=1), key="Z08:before"))
    mgr = people.token("mgr")
    items = (await mgr.get("/api/v1/duties")).json()["items"]
    assert {item["role"] for item in items} == {"MGR"}
    visits = next(item for item in items if "附件四" in item["text"])
    assert (visits["due"], visits["done"]) == (3, 1)
    rows = (await mgr.get(visits["facts_url"])).json()["items"]
    assert [item["good"] for item in rows].count(True) == 1
    assert len(rows) == 3
    page = soup_of(await people.browser("mgr").get("/duties"))
    assert "客户经理" in page.get_text()
    listed = soup_of(await people.browser("mgr").get(str(page.select_one("td a[href*='/2/facts']")["href"])))  # type: ignore[index]
    assert "未办" in listed.get_text()
    none = soup_of(await people.browser("hq-vip").get("/duties?role=all"))
    assert "无系统记录" in none.get_text()
    assert "审计岗" in none.get_text()
    assert "总公司VIP服务管理岗" not in str(
        soup_of(await people.browser("mgr").get("/duties?role=all")).select(".gl-panel")
    )
    for month in ("2026-13", "0001-01", "9999-12"):
        assert (await mgr.get(f"/api/v1/duties?month={month}")).status_code == 422
        assert (await people.browser("mgr").get(f"/duties?month={month}")).status_code == 422
    assert (await mgr.get("/api/v1/duties/MGR/99/facts")).status_code == 404
