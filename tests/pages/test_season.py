"""名额季 on the ranking page: phases, 试算, appeals; memberships that end."""

from datetime import UTC, datetime, timedelta

from sqlmodel import select

from models.database import Database
from models.messages.calendar import Deadline
from models.messages.season import SeasonMoved, SeasonState
from models.rulebook import load_builtin
from models.rules.calendar import local_date
from models.rules.season import phase_dates
from models.tables.book import Customer
from models.tables.organisation import Account
from models.tables.season import QuotaSeason
from models.types import Door, SeasonPhase, Tier
from tests.pages.conftest import soup_of
from tests.support import world
from tests.support.clients import Clients
from tests.support.members import add_member

PAGE = f"/evaluations/{world.YEAR}"


async def test_a_trial_is_tinted_and_says_that_it_is_not_saved(people: Clients) -> None:
    hq = people.browser("hq-vip")
    before = soup_of(await hq.get(PAGE)).select("#table tbody tr")
    page = soup_of(await hq.get(PAGE, params={"who": world.SMALL, "seat": "ranked", "value": "9,000,000"}))
    trial = page.select_one("#what-if.gl-trial-on")
    assert trial is not None
    text = trial.get_text(" ", strip=True)
    assert "试算，未保存" in text
    assert "北京小微咨询有限公司 以 9,000,000 元 列第 1 名（原第 4 名），席位：排名席位；0 户出局。" in text
    assert len(soup_of(await hq.get(PAGE)).select("#table tbody tr")) == len(before)
    wrong = soup_of(await hq.get(PAGE, params={"who": world.SMALL, "value": "很多"}))
    assert wrong.select_one("#what-if [role=alert]")
    other = soup_of(await people.browser("sh-lead").get(PAGE, params={"who": world.SMALL}))
    assert other.select_one("#what-if [role=alert]")


async def test_the_season_is_opened_by_head_office_with_a_reason(people: Clients, insurer: Database) -> None:
    hq, mgr = people.browser("hq-vip"), people.browser("mgr")
    assert "启动名额季" in soup_of(await hq.get(PAGE)).get_text()
    assert "启动名额季" not in soup_of(await mgr.get(PAGE)).get_text()
    assert (await mgr.get(f"{PAGE}/season")).status_code == 403
    asked = soup_of(await hq.get(f"{PAGE}/season"))
    assert asked.select_one("input[type=hidden][name=idempotency_key]")
    refused = await hq.post(f"{PAGE}/season", data={"phase": "open", "reason": " "})
    assert refused.status_code == 422
    assert soup_of(refused).select_one(".gl-errors a[href='#reason']")
    away = await hq.post(f"{PAGE}/season", data={"phase": "open", "reason": "年度评定"})
    assert away.status_code == 503
    assert soup_of(away).select_one("#reason").text == "年度评定"  # type: ignore[union-attr]  # nothing typed is lost
    assert (await hq.get(f"{PAGE}/season", params={"phase": "nowhere"})).status_code == 404


async def test_a_published_season_shows_phases_and_lets_institutions_appeal(people: Clients, insurer: Database) -> None:
    _publish(insurer)
    page = soup_of(await people.browser("mgr").get(PAGE))
    phases = [item.get_text(" ", strip=True) for item in page.select(".gl-phases li")]
    assert [text.split(" ")[0] for text in phases] == ["冻结", "申报", "排名", "公示", "申诉", "生效"]
    assert page.select_one(".gl-phases .gl-now").get_text().startswith("公示")  # type: ignore[union-attr]  # there is one
    appeal = f"{PAGE}/appeal?customer_no={world.SMALL}"
    assert page.select_one(f"a[href='{appeal}']")
    form = soup_of(await people.browser("mgr").get(appeal))
    assert "北京小微咨询有限公司" in form.get_text()
    assert (await people.browser("sh-lead").get(appeal)).status_code == 404
    hq = soup_of(await people.browser("hq-vip").get(PAGE))
    assert hq.select_one(f"a[href='{PAGE}/season?phase=appeal']")
    assert not hq.select(f"a[href='{PAGE}/reopen'], a[href*='phase=freeze'], a[href*='/appeal?']")


def _publish(database: Database) -> None:
    """A season as the records hold it in its appeal window."""
    now = datetime.now(UTC)
    deadline = Deadline(due_at=now + timedelta(days=3), provisional=False, calendar_version="x")
    with database.write() as session:
        by = session.exec(select(Account).where(Account.login == "hq-vip")).one().id
        moves = [
            SeasonMoved(
                phase=phase, version=at, actor_id=by, actor_name="孙倩", door=Door.PAGE, reason="按日程", at=now
            )
            for at, phase in enumerate((SeasonPhase.DECLARE, SeasonPhase.RANK, SeasonPhase.PUBLISH), start=2)
        ]
        state = SeasonState(
            year=world.YEAR,
            phase=SeasonPhase.PUBLISH,
            version=4,
            opened_at=now,
            dates=phase_dates(load_builtin().procedure, world.YEAR),
            moves=tuple(moves),
            appeal_working_days=5,
            appeals_until=deadline,
        )
        session.add(
            QuotaSeason(
                year=world.YEAR,
                workflow_id="quota-season/2025",
                phase=state.phase,
                version=4,
                opened_by=by,
                opened_at=now,
                state=state.model_dump(mode="json"),
            )
        )


async def test_a_membership_that_should_end_is_shown_and_asked_for_a_cause(people: Clients, insurer: Database) -> None:
    with insurer.write() as session:
        add_member(session, world.GOLD, Tier.GOLD, local_date(datetime.now(UTC)))
        customer = session.get(Customer, world.GOLD)
        assert customer is not None
        customer.flags = "fraud"
    lead = people.browser("lead")
    row = soup_of(await lead.get(PAGE)).select_one("#should-end li")
    assert row is not None
    assert "欺诈" in row.get_text()
    page = soup_of(await lead.get(f"/customers/{world.GOLD}"))
    assert page.select_one(f"a[href='/customers/{world.GOLD}/membership/cancel']")
    form = soup_of(await lead.get(f"/customers/{world.GOLD}/membership/cancel"))
    assert [option["value"] for option in form.select("#cause option")] == [
        "all_policies_ended",
        "fraud",
        "customer_wish",
    ]
    down = soup_of(await lead.get(f"/customers/{world.GOLD}/membership/downgrade"))
    assert [option["value"] for option in down.select("#tier option")] == ["silver", "regular"]
    sent = {"cause": "fraud", "reason": "反欺诈认定"}
    assert (await lead.post(f"/customers/{world.GOLD}/membership/cancel", data=sent)).status_code == 503
    assert (await people.browser("mgr").get(f"/customers/{world.GOLD}/membership/cancel")).status_code == 403
    assert (await people.browser("sh-lead").get(f"/customers/{world.GOLD}/membership/cancel")).status_code == 404
