"""代理设置: rehearsed before it is saved, with scripts off; what a refused form says; ending one."""

from datetime import timedelta

from bs4 import BeautifulSoup
from httpx2 import Response

from models.database import Database
from tests.pages.conftest import soup_of
from tests.support.clients import Clients
from tests.support.moment import today

STAND_INS = "/stand-ins"


def _fields(page: BeautifulSoup, action: str) -> dict[str, str]:
    """What a form would send as it stands."""
    form = page.select_one(f'form[action="{action}"][method="post"]')
    assert form is not None
    found = {str(item["name"]): str(item.get("value", "")) for item in form.select("input[name]")}
    for item in form.select("select[name]"):
        chosen = item.select_one("option[selected]") or item.select_one("option")
        found[str(item["name"])] = str(chosen["value"]) if chosen else ""
    return found


def _text(answer: Response) -> str:
    return soup_of(answer).get_text(" ", strip=True)


async def test_nothing_set_says_so_and_the_navigation_leads_here(people: Clients) -> None:
    page = await people.browser("lead").get(STAND_INS)
    assert "没有设置代理" in _text(page)
    entry = soup_of(page).select_one(f"nav a[href='{STAND_INS}']")
    assert entry is not None
    assert entry.get("aria-current")


async def test_one_chooses_among_people_with_authority(people: Clients) -> None:
    page = soup_of(await people.browser("lead").get(STAND_INS))
    names = [option.get_text() for option in page.select("select#stand_in option")]
    assert names == ["请选择", "孙倩 · 总公司VIP服务管理岗（总公司）", "郑华 · 分公司团险负责人（上海分公司）"]


async def test_it_is_rehearsed_then_saved_then_ended(people: Clients) -> None:
    browser = people.browser("lead")
    form = _fields(soup_of(await browser.get(STAND_INS)), f"{STAND_INS}/rehearse")
    form |= {
        "stand_in": "hq-vip",
        "ends_on": (today() + timedelta(days=1)).isoformat(),
        "tier": "silver",
        "reason": "年假",
    }
    rehearsed = await browser.post(f"{STAND_INS}/rehearse", data=form)
    assert "目前没有待办" in _text(rehearsed)
    assert "分公司团险负责人（北京分公司）" in _text(rehearsed)
    assert "没有设置代理" in _text(rehearsed), "a rehearsal stores nothing"
    kept = _fields(soup_of(rehearsed), STAND_INS)
    saved = await browser.post(STAND_INS, data=kept)
    assert saved.headers["location"] == f"{STAND_INS}?done=set"
    assert (await browser.post(STAND_INS, data=kept)).status_code == saved.status_code, "a second click is the first"
    page = await browser.get(saved.headers["location"])
    row = soup_of(page).select("table tbody tr")[0].get_text(" ", strip=True)
    assert all(part in row for part in ("孙倩 代 陈志远", "银牌", "年假", "代理中"))
    assert "孙倩 代 陈志远" in _text(await people.browser("hq-vip").get(STAND_INS))
    end = soup_of(page).select_one("form[action$='/end']")
    assert end is not None
    ended = await browser.post(str(end["action"]), data=_fields(soup_of(page), str(end["action"])))
    assert "提前结束" in _text(await browser.get(ended.headers["location"]))


async def test_a_refused_form_keeps_what_was_typed(people: Clients) -> None:
    browser = people.browser("lead")
    form = _fields(soup_of(await browser.get(STAND_INS)), f"{STAND_INS}/rehearse")
    wrong = await browser.post(f"{STAND_INS}/rehearse", data=form | {"stand_in": "hq-vip", "ends_on": "2020-01-01"})
    assert wrong.status_code == 422
    assert "不能早于开始日" in _text(wrong)
    assert "保存代理" not in _text(wrong)
    assert _fields(soup_of(wrong), f"{STAND_INS}/rehearse")["stand_in"] == "hq-vip"
    empty = await browser.post(f"{STAND_INS}/rehearse", data=form | {"stand_in": "", "starts_on": "soon"})
    asked = {str(link["href"]): link.get_text() for link in soup_of(empty).select(".gl-errors a")}
    assert set(asked) == {"#stand_in", "#starts_on"}
    assert asked["#stand_in"].startswith("代理人：")
    loop = await browser.post(f"{STAND_INS}/rehearse", data=form | {"stand_in": "lead"})
    assert (loop.status_code, "代理形成循环" in _text(loop)) == (422, True)


async def test_the_branch_lead_sets_one_for_its_people_and_others_do_not(people: Clients, insurer: Database) -> None:
    del insurer
    page = soup_of(await people.browser("lead").get(f"{STAND_INS}?principal=svc"))
    assert _fields(page, f"{STAND_INS}/rehearse")["principal"] == "svc"
    assert "由谁代 赵敏" in page.get_text()
    assert "北京分公司" in page.get_text()
    svc = await people.browser("svc").get(f"{STAND_INS}?principal=lead")
    assert "由谁代 赵敏" in _text(svc)
    assert soup_of(svc).select_one("select#principal") is None
    form = _fields(soup_of(svc), f"{STAND_INS}/rehearse")
    other = await people.browser("svc").post(STAND_INS, data=form | {"principal": "lead", "stand_in": "hq-vip"})
    assert other.status_code == 403
