"""人员岗位: the page by which people come in, get posts and leave."""

import re

import pytest
from bs4 import BeautifulSoup
from sqlmodel import col, select
from typer.testing import CliRunner

from api.cli import app as command
from api.pages.form_errors import control_word
from models.database import Database
from models.settings import Settings
from models.tables.audit import AuditEntry
from models.tables.organisation import Post
from models.types import Role
from tests.plugins.service import TEST_SECRET
from tests.support.clients import Clients

PEOPLE = "/admin/people"


def _row(page: str, login: str) -> str:
    row = BeautifulSoup(page, "html.parser").find(id=f"person-{login}")
    assert row is not None
    return row.get_text(" ", strip=True)


async def test_empty_posts_come_first(clients: Clients) -> None:
    page = (await clients.browser("sec-admin").get(PEOPLE)).text
    assert page.index("空缺岗位") < page.index('id="people"')
    listed = [item.get_text(strip=True) for item in BeautifulSoup(page, "html.parser").select("ul.gl-checks li")]
    assert "机构SO · 柜面服务岗" in listed
    assert "机构NO · 柜面服务岗" not in listed
    assert not any("机构NO · 客户经理" in item for item in listed), "a branch need not have one"


async def test_a_refused_post_stays_open_in_the_row_of_its_person(clients: Clients) -> None:
    form = {"role": "HQ_VIP", "institution_code": "SO"}
    answer = await clients.browser("sec-admin").post(f"{PEOPLE}/no1-mgr/posts?limit=1", data=form)
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.select_one(".gl-errors a[href='#role-no1-mgr']")
    fold = page.select_one("#person-no1-mgr details[open]")
    assert fold is not None
    assert "该级别的机构没有这个岗位" in fold.get_text()
    assert [option["value"] for option in fold.select("option[selected]")] == ["HQ_VIP", "SO"]


async def test_a_new_person_gets_a_link_that_is_shown_once(clients: Clients) -> None:
    browser = clients.browser("sec-admin")
    form = {"login": "li-na", "name": "李娜", "email": "", "institution_code": "SO", "role": "BR_CTR"}
    page = (await browser.post(PEOPLE, data=form)).text
    link = re.search(r"<code>(http://127\.0\.0\.1:8000/activate/[\w-]+)</code>", page)
    assert link is not None
    assert "机构SO · 柜面服务岗" in _row(page, "li-na")
    assert "未激活" in _row(page, "li-na")
    assert (await clients.anonymous().get(link.group(1))).status_code == 200
    assert "/activate/" not in (await browser.get(PEOPLE)).text.replace("/activation-link", "")


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"login": "no1-mgr"}, "login", "登录名已被使用"),
        ({"login": "Li Na"}, "login", "格式不对"),
        ({"name": " "}, "name", "必填"),
        ({"institution_code": "XX"}, "institution_code", "没有这个机构"),
        ({"role": "HQ_VIP"}, "role", "该级别的机构没有这个岗位"),
    ],
)
async def test_a_refused_form_says_what_to_correct(
    clients: Clients, organisation: Database, change: dict[str, str], field: str, sentence: str
) -> None:
    form = {"login": "li-na", "name": "李娜", "institution_code": "SO", "role": "BR_CTR"} | change
    answer = await clients.browser("sec-admin").post(PEOPLE, data=form)
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    message, above = page.find(id=f"{field}-error"), page.select_one(f".gl-errors a[href='#{field}']")
    assert message is not None
    assert above is not None
    assert above.get_text() == f"{control_word(field)}：{message.get_text(strip=True)}", "the list names the control"
    assert sentence in message.get_text()
    if field != "login":
        assert 'value="li-na"' in answer.text, "nothing typed is lost"
    chosen = [option["value"] for option in page.select("#new option[selected]")]
    assert chosen == [value for value in (form["institution_code"], form["role"]) if value != "XX"]
    with organisation.read() as session:
        created = session.exec(select(AuditEntry).where(AuditEntry.action == "person_created")).all()
    assert created == [], "all or nothing"


async def test_posts_are_added_and_taken_away(clients: Clients, organisation: Database) -> None:
    browser, form = clients.browser("sec-admin"), {"role": "BR_SVC", "institution_code": "SO"}
    answer = await browser.post(f"{PEOPLE}/no1-mgr/posts", data=form)
    assert answer.headers["location"] == f"{PEOPLE}?done=post_added"
    assert "机构SO · 分公司VIP服务岗" in _row((await browser.get(PEOPLE)).text, "no1-mgr")
    assert (await browser.post(f"{PEOPLE}/no1-mgr/posts", data=form)).status_code == 303, "again changes nothing"
    assert (await browser.post(f"{PEOPLE}/no1-mgr/posts/remove", data=form)).status_code == 303
    assert (await browser.post(f"{PEOPLE}/no1-mgr/posts/remove", data=form)).status_code == 404
    with organisation.read() as session:
        entries = session.exec(select(AuditEntry).where(col(AuditEntry.action).startswith("post_"))).all()
    facts = {"role": "BR_SVC", "institution_code": "SO"}
    assert [(entry.action, entry.before, entry.after) for entry in entries] == [
        ("post_added", None, facts),
        ("post_removed", facts, None),
    ]


@pytest.mark.parametrize("second", ["SYS_ADMIN", "SEC_ADMIN"])
async def test_nobody_holds_two_administrator_posts(clients: Clients, organisation: Database, second: str) -> None:
    form = {"role": second, "institution_code": "HQ"}
    answer = await clients.browser("sec-admin").post(f"{PEOPLE}/audit-admin/posts", data=form)
    assert answer.status_code == 422
    with organisation.read() as session:
        held = session.exec(select(Post).where(Post.role == Role(second))).all()
    assert len(held) == 1


@pytest.mark.parametrize("act", ["posts", "posts/remove", "disable", "enable"])
async def test_nobody_changes_the_own_account(clients: Clients, act: str) -> None:
    form = {"role": "HQ_VIP", "institution_code": "HQ"}
    answer = await clients.browser("sec-admin").post(f"{PEOPLE}/sec-admin/{act}", data=form)
    assert answer.status_code == 403
    assert "not_allowed" in answer.text


async def test_disabling_says_what_was_handed_over(clients: Clients) -> None:
    browser, other = clients.browser("sec-admin"), clients.browser("no1-mgr")
    page = (await browser.post(f"{PEOPLE}/no1-mgr/disable")).text
    assert "0 件待办已退回岗位，1 处登录已结束" in page
    assert "已停用" in _row(page, "no1-mgr")
    assert "机构NO1 · 客户经理" in page, "the post is empty now"
    assert (await other.get("/account")).status_code == 303
    assert (await browser.post(f"{PEOPLE}/no1-mgr/activation-link")).status_code == 422
    assert (await browser.post(f"{PEOPLE}/no1-mgr/enable")).status_code == 303


async def test_the_filter_keeps_to_one_institution(clients: Clients) -> None:
    page = (await clients.browser("sec-admin").get(f"{PEOPLE}?institution=SO1")).text
    rows = BeautifulSoup(page, "html.parser").select("tr[id]")
    assert {row["id"] for row in rows} == {"person-so1-mgr", "person-so1-unit"}


def test_people_by_command_line(organisation: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLANE_HOME", str(settings.home))
    monkeypatch.setenv("GREENLANE_SECRET_KEY", TEST_SECRET)
    run = CliRunner().invoke
    arguments = [
        "user",
        "create",
        "zhao",
        "--name",
        "赵",
        "--institution",
        "SO",
        "--role",
        "BR_SVC",
        "--role",
        "BR_LEAD",
    ]
    made = run(command, arguments)
    assert made.exit_code == 0, made.output
    assert "http://127.0.0.1:8000/activate/" in made.output
    again = run(command, arguments)
    assert again.exit_code == 1
    assert "login_taken" in again.output
    assert "/activate/" in run(command, ["user", "passwd", "zhao"]).output
    assert run(command, ["user", "passwd", "nobody"]).exit_code == 1
