"""附件一 on paper: facts, policies, score, people masked, the opinion of each step with name and date."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlmodel import Session, select

from models.database import Database
from models.identifiers import qualification_id
from models.messages.approval import PostRef
from models.messages.qualification import RecordOpening, StartQualification
from models.rulebook import load_builtin
from models.services.qualification.opening import record_opening
from models.stores.accounts import AccountStore
from models.stores.audit import AuditStore
from models.tables.book import Contact
from models.tables.cases import Case, Decision
from models.tables.columns import new_id
from models.types import ContactKind, Door, Role, SeatKind, Stage, Tier, Verdict
from tests.pages.conftest import soup_of
from tests.support import world
from tests.support.clients import Clients

AT = datetime(2026, 2, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def declared(insurer: Database) -> UUID:
    """A declaration of the gold customer, approved by its unit."""
    with insurer.write() as session:
        return _declare(session)


def _declare(session: Session) -> UUID:
    account = AccountStore(session).by_login("mgr")
    unit = AccountStore(session).by_login("unit")
    assert account is not None
    assert unit is not None
    start = StartQualification(
        case_id=new_id(),
        workflow_id=qualification_id(world.YEAR, world.GOLD, 1),
        update_id=f"{account.id}:paper",
        content_hash="x",
        customer_no=world.GOLD,
        year=world.YEAR,
        attempt=1,
        tier=Tier.GOLD,
        seat_kind=SeatKind.RANKED,
        reason="连续三年增员",
        late_reason="补报",
        actor_id=account.id,
        actor_name=account.name,
        posts=(PostRef(role=Role.MGR, institution_code="BJ01"),),
        door=Door.API,
    )
    record_opening(session, RecordOpening(start=start, at=AT))
    session.add(
        Decision(
            case_id=start.case_id,
            step_no=2,
            update_id="x:2",
            act="decide",
            stage=Stage.UNIT_CHECK,
            round=1,
            actor_id=unit.id,
            actor_name=unit.name,
            door=Door.API,
            verdict=Verdict.APPROVE,
            comment="情况属实",
            content_hash="x",
            effect={},
            at=AT,
        )
    )
    return start.case_id


async def test_the_sheet_holds_the_declaration(people: Clients, insurer: Database, declared: UUID) -> None:
    browser = people.browser("svc")
    page = soup_of(await browser.get(f"/forms/1/{declared}"))
    text = page.select_one(".gl-sheet").text  # type: ignore[union-attr]
    with insurer.read() as session:
        contacts = [row for row in session.exec(_contacts()) if row.kind is ContactKind.LEADER]
    for wanted in ("附件一", "北京恒远科技集团有限公司", "金牌", "连续三年增员", "同意：情况属实", "李建国", "王晓梅"):
        assert wanted in text, wanted
    assert f"{world.GOLD}-2025" in text, "its policy"
    assert contacts
    assert all(contact.name not in text for contact in contacts)
    assert all(contact.mobile not in text for contact in contacts if contact.mobile)
    titles = [found.text for found in page.select(".gl-sheet-block")]
    assert titles == ["保单", "第一服务对象", "第二服务对象", "各环节审批意见"]
    form = load_builtin().forms.form("附件一")
    labels = {cell.text for cell in page.select(".gl-sheet th")}
    assert {field.name_zh for field in form.sheets[0].fields} <= labels
    pdf = await browser.get(f"/forms/1/{declared}.pdf")
    printed = "".join(one.extract_text() for one in PdfReader(BytesIO(pdf.content)).pages).replace(" ", "")
    assert "连续三年增员" in printed
    assert "情况属实" in printed


def _contacts() -> Any:
    return select(Contact).where(Contact.customer_no == world.GOLD)


async def test_in_clear_by_the_button_which_is_written_down(people: Clients, insurer: Database, declared: UUID) -> None:
    browser = people.browser("svc")
    with insurer.read() as session:
        contact = session.exec(_contacts()).first()
        assert session.get(Case, declared) is not None
    assert contact is not None
    full = await browser.post(f"/forms/1/{declared}/full")
    assert contact.name in full.text
    with insurer.read() as session:
        (entry,) = AuditStore(session).of("form", f"1/{declared}")
    assert entry.action == "form.opened"


async def test_it_is_linked_from_the_case_and_hidden_from_others(people: Clients, declared: UUID) -> None:
    page = soup_of(await people.browser("svc").get(f"/cases/{declared}"))
    assert page.select_one(f'a[href="/forms/1/{declared}"]')
    assert (await people.browser("sh-lead").get(f"/forms/1/{declared}")).status_code == 404
    assert (await people.browser("ops").get(f"/forms/1/{declared}")).status_code == 404
