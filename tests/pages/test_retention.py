"""留存 as a page and as JSON: terms with their source, what would go, holds placed and lifted, and the command."""

import pytest
from sqlmodel import select

from models.database import Database
from models.services.rulebooks import ensure_builtin
from models.stores.audit import AuditStore
from models.tables.retention import LegalHold
from tests.pages.conftest import soup_of
from tests.support.clients import Clients
from tests.support.world import GOLD, add_customer

API, PAGE = "/api/v1/retention", "/admin/retention"


@pytest.fixture(autouse=True)
def ruled(organisation: Database) -> None:
    """The shipped terms, and a customer."""
    with organisation.write() as session:
        ensure_builtin(session)
        add_customer(session, GOLD, "北京恒远科技集团有限公司", "NO1", 2_000_000)


async def test_terms_stand_with_their_source(clients: Clients) -> None:
    answer = (await clients.token("sec-admin").get(API)).json()
    audit = next(one for one in answer["classes"] if one["record_class"] == "audit")
    assert (audit["days"], audit["article"], audit["rows"]) == (1830, "网络安全法第21条", 0)
    assert answer["holds"] == []
    text = soup_of(await clients.browser("sys-admin").get(PAGE)).get_text(" ", strip=True)
    for words in ("审计记录", "1,830 天", "网络安全法第21条", "没有冻结。", "greenlane retention --apply"):
        assert words in text


async def test_a_hold_is_placed_once_and_lifted(clients: Clients, organisation: Database) -> None:
    admin = clients.token("sec-admin")
    body, key = {"customer_no": GOLD, "reason": "诉讼"}, {"Idempotency-Key": "hold-0001"}
    first = await admin.post(f"{API}/holds", json=body, headers=key)
    again = await admin.post(f"{API}/holds", json=body, headers=key)
    assert (first.status_code, first.json()) == (201, again.json())
    hold_id = first.json()["hold_id"]
    lifted = await admin.post(
        f"{API}/holds/{hold_id}/lift", json={"reason": "结案"}, headers={"Idempotency-Key": "lift-0001"}
    )
    assert lifted.json()["lifted_at"] is not None
    with organisation.read() as session:
        actions = [entry.action for entry in AuditStore(session).of("legal_hold", hold_id)]
    assert actions == ["legal_hold.placed", "legal_hold.lifted"]


async def test_a_hold_from_the_page(clients: Clients, organisation: Database) -> None:
    browser = clients.browser("sec-admin")
    refused = await browser.post(f"{PAGE}/holds", data={"customer_no": GOLD, "idempotency_key": "page-0001"})
    assert refused.status_code == 422
    assert [field["value"] for field in soup_of(refused).select("input#customer_no")] == [GOLD]
    sent = {"customer_no": GOLD, "reason": "监管检查", "idempotency_key": "page-0002"}
    assert (await browser.post(f"{PAGE}/holds", data=sent)).status_code == 303
    text = soup_of(await browser.get(PAGE)).get_text(" ", strip=True)
    assert f"客户 {GOLD}" in text
    assert "监管检查" in text
    with organisation.read() as session:
        hold = session.exec(select(LegalHold)).one()
    assert (await browser.post(f"{PAGE}/holds/{hold.id}/lift", data={"reason": "结案"})).status_code == 303
    assert "没有冻结。" in soup_of(await browser.get(PAGE)).get_text()


@pytest.mark.parametrize("customer_no", ["C9999999", "C-unknown"])
async def test_nothing_unknown_is_held(clients: Clients, customer_no: str) -> None:
    body = {"customer_no": customer_no, "reason": "诉讼"}
    answer = await clients.token("sec-admin").post(f"{API}/holds", json=body, headers={"Idempotency-Key": "hold-0009"})
    assert answer.json()["code"] == "not_found"


async def test_only_administrators_look(clients: Clients) -> None:
    assert (await clients.token("no-lead").get(API)).status_code == 403
