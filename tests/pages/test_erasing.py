"""删除个人信息 as a page and as JSON: previewed, refused under a hold or without a reason, and done once."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlmodel import Session, select

from api.erased_list import listed
from models.database import Database
from models.retention_types import ERASED
from models.services.by import By
from models.services.retention import holds
from models.services.rulebooks import ensure_builtin
from models.settings import Settings
from models.stores.audit import AuditStore
from models.stores.customers import contacts_of
from models.tables.book import Contact, PersonKey
from models.tables.organisation import Account
from models.types import Door
from tests.pages.conftest import soup_of
from tests.support.clients import Clients
from tests.support.service_rows import add_green_channel
from tests.support.world import GOLD, add_customer

OTHER = "C9900777"
PAGE, API = f"/admin/retention/people/{GOLD}", f"/api/v1/customers/{GOLD}/erasing"
REASON = {"reason": "本人要求"}
HELD = f"客户 {GOLD} 已冻结，什么都不能删除。请先解除冻结。"


@pytest.fixture
def person(organisation: Database) -> UUID:
    """A contact of one customer whom a service record names; there is another customer."""
    with organisation.write() as session:
        ensure_builtin(session)
        for number in (GOLD, OTHER):
            add_customer(session, number, "北京恒远科技集团有限公司", "NO1", 2_000_000)
        add_green_channel(session, GOLD, "NO1", "周启明")
        return contacts_of(session, GOLD)[0].id


@pytest.fixture
def held(organisation: Database, person: UUID) -> None:
    """A hold on the customer."""
    with organisation.write() as session:
        account = session.exec(select(Account.id).where(Account.login == "sec-admin")).one()
        because = holds.Because("诉讼", account, By("system:command", Door.CLI), datetime.now(UTC))
        holds.place(session, holds.Held(GOLD), because)


def _erased(session: Session, person: UUID) -> bool:
    row = session.get_one(Contact, person)
    return (row.name, row.mobile, session.get(PersonKey, person)) == (ERASED, None, None)


async def test_it_is_previewed_and_done_once(
    clients: Clients, organisation: Database, settings: Settings, person: UUID
) -> None:
    admin, key = clients.token("sec-admin"), {"Idempotency-Key": "erase-0001"}
    (before,) = (await admin.get(API)).json()["people"]
    assert (before["name"], before["erased"], before["service_records"]) == ("周*", False, 1)
    address = f"/api/v1/customers/{GOLD}/contacts/{person}/erase"
    first = await admin.post(address, json=REASON, headers=key)
    again = await admin.post(address, json=REASON, headers=key)
    assert first.json() == again.json() == {"contact_id": str(person), "service_records": 1, "letters": 0}
    assert (await admin.post(address, json=REASON, headers={"Idempotency-Key": "erase-0002"})).status_code == 200
    (after,) = (await admin.get(API)).json()["people"]
    assert (after["name"], after["title"], after["erased"], after["service_records"]) == (ERASED, "", True, 0)
    with organisation.read() as session:
        assert _erased(session, person)
        entries = list(AuditStore(session).of("contact", str(person)))
    assert listed(settings.erased_list) == {person}
    assert [(entry.action, entry.reason, entry.door) for entry in entries] == [("contact.erased", "本人要求", Door.API)]


async def test_from_the_page(clients: Clients, organisation: Database, settings: Settings, person: UUID) -> None:
    browser = clients.browser("sec-admin")
    found = await browser.get(f"/admin/retention/people?customer_no={GOLD}")
    assert (found.status_code, found.headers["location"]) == (303, PAGE)
    shown = soup_of(await browser.get(PAGE))
    assert "1 条服务记录中的姓名和电话" in shown.get_text()
    (form,) = shown.select("form[action$='/erase']")
    sent = {str(one["name"]): str(one["value"]) for one in form.select("input[type=hidden]")}
    refused = soup_of(await browser.post(str(form["action"]), data=sent | {"reason": " "}))
    assert refused.select_one(f"#reason-{person}-error") is not None
    assert refused.select_one("details[open]") is not None
    done = await browser.post(str(form["action"]), data=sent | REASON)
    assert (done.status_code, done.headers["location"]) == (303, f"{PAGE}?done=true")
    after = soup_of(await browser.get(f"{PAGE}?done=true"))
    assert [one.get_text(strip=True) for one in after.select("[role=status]")] == ["个人信息已删除。"]
    assert after.select("form[action$='/erase']") == []
    with organisation.read() as session:
        assert _erased(session, person)
    assert listed(settings.erased_list) == {person}


@pytest.mark.usefixtures("held")
async def test_a_hold_keeps_everybody(clients: Clients, organisation: Database, person: UUID) -> None:
    browser = clients.browser("sec-admin")
    shown = soup_of(await browser.get(PAGE))
    assert [one.get_text(strip=True) for one in shown.select("#gl-content .gl-strip-warn")] == [HELD]
    assert shown.select("form[action$='/erase']") == []
    refused = await browser.post(f"{PAGE}/{person}/erase", data=REASON)
    assert (refused.status_code, HELD in soup_of(refused).get_text()) == (409, True)
    with organisation.read() as session:
        assert not _erased(session, person)


async def test_without_a_reason_or_of_another_customer_nothing_goes(
    clients: Clients, organisation: Database, person: UUID
) -> None:
    admin, key = clients.token("sec-admin"), {"Idempotency-Key": "erase-0009"}
    missing = await admin.post(f"/api/v1/customers/{GOLD}/contacts/{person}/erase", json={"reason": " "}, headers=key)
    assert (missing.status_code, missing.json()["code"]) == (422, "reason_required")
    wrong = await admin.post(f"/api/v1/customers/{OTHER}/contacts/{person}/erase", json=REASON, headers=key)
    assert (wrong.status_code, wrong.json()["code"]) == (404, "not_found")
    with organisation.read() as session:
        assert not _erased(session, person)


async def test_nobody_else_erases(clients: Clients, person: UUID) -> None:
    for login in ("no-lead", "sys-admin"):
        assert (await clients.token(login).get(API)).status_code == 403
    assert soup_of(await clients.browser("sys-admin").get("/admin/retention")).select("#people-of") == []
    assert len(soup_of(await clients.browser("sec-admin").get("/admin/retention")).select("#people-of")) == 1
