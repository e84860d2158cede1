"""附件一 as a form: filled, live, refused with the text kept, sent through the same door as JSON."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from bs4 import BeautifulSoup
from httpx2 import AsyncClient
from sqlmodel import select

from api.app import create_app
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.envelope import StartEnvelope
from models.rules.calendar import local_date
from models.services import drafts
from models.services.rulebooks import rulebook_in_force
from models.settings import Settings
from models.stores.accounts import AccountStore
from models.tables.evaluation import Evaluation
from models.types import SeatKind, SignerRule, Stage, Tier
from tests.pages.conftest import soup_of
from tests.support import rules, world
from tests.support.accepting import AcceptingGateway
from tests.support.clients import Clients
from tests.support.members import add_member

NEW = "/qualifications/new"
REASON = "连续三年增员"


@pytest.fixture
def gateway() -> AcceptingGateway:
    """What the application sends to."""
    return AcceptingGateway()


@pytest.fixture
async def people(settings: Settings, insurer: Database, gateway: AcceptingGateway) -> AsyncIterator[Clients]:
    """People of the world on an application whose engine accepts."""
    app = create_app(settings, insurer, gateway)
    async with app.router.lifespan_context(app):
        signed_in = Clients(app, insurer)
        yield signed_in
        await signed_in.close()


async def form_of(client: AsyncClient, customer_no: str = world.GOLD, **query: str) -> dict[str, Any]:
    """The fields of the form as a browser would send them."""
    answer = await client.get(NEW, params={"customer_no": customer_no, **query})
    assert answer.status_code == 200, answer.text
    return fields_of(soup_of(answer))


def fields_of(page: BeautifulSoup) -> dict[str, Any]:
    """Names and values of the declaration form."""
    form = page.select_one("form#declare")
    assert form is not None
    fields = {str(node["name"]): str(node.get("value", "")) for node in form.select("input[type=hidden]")}
    chosen = form.select_one("input[name=what][checked]")
    fields["what"] = str(chosen["value"]) if chosen else ""
    return fields | {str(node["name"]): node.text for node in form.select("textarea")}


def text_of(page: BeautifulSoup, selector: str) -> str:
    """Text of the first match."""
    node = page.select_one(selector)
    assert node is not None, selector
    return node.get_text(" ", strip=True)


async def test_the_form_proposes_the_highest_seat_reached(people: Clients) -> None:
    mgr = people.browser("mgr")
    assert (await form_of(mgr))["what"] == "gold:ranked"
    assert (await form_of(mgr, world.SILVER))["what"] == "silver:silver"


async def test_value_checks_seats_and_path_stand_beside_the_form(people: Clients) -> None:
    page = soup_of(await people.browser("mgr").get(NEW, params={"customer_no": world.GOLD}))
    preview = text_of(page, "#preview")
    assert "2,200,000" in preview
    assert "余 90 席" in preview
    assert [node.text for node in page.select("#preview .gl-path b")] == [
        "机构复核",
        "分公司初审",
        "分公司审批",
        "总公司复核",
        "总公司审批",
    ]
    assert "李建国" in preview


async def test_the_preview_follows_the_choice_and_keeps_what_was_typed(people: Clients) -> None:
    mgr = people.browser("mgr")
    typed = await form_of(mgr) | {"what": "silver:silver", "reason": REASON}
    page = soup_of(await mgr.post("/qualifications/score", data=typed))
    assert "达银牌准入" in text_of(page, "#preview")
    assert len(page.select("#preview .gl-path b")) == 3
    assert fields_of(page)["reason"] == REASON


async def test_below_the_entry_value_the_form_says_what_is_missing_and_the_special_way(people: Clients) -> None:
    mgr = people.browser("mgr")
    page = soup_of(await mgr.get(NEW, params={"customer_no": world.SMALL}))
    assert "还差" in text_of(page, "#preview .gl-strip")
    special = page.select_one("#preview .gl-strip a")
    assert special is not None
    again = soup_of(await mgr.get(str(special["href"])))
    assert fields_of(again)["what"] == "silver:special"
    assert not again.select("#preview .gl-strip")


async def test_submitting_starts_the_same_case_as_json_and_forgets_the_draft(
    people: Clients, gateway: AcceptingGateway, insurer: Database
) -> None:
    mgr = people.browser("mgr")
    typed = await form_of(mgr) | {"reason": REASON, "late_reason": "补报"}
    await mgr.post(f"/drafts/declare:{world.GOLD}", data=typed)
    answer = await mgr.post(NEW, data=typed)
    assert answer.status_code == 303, answer.text
    envelope = gateway.sent[0]
    assert isinstance(envelope, StartEnvelope)
    assert answer.headers["location"] == f"/cases/{envelope.act.case_id}"
    sent = (envelope.act.tier, envelope.act.seat_kind, envelope.act.reason, envelope.act.late_reason)
    assert sent == (Tier.GOLD, SeatKind.RANKED, REASON, "补报")
    assert envelope.act.update_id.endswith(typed["idempotency_key"])
    again = await mgr.post(NEW, data=typed)
    assert again.headers["location"] == answer.headers["location"]
    assert {sent.act.update_id for sent in gateway.sent} == {envelope.act.update_id}
    assert _draft(insurer) is None


async def test_a_missing_reason_comes_back_at_its_field(people: Clients, gateway: AcceptingGateway) -> None:
    mgr = people.browser("mgr")
    answer = await mgr.post(NEW, data=await form_of(mgr) | {"late_reason": "补报"})
    page = soup_of(answer)
    assert answer.status_code == 422
    assert page.title is not None
    assert page.title.text.startswith("错误：")
    assert page.select_one(".gl-errors[data-gl-focus] a[href='#reason']")
    assert text_of(page, ".gl-errors a") == "申报理由：必填。"
    assert page.select_one("#reason[aria-invalid=true]")
    assert text_of(page, "#late_reason") == "补报"
    assert not gateway.sent


async def test_outside_the_window_lateness_asks_its_reason(people: Clients) -> None:
    mgr = people.browser("mgr")
    answer = await mgr.post(NEW, data=await form_of(mgr) | {"reason": REASON})
    page = soup_of(answer)
    assert answer.status_code == 422
    assert page.select_one(".gl-errors a[href='#late_reason']")
    assert text_of(page, "#reason") == REASON


async def test_not_eligible_is_said_at_the_choice(people: Clients) -> None:
    mgr = people.browser("mgr")
    typed = await form_of(mgr, world.SMALL) | {"reason": REASON, "late_reason": "补报"}
    answer = await mgr.post(NEW, data=typed)
    assert answer.status_code == 422
    assert "特批" in text_of(soup_of(answer), ".gl-errors")
    assert soup_of(answer).select_one(".gl-errors a[href='#what']")


async def test_engine_down_keeps_the_text(people: Clients, gateway: AcceptingGateway) -> None:
    gateway.refusal = DomainError(ErrorCode.ENGINE_UNAVAILABLE)
    mgr = people.browser("mgr")
    typed = await form_of(mgr) | {"reason": REASON, "late_reason": "补报"}
    answer = await mgr.post(NEW, data=typed)
    page = soup_of(answer)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "未提交" in text_of(page, "#gl-content .gl-strip[data-gl-focus]")
    assert text_of(page, "#reason") == REASON
    gateway.refusal = None
    assert (await mgr.post(NEW, data=fields_of(page))).status_code == 303


async def test_an_unknown_outcome_is_waited_for(people: Clients, gateway: AcceptingGateway) -> None:
    gateway.refusal = DomainError(ErrorCode.NOT_YET_CONFIRMED)
    mgr = people.browser("mgr")
    typed = await form_of(mgr) | {"reason": REASON, "late_reason": "补报"}
    answer = await mgr.post(NEW, data=typed)
    assert (answer.status_code, answer.headers["retry-after"]) == (202, "2")
    poll = soup_of(answer).select_one("[hx-trigger='every 2s']")
    assert poll is not None
    assert poll["hx-get"] == f"/updates/{typed['idempotency_key']}"
    assert not soup_of(answer).select("form[action='/qualifications/new']")


async def test_a_draft_is_kept_and_shown_again(people: Clients) -> None:
    mgr = people.browser("mgr")
    typed = await form_of(mgr) | {"what": "silver:silver", "reason": "写到一半"}
    saved = await mgr.post("/qualifications/draft", data=typed)
    assert saved.status_code == 303
    page = soup_of(await mgr.get(saved.headers["location"]))
    assert "草稿已保存" in text_of(page, ".gl-strip-ok")
    assert (fields_of(page)["what"], fields_of(page)["reason"]) == ("silver:silver", "写到一半")


async def test_drafts_are_private_and_empty_ones_are_forgotten(people: Clients, insurer: Database) -> None:
    mgr = people.browser("mgr")
    address = f"/drafts/declare:{world.GOLD}"
    assert (await mgr.post(address, data={"reason": "甲", "csrf_token": "x"})).status_code == 204
    kept = _draft(insurer)
    assert kept is not None
    assert kept.fields == {"reason": "甲"}
    assert (await form_of(people.browser("bj-mgr"), world.BRANCH_OWNED))["reason"] == ""
    assert (await mgr.post(address, data={"reason": " "})).status_code == 204
    assert _draft(insurer) is None
    assert (await mgr.post(address, data={"reason": "长" * 20_000})).status_code == 422


async def test_a_standing_declaration_is_linked_instead(people: Clients, insurer: Database) -> None:
    with insurer.write() as session:
        case_id = add_member(session, world.GOLD, Tier.GOLD, date(world.YEAR + 1, 3, 1)).case_id
    mgr = people.browser("mgr")
    page = soup_of(await mgr.get(NEW, params={"customer_no": world.GOLD}))
    assert page.select_one(f".gl-strip a[href='/cases/{case_id}']")
    assert not page.select_one("#declare-submit")
    typed = fields_of(page) | {"reason": REASON, "late_reason": "补报"}
    assert (await mgr.post(NEW, data=typed)).status_code == 409


async def test_without_a_customer_the_best_ones_are_offered(people: Clients) -> None:
    page = soup_of(await people.browser("mgr").get(NEW))
    assert [link["href"] for link in page.select("#list a")] == [
        f"{NEW}?customer_no={number}" for number in (world.GOLD, world.SILVER, world.SMALL)
    ]


async def test_others_customers_are_not_found(people: Clients) -> None:
    bj = people.browser("bj-mgr")
    typed = await form_of(bj, world.BRANCH_OWNED) | {"customer_no": world.GOLD, "reason": REASON}
    mgr = people.browser("mgr")
    assert (await mgr.get(NEW, params={"customer_no": world.BRANCH_OWNED})).status_code == 404
    for address in (NEW, "/qualifications/score", "/qualifications/draft"):
        sent = typed | {"customer_no": world.BRANCH_OWNED}
        assert (await mgr.post(address, data=sent)).status_code == 404, address
    assert (await people.browser("lead").get(NEW)).status_code == 403


def _draft(database: Database) -> drafts.Kept | None:
    with database.read() as session:
        account = AccountStore(session).by_login("mgr")
        assert account is not None
        return drafts.load(session, account.id, f"declare:{world.GOLD}")


async def test_signers_are_chosen_where_a_step_leaves_the_choice(
    people: Clients, insurer: Database, gateway: AcceptingGateway
) -> None:
    named = [{"login": "mgr"}, {"choice": True}]
    rules.put_in_force(insurer, rules.step(Stage.BRANCH_REVIEW, rule=SignerRule.ALL, signers=named))
    with insurer.write() as session:  # the year's list says which rules its cases follow
        version = rulebook_in_force(session, local_date(datetime.now(UTC))).version
        for row in session.exec(select(Evaluation)):
            row.rulebook_version_id = version.id
    mgr = people.browser("mgr")
    page = soup_of(await mgr.get(NEW, params={"customer_no": world.GOLD}))
    choice = next(node for node in page.select("#signers label") if "陈志远" in node.text)
    box = page.select_one(f"#{choice['for']}")
    assert box is not None
    fields = fields_of(page) | {"reason": REASON, "late_reason": "补报"}
    refused = soup_of(await mgr.post(NEW, data=fields))
    assert refused.select_one("#signers[aria-invalid]") is not None
    assert "待申报人指定" in text_of(page, "#preview")
    assert text_of(page, "#signers .gl-hint") == "由您指定谁签批：分公司初审。"
    assert not [node for node in page.select("#signers label") if "王晓梅" in node.text]
    own = fields_of(refused) | {"signers": str(_account(insurer, "mgr"))}
    itself = soup_of(await mgr.post(NEW, data=own))
    assert text_of(itself, ".gl-errors a[href='#signers']") == "指定签批人：不能选自己。"
    assert text_of(itself, "#signers-error") == "不能选自己。"
    again = fields_of(refused) | {"signers": str(box["value"])}
    shown = soup_of(await mgr.post("/qualifications/score", data=again))
    assert "须回避" in text_of(shown, "#preview")
    assert "会签：" in text_of(shown, "#preview")
    sent = await mgr.post(NEW, data=again)
    assert sent.status_code == 303, sent.text
    start = next(item for item in gateway.sent if isinstance(item, StartEnvelope))
    assert [str(one) for one in start.act.chosen_signers] == [box["value"]]


def _account(insurer: Database, login: str) -> UUID:
    with insurer.read() as session:
        account = AccountStore(session).by_login(login)
        assert account is not None
        return account.id
