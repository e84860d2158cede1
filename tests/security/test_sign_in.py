"""Signing in by page and by token: lockout, sessions, tokens, disabling, links."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import func
from sqlmodel import col, delete, select, update

from api.security import authenticate as authenticate_module
from api.security.redirects import local_path
from models.database import Database
from models.passwords import hash_password, verify_password, weakness
from models.services.accounts import create_setup_link
from models.services.sign_in import ABSOLUTE, IDLE, LONGEST_DELAY, lock_delay
from models.stores.accounts import AccountStore
from models.tables.access import ApiToken, OneUseLink, SignInSession
from models.tables.audit import AuditEntry
from models.tables.organisation import Account, Institution, Post
from models.types import Role
from tests.support.clients import Clients
from tests.support.organisation import add_person

PASSWORD = "correct horse battery"
TOKENS = "/api/v1/tokens"
ME = "/api/v1/me"


@cache
def _hash() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def person(organisation: Database) -> Account:
    """Somebody with a password: `wang`, MGR at NO1."""
    with organisation.write() as session:
        return add_person(session, "wang", "NO1", Role.MGR, password_hash=_hash())


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found.group(1)


async def _sign_in(
    client: httpx2.AsyncClient, login: str = "wang", password: str = PASSWORD, **more: str
) -> httpx2.Response:
    page = await client.get("/sign-in")
    form = {"csrf_token": _csrf(page.text), "login": login, "password": password, **more}
    return await client.post("/sign-in", data=form)


async def test_a_person_signs_in_and_out(clients: Clients, person: Account, organisation: Database) -> None:
    client = clients.anonymous()
    answer = await _sign_in(client, return_to="/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    flags = answer.headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=lax" in flags
    assert "path=/" in flags
    assert "secure" not in flags, "loopback http"
    page = await client.get("/account")
    assert page.status_code == 200
    assert "人员wang" in page.text
    secret = client.cookies["greenlane_session"]
    answer = await client.post("/sign-out", data={"csrf_token": _csrf(page.text)})
    assert answer.status_code == 303
    client.cookies.set("greenlane_session", secret)
    assert (await client.get("/account")).headers["location"].startswith("/sign-in")


async def test_https_cookies_are_host_bound_and_secure(app: FastAPI, clients: Clients, person: Account) -> None:
    app.state.settings = app.state.settings.model_copy(update={"public_url": "https://green.example.com"})
    client = clients.anonymous()
    client.base_url = "https://green.example.com"
    answer = await _sign_in(client)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-greenlane_session=")
    assert "Secure" in cookie
    assert "domain" not in cookie.lower()


async def test_the_session_is_new_at_sign_in(clients: Clients, person: Account, organisation: Database) -> None:
    client = clients.anonymous()
    client.cookies.set("greenlane_session", "chosen-by-an-attacker", domain="127.0.0.1")
    await _sign_in(client)
    first = client.cookies["greenlane_session"]
    assert first != "chosen-by-an-attacker"
    await _sign_in(client)
    assert client.cookies["greenlane_session"] != first
    with organisation.read() as session:
        rows = session.exec(select(SignInSession)).all()
    assert [row.ended_at is None for row in sorted(rows, key=lambda row: row.created_at)] == [False, True]
    assert first not in {row.token_hash for row in rows}, "stored hashed"


@pytest.mark.parametrize("login", ["wang", "nobody", "no1-mgr", ""])
async def test_wrong_unknown_and_not_activated_are_one_answer(clients: Clients, person: Account, login: str) -> None:
    answer = await _sign_in(clients.anonymous(), login=login, password="something else")
    assert answer.status_code == 401
    assert "登录名或密码不对" in answer.text


async def test_an_unknown_login_costs_the_same_work(
    clients: Clients, person: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes: list[str | None] = []

    def spy(password: str, password_hash: str | None) -> bool:
        hashes.append(password_hash)
        return verify_password(password, password_hash)

    monkeypatch.setattr(authenticate_module, "verify_password", spy)
    await clients.anonymous().post(TOKENS, json={"login": "nobody", "password": PASSWORD})
    assert hashes == [None], "the hash function is run against a decoy"
    assert not verify_password("no account has this password", None)


async def test_lockout_grows_and_ends(clients: Clients, person: Account, organisation: Database) -> None:
    client = clients.anonymous()
    for _ in range(5):
        answer = await client.post(TOKENS, json={"login": "wang", "password": "wrong"})
        assert answer.status_code == 401
    answer = await client.post(TOKENS, json={"login": "wang", "password": PASSWORD})
    assert answer.status_code == 429, "also with the right password"
    problem = answer.json()
    assert problem["code"] == "account_locked"
    assert 0 < int(answer.headers["retry-after"]) <= 30
    assert datetime.fromisoformat(problem["context"]["until"]).tzinfo is not None
    with organisation.write() as session:
        session.execute(update(Account).values(locked_until=datetime.now(UTC) - timedelta(seconds=1)))
    assert (await client.post(TOKENS, json={"login": "wang", "password": "wrong"})).status_code == 401
    with organisation.read() as session:
        account = AccountStore(session).by_login("wang")
    assert account is not None
    assert account.locked_until is not None
    assert account.locked_until - datetime.now(UTC) > timedelta(seconds=50), "doubled"


def test_the_delay_grows_to_half_an_hour() -> None:
    delays = [lock_delay(failures) for failures in range(40)]
    assert delays[:5] == [timedelta(0)] * 5
    assert delays[5:8] == [timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120)]
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_DELAY


async def test_a_token_works_until_it_is_revoked(clients: Clients, person: Account, organisation: Database) -> None:
    client = clients.anonymous()
    answer = await client.post(TOKENS, json={"login": "wang", "password": PASSWORD})
    assert answer.status_code == 201
    token = answer.json()["token"]
    assert "." in token
    with organisation.read() as session:
        stored = session.exec(select(ApiToken)).one()
    assert token.split(".")[1] not in stored.model_dump_json()
    client.headers["Authorization"] = f"Bearer {token}"
    me = (await client.get(ME)).json()
    assert me["login"] == "wang"
    assert me["posts"] == [{"role": "MGR", "institution_code": "NO1"}]
    assert "declare" in me["actions"]
    assert (await client.delete("/api/v1/tokens/current")).status_code == 204
    assert (await client.get(ME)).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "gl_0.x", ".", "gl_0123456789abcdef.", "é.é", "a" * 5000])
async def test_rubbish_tokens_are_refused(clients: Clients, token: str) -> None:
    answer = await clients.anonymous().get(ME, headers={b"Authorization": f"Bearer {token}".encode()})
    assert answer.status_code == 401


async def test_an_expired_token_is_refused(clients: Clients, organisation: Database) -> None:
    client = clients.token("no1-mgr")
    with organisation.write() as session:
        session.execute(update(ApiToken).values(expires_at=datetime.now(UTC)))
    assert (await client.get(ME)).status_code == 401


@pytest.mark.parametrize(("column", "age"), [("last_seen_at", IDLE), ("expires_at", timedelta(0))])
async def test_old_sessions_end(clients: Clients, organisation: Database, column: str, age: timedelta) -> None:
    client = clients.browser("no1-mgr")
    assert (await client.get("/account")).status_code == 200
    with organisation.write() as session:
        session.execute(update(SignInSession).values({column: datetime.now(UTC) - age}))
    assert (await client.get("/account")).status_code == 303


async def test_the_longest_session_is_twelve_hours(clients: Clients, organisation: Database) -> None:
    clients.browser("no1-mgr")
    with organisation.read() as session:
        row = session.exec(select(SignInSession)).one()
    assert row.expires_at - row.created_at == ABSOLUTE == timedelta(hours=12)


async def test_disabling_ends_sessions_and_tokens_at_once(clients: Clients) -> None:
    browser, token, admin = clients.browser("no1-mgr"), clients.token("no1-mgr"), clients.token("sec-admin")
    assert (await browser.get("/account")).status_code == 200
    answer = await admin.post("/api/v1/users/no1-mgr/disable")
    assert answer.json() == {"tasks_released": 0, "sign_ins_ended": 1, "tokens_revoked": 1, "nobody_left": []}
    assert (await browser.get("/account")).status_code == 303
    assert (await token.get(ME)).status_code == 401
    assert (await admin.post("/api/v1/users/no1-mgr/enable")).status_code == 204
    assert (await token.get(ME)).status_code == 401, "what ended stays ended"


async def test_a_post_taken_away_is_gone_at_the_next_request(clients: Clients) -> None:
    manager, admin = clients.token("no1-mgr"), clients.token("sec-admin")
    assert "declare" in (await manager.get(ME)).json()["actions"]
    answer = await admin.delete("/api/v1/users/no1-mgr/posts/MGR/NO1")
    assert answer.status_code == 204
    me = (await manager.get(ME)).json()
    assert me["posts"] == []
    assert "declare" not in me["actions"]


async def test_a_new_password_ends_every_other_sign_in(
    clients: Clients, person: Account, organisation: Database
) -> None:
    here, there, token = clients.browser("wang"), clients.browser("wang"), clients.token("wang")
    form = {"current": PASSWORD, "password": "another long phrase", "password_again": "another long phrase"}
    assert (await here.post("/account", data=form)).headers["location"] == "/account?done=password"
    assert (await here.get("/account?done=password")).status_code == 200
    assert (await there.get("/account")).status_code == 303
    assert (await token.get(ME)).status_code == 401
    assert (await _sign_in(clients.anonymous())).status_code == 401
    assert (await _sign_in(clients.anonymous(), password="another long phrase")).status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "field", "reason"),
    [
        ("wrong", "another long phrase", "current", "wrong_password"),
        (PASSWORD, "short", "new", "too_short"),
        (PASSWORD, "my login is WANG", "new", "holds_login"),
        (PASSWORD, "passwordpassword", "new", "common"),
    ],
)
async def test_a_bad_new_password_is_explained(
    clients: Clients, person: Account, *, current: str, new: str, field: str, reason: str
) -> None:
    answer = await clients.token("wang").post("/api/v1/me/password", json={"current": current, "new": new})
    assert answer.status_code == 422
    assert [(entry["field"], entry["reason"]) for entry in answer.json()["errors"]] == [(field, reason)]


@pytest.mark.parametrize("password", ["绿道今天一路绿灯呀真的很好", "correct horse battery", "aB3$" * 4])
def test_any_long_phrase_is_a_password(password: str) -> None:
    assert weakness(password, "wang") is None or len(set(password)) < 5


@pytest.fixture
def empty_app_client(clients: Clients, organisation: Database) -> httpx2.AsyncClient:
    """Records without anybody, as after the first `make up`."""
    with organisation.write() as session:
        for table in (Post, ApiToken, SignInSession, Account):
            session.execute(delete(table))
        for row in session.exec(select(Institution).order_by(col(Institution.path).desc())):
            session.delete(row)
            session.flush()
    return clients.anonymous()


async def test_the_setup_link_makes_the_first_administrator_once(
    empty_app_client: httpx2.AsyncClient, organisation: Database
) -> None:
    with organisation.write() as session:
        older = create_setup_link(session, datetime.now(UTC))
        secret = create_setup_link(session, datetime.now(UTC))
    client = empty_app_client
    assert (await client.get(f"/setup/{older}")).status_code == 410
    page = await client.get(f"/setup/{secret}")
    form = {"csrf_token": _csrf(page.text), "login": "boss", "name": "管理员", "head_office_name": "总公司"}
    answer = await client.post(f"/setup/{secret}", data=form | {"password": "short", "password_again": "short"})
    assert answer.status_code == 422
    assert "至少 12 个字符" in answer.text
    passwords = {"password": PASSWORD, "password_again": PASSWORD}
    assert (await client.post(f"/setup/{secret}", data=form | passwords)).headers["location"] == "/sign-in"
    assert (await client.post(f"/setup/{secret}", data=form | passwords)).status_code == 410
    assert (await client.get(f"/setup/{secret}")).status_code == 410
    assert (await _sign_in(client, login="boss")).status_code == 303
    assert (await client.get("/admin/people")).status_code == 200
    with organisation.read() as session:
        head_office = session.exec(select(Institution)).one()
        link = session.exec(select(OneUseLink).where(col(OneUseLink.used_at).is_not(None))).all()
    assert (head_office.code, head_office.path) == ("HQ", "/HQ/")
    assert len(link) == 2


async def test_imported_staff_come_in_by_activation_link(clients: Clients) -> None:
    admin, client = clients.token("sec-admin"), clients.anonymous()
    first = (await admin.post("/api/v1/users/no1-mgr/activation-link")).json()["url"]
    second = (await admin.post("/api/v1/users/no1-mgr/activation-link")).json()["url"]
    assert (await client.get(first)).status_code == 410, "a newer link replaces it"
    page = await client.get(second)
    form = {"csrf_token": _csrf(page.text), "password": PASSWORD, "password_again": "not the same at all"}
    answer = await client.post(second, data=form)
    assert answer.status_code == 422
    assert "两次输入不一致" in answer.text
    form["password_again"] = PASSWORD
    assert (await client.post(second, data=form)).headers["location"] == "/sign-in"
    assert (await client.post(second, data=form)).status_code == 410
    assert (await _sign_in(client, login="no1-mgr")).status_code == 303


async def test_looking_at_a_link_does_not_use_it(clients: Clients) -> None:
    url = (await clients.token("sec-admin").post("/api/v1/users/no1-mgr/activation-link")).json()["url"]
    for _ in range(3):
        assert (await clients.anonymous().get(url)).status_code == 200


@pytest.mark.parametrize("path", ["/setup/none", "/activate/none", "/activate/" + "x" * 300])
async def test_unknown_links_are_gone(clients: Clients, path: str) -> None:
    assert (await clients.anonymous().get(path)).status_code == 410


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n//evil.example",
        "evil.example",
        "",
        "///evil.example",
        "/\x7f/evil",
    ],
)
async def test_sign_in_leads_nowhere_else(clients: Clients, person: Account, address: str) -> None:
    assert local_path(address) == "/"
    answer = await _sign_in(clients.anonymous(), return_to=address)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("address", ["/", "/inbox", "/cases/1?tab=2#x", "/customers?q=北京"])
def test_own_paths_are_kept(address: str) -> None:
    assert local_path(address) == address


async def test_sign_ins_are_audited(clients: Clients, person: Account, organisation: Database) -> None:
    await _sign_in(clients.anonymous(), password="wrong")
    await _sign_in(clients.anonymous())
    with organisation.read() as session:
        actions = session.exec(select(AuditEntry.action).where(AuditEntry.object_id == str(person.id))).all()
        total = session.exec(select(func.count()).select_from(AuditEntry)).one()
    assert list(actions) == ["sign_in_failed", "sign_in"]
    assert total == 2


async def test_sample_logins_are_shown_in_demo_only(app: FastAPI, clients: Clients) -> None:
    assert "no1-mgr" not in (await clients.anonymous().get("/sign-in")).text
    app.state.settings = app.state.settings.model_copy(update={"demo": True})
    page = await clients.anonymous().get("/sign-in?login=no1-mgr")
    assert "greenlane-demo" in page.text
    assert "机构NO1 · 客户经理" in page.text
