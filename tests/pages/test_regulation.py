"""条文索引 and the badges that lead there."""

from bs4 import BeautifulSoup, Tag

from models.rulebook.articles import anchor
from tests.pages.conftest import soup_of
from tests.support.clients import Clients


def _entry(page: BeautifulSoup, article: str) -> Tag:
    found = page.find(id=anchor(article))
    assert isinstance(found, Tag)
    return found


async def test_every_article_stands_under_its_address_with_its_source(people: Clients) -> None:
    page = soup_of(await people.browser("svc").get("/regulation"))
    seventeen = _entry(page, "第17条")
    text = seventeen.get_text(" ", strip=True)
    assert "17(3) 理赔服务 原文" in text
    assert {link["href"] for link in seventeen.select("a")} >= {"/green-channel", "/care", "/customers"}


async def test_pages_that_the_reader_may_not_open_are_not_offered(people: Clients) -> None:
    page = soup_of(await people.browser("ops").get("/regulation"))
    assert _entry(page, "第13条").select("a") == []


async def test_a_page_says_what_it_serves_and_each_badge_leads_to_its_article(people: Clients) -> None:
    browser = people.browser("svc")
    badges = soup_of(await browser.get("/green-channel")).select(".gl-serves a")
    assert [badge.get_text(strip=True) for badge in badges] == ["第14条", "第15条", "第17条", "附件三"]
    index = soup_of(await browser.get("/regulation"))
    assert [index.find(id=str(badge["href"]).partition("#")[2]) is not None for badge in badges] == [True] * 4


async def test_the_same_facts_as_json(people: Clients) -> None:
    client = people.token("svc")
    items = (await client.get("/api/v1/rulebooks/articles")).json()["items"]
    found = next(item for item in items if item["article"] == "附件三")
    assert [rule["text_zh"] for rule in found["rules"]] == ["VIP客户绿色通道服务执行表"]
    versions = (await client.get("/api/v1/rulebooks")).json()["items"]
    assert [(version["code"], version["version"]) for version in versions] == [("cn_pingan_2003", 1)]


async def test_in_english_the_rules_are_english(people: Clients) -> None:
    browser = people.browser("svc")
    page = (await browser.get("/regulation", params={"lang": "en"})).text
    assert "policy issue" in page
