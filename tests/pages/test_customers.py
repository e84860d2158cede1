"""客户 over HTTP and as pages: the same facts, within the caller's institutions, people masked."""

from datetime import UTC, date, datetime, timedelta

import pytest

from models.database import Database
from models.stores.customers import CustomerFilter, customers_in_scope
from models.stores.memberships import current_memberships
from models.stores.scope import EVERYTHING
from models.types import Tier
from tests.pages.conftest import soup_of
from tests.support import world
from tests.support.clients import Clients
from tests.support.members import add_member
from tests.support.service_rows import add_green_channel

TODAY = date(2026, 6, 1)


async def test_the_list_shows_value_and_tier_of_what_the_caller_may_see(people: Clients) -> None:
    answer = await people.token("mgr").get("/api/v1/customers")
    items = answer.json()["items"]
    assert [item["customer_no"] for item in items] == [world.GOLD, world.SILVER, world.SMALL]
    assert items[0] | {"name": ""} == {
        "customer_no": world.GOLD,
        "name": "",
        "institution_code": "BJ01",
        "tier": "regular",
        "seat": None,
        "value": "2200000",
        "insured_years": 3,
        "loss_ratio": "0.650000",
        "rank": 2,
        "valid_from": None,
        "valid_to": None,
    }
    page = soup_of(await people.browser("mgr").get("/customers"))
    assert [link["href"] for link in page.select("#list tbody a")] == [
        f"/customers/{item['customer_no']}" for item in items
    ]
    assert "220.00万元" in page.select("#list tbody tr")[0].text


async def test_paging_goes_there_and_back(people: Clients) -> None:
    browser = people.browser("mgr")
    seen = []
    address = "/customers?limit=1"
    for _page in range(3):
        page = soup_of(await browser.get(address))
        seen.append(page.select_one("#list tbody a b").text)  # type: ignore[union-attr]  # every page has a row
        onward = page.select_one("a[rel=next]")
        address = f"{onward['href']}&limit=1" if onward else ""
    assert not address
    back = page.select_one("a[rel=prev]")
    assert back is not None
    again = soup_of(await browser.get(f"{back['href']}&limit=1"))
    assert again.select_one("#list tbody a b").text == seen[1]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "恒信"}, [world.SILVER]),
        ({"q": "c0000003"}, [world.SMALL]),
        ({"q": "%"}, []),
        ({"tier": "gold"}, []),
        ({"institution_code": "BJ"}, [world.GOLD, world.SILVER, world.SMALL, world.BRANCH_OWNED]),
        ({"institution_code": "BJ01"}, [world.GOLD, world.SILVER, world.SMALL]),
        ({"institution_code": "SH"}, []),
    ],
)
async def test_filters(people: Clients, query: dict[str, str], found: list[str]) -> None:
    answer = await people.token("lead").get("/api/v1/customers", params=query)
    assert [item["customer_no"] for item in answer.json()["items"]] == found


async def test_nothing_found_says_how_to_go_on(people: Clients) -> None:
    page = soup_of(await people.browser("mgr").get("/customers?q=nobody"))
    assert page.select_one(".gl-empty a[href='/customers']")


async def test_one_customer_with_score_and_masked_people(people: Clients) -> None:
    answer = await people.token("mgr").get(f"/api/v1/customers/{world.GOLD}")
    contact = answer.json()["contacts"][0]
    assert (contact["name"], contact["mobile"], contact["email"]) == ("周*", "199****0001", "l***@example.com")
    text = (await people.browser("mgr").get(f"/customers/{world.GOLD}")).text
    assert "周启明" not in text
    assert "199-0000-0001" not in text
    page = soup_of(await people.browser("mgr").get(f"/customers/{world.GOLD}"))
    assert page.select_one(".gl-big").text == "2,200,000"  # type: ignore[union-attr]
    assert page.select_one(f"a.gl-b-primary[href='/qualifications/new?customer_no={world.GOLD}']")
    assert "× 1.00" in page.select_one("#policies").text  # type: ignore[union-attr]


async def test_only_who_may_declare_is_offered_it(people: Clients) -> None:
    page = soup_of(await people.browser("lead").get(f"/customers/{world.GOLD}"))
    assert not page.select_one("a.gl-b-primary")


async def test_out_of_scope_is_not_found(people: Clients) -> None:
    assert (await people.token("sh-lead").get(f"/api/v1/customers/{world.GOLD}")).status_code == 404
    assert (await people.browser("sh-lead").get(f"/customers/{world.GOLD}")).status_code == 404


def test_the_tier_is_that_of_the_running_term_gold_before_silver(insurer: Database) -> None:
    with insurer.write() as session:
        for tier in (Tier.SILVER, Tier.GOLD):
            add_member(session, world.GOLD, tier, date(2026, 3, 1))
        add_member(session, world.SILVER, Tier.SILVER, date(2026, 3, 1))
        add_member(session, world.SILVER, Tier.GOLD, date(2027, 3, 1))
        add_member(session, world.SMALL, Tier.GOLD, date(2025, 3, 1))
    with insurer.read() as session:
        found = current_memberships(session, [world.GOLD, world.SILVER, world.SMALL], TODAY)
        assert {number: row.tier for number, row in found.items()} == {
            world.GOLD: Tier.GOLD,
            world.SILVER: Tier.SILVER,
        }
        by_tier = {
            tier: [
                row.customer_no
                for row in customers_in_scope(session, EVERYTHING, CustomerFilter(tier=tier), today=TODAY, limit=9)
            ]
            for tier in Tier
        }
    assert by_tier == {
        Tier.GOLD: [world.GOLD],
        Tier.SILVER: [world.SILVER],
        Tier.REGULAR: [world.SMALL, world.BRANCH_OWNED],
    }


async def test_what_was_promised_stands_with_its_article_and_leads_to_its_rows(
    people: Clients, insurer: Database
) -> None:
    now = datetime.now(UTC)
    with insurer.write() as session:
        add_member(session, world.GOLD, Tier.GOLD, (now - timedelta(days=60)).date().replace(day=1))
        add_green_channel(session, world.GOLD, "BJ01", "", received=now - timedelta(days=10))
    page = soup_of(await people.browser("mgr").get(f"/customers/{world.GOLD}"))
    table, resting = page.select("#promises table")
    shown = {row.select("td")[0].text.split()[0]: row for row in table.select("tbody tr")}
    assert "Z04" in shown
    assert shown["Z04"].select('a[href^="/green-channel?"]'), "it leads to the rows behind it"
    assert "第17条（1）" in resting.text
    answer = (await people.token("mgr").get(f"/api/v1/customers/{world.GOLD}/promises")).json()
    claim = next(item for item in answer["items"] if item["code"] == "Z04")
    assert (claim["due"], claim["done"], claim["late"]) == (1, 1, 0)
