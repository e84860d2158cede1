"""排名与名额 as a page: seats, the cut line, tie-breaks; head office computes and freezes, branches file."""

import re

from activities.jobs import JobRunner
from models.database import Database
from models.stores.evaluations import EvaluationStore
from models.tables.evaluation import RankingRow
from tests.pages.conftest import soup_of
from tests.support import world
from tests.support.clients import Clients

PAGE = f"/evaluations/{world.YEAR}"


async def test_the_newest_year_is_the_start(people: Clients) -> None:
    answer = await people.browser("hq-vip").get("/evaluations")
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)


async def test_the_list_with_seats_and_the_cut_line(people: Clients) -> None:
    page = soup_of(await people.browser("hq-vip").get(PAGE))
    rows = [row.get_text(" ", strip=True) for row in page.select("#table tbody tr")]
    assert len(rows) == 5
    assert "排名席位" in rows[1]
    assert rows[2] == "金牌排名席位线：第 2 名，客户价值 2,200,000 元"
    assert "机构名额" in rows[3]
    tiles = [tile.get_text(" ", strip=True) for tile in page.select(".gl-tiles li")]
    assert tiles[0].startswith("金牌 · 排名席位 2 / 90")
    assert tiles[3].startswith("银牌 · 机构名额 1 / 20")


async def test_the_cut_line_is_drawn_once_over_all_pages(people: Clients) -> None:
    browser, address, lines = people.browser("hq-vip"), f"{PAGE}?limit=1", []
    while address:
        page = soup_of(await browser.get(address))
        lines.append(len(page.select(".gl-cut")))
        onward = page.select_one("a[rel=next]")
        address = f"{onward['href']}&limit=1" if onward else ""
    assert lines == [0, 0, 1, 0]


async def test_what_decided_a_tie_and_what_bars_is_said(people: Clients, insurer: Database) -> None:
    with insurer.write() as session:
        row = session.get(RankingRow, (world.YEAR, world.GOLD))
        assert row is not None
        row.tie_break, row.ineligible_reason = "insured_years", "flag:fraud;policy:lapsed:P1;policy:lapsed:P2"
    text = soup_of(await people.browser("hq-vip").get(PAGE)).select("#table tbody tr")[1].get_text(" ", strip=True)
    assert "并列，按连续投保年数" in text
    assert re.findall("欺诈或反洗钱标记|保单失效", text) == ["欺诈或反洗钱标记", "保单失效"]


async def test_each_sees_its_own_rows_and_buttons(people: Clients) -> None:
    mgr = soup_of(await people.browser("mgr").get(PAGE))
    assert len(mgr.select("#table tbody tr:not(.gl-cut)")) == 3
    assert not mgr.select(".gl-acts form, .gl-acts .gl-b-primary, #quotas")
    lead = soup_of(await people.browser("lead").get(PAGE))
    assert len(lead.select("#quotas tbody tr")) == 1
    assert lead.select_one("#quotas form")
    hq = soup_of(await people.browser("hq-vip").get(PAGE))
    assert len(hq.select("#quotas tbody tr")) == 2
    assert not hq.select_one("#quotas form")


async def test_computing_waits_and_then_shows_the_list(people: Clients, insurer: Database) -> None:
    hq, address = people.browser("hq-vip"), f"/evaluations/{world.YEAR - 1}"
    before = soup_of(await hq.get(address))
    assert before.select_one(f"form[action='{address}/compute'] button")
    assert "尚未评定" in before.get_text()
    answer = await hq.post(f"{address}/compute")
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    waiting = soup_of(await hq.get(address))
    assert waiting.select_one(f".gl-strip[hx-get='{address}']")
    assert waiting.select_one("noscript meta[http-equiv=refresh]")
    assert not waiting.select(f"form[action='{address}/compute']")
    JobRunner(insurer).run_pending()
    after = soup_of(await hq.get(address))
    assert len(after.select("#table tbody tr:not(.gl-cut)")) == 4
    assert not after.select("[hx-trigger='every 2s']")


async def test_freezing_asks_why_and_says_what_it_does(people: Clients, insurer: Database) -> None:
    hq = people.browser("hq-vip")
    page = soup_of(await hq.get(f"{PAGE}/freeze"))
    assert "只读" in page.get_text()
    refused = await hq.post(f"{PAGE}/freeze", data={"reason": " "})
    assert refused.status_code == 422
    assert soup_of(refused).select_one(".gl-errors a[href='#reason']")
    done = await hq.post(f"{PAGE}/freeze", data={"reason": "数据核对完毕"})
    assert done.headers["location"] == f"{PAGE}?done=frozen"
    page = soup_of(await hq.get(done.headers["location"]))
    assert page.select_one(".gl-strip-ok")
    assert page.select_one(f"a[href='{PAGE}/reopen']")
    assert not page.select(f"form[action='{PAGE}/compute']")
    assert (await hq.post(f"{PAGE}/compute")).status_code == 409
    await hq.post(f"{PAGE}/reopen", data={"reason": "更正"})
    with insurer.read() as session:
        row = EvaluationStore(session).get(world.YEAR)
        assert row is not None
        assert row.frozen_at is None


async def test_a_quota_is_filed_on_the_page_and_kept_when_refused(people: Clients) -> None:
    lead, address = people.browser("lead"), f"{PAGE}/quota"
    refused = await lead.post(address, data={"institution_code": "BJ", "quota": "很多", "reason": "产假"})
    page = soup_of(refused)
    assert refused.status_code == 422
    assert page.select_one(".gl-errors a[href='#quota']")
    assert page.select_one("#quota[value='很多']")
    assert page.select_one("#reason").text == "产假"  # type: ignore[union-attr]  # the form is there
    done = await lead.post(address, data={"institution_code": "BJ", "quota": "12", "reason": "产假"})
    page = soup_of(await lead.get(done.headers["location"]))
    assert [cell.text for cell in page.select("#quotas tbody td")][1] == "12"


async def test_a_failed_computation_is_said(people: Clients, insurer: Database) -> None:
    hq = people.browser("hq-vip")
    await hq.post(f"{PAGE}/compute")
    with insurer.write() as session:
        row = EvaluationStore(session).get(world.YEAR)
        assert row is not None
        row.frozen_at = row.computed_at
    JobRunner(insurer).run_pending()
    page = soup_of(await hq.get(PAGE))
    assert "上次评定未完成：评定已冻结" in page.get_text()
