"""附件三, 四 and 五 as printed: the fields of the rulebook, masked until asked for, within the reader's reach."""

from collections.abc import Callable
from io import BytesIO
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlmodel import Session

from models.database import Database
from models.rulebook import load_builtin
from models.stores.audit import AuditStore
from tests.pages.conftest import soup_of
from tests.support import world
from tests.support.clients import Clients
from tests.support.service_rows import add_complaint, add_green_channel, add_touchpoint

SECRET = "欧阳明月对理赔金额有异议"
Maker = Callable[[Session], UUID]
FORMS: dict[int, Maker] = {
    3: lambda session: add_green_channel(session, world.GOLD, "BJ01", SECRET),
    4: lambda session: add_touchpoint(session, world.GOLD, "BJ01", SECRET),
    5: lambda session: add_complaint(session, world.GOLD, "BJ01", "欧阳", SECRET),
}


def _made(database: Database, number: int) -> str:
    with database.write() as session:
        return f"/forms/{number}/{FORMS[number](session)}"


def _pdf_text(content: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).replace(" ", "").replace("\n", "")


@pytest.mark.parametrize("number", FORMS)
async def test_every_field_of_the_rulebook_is_on_the_page_and_in_the_pdf(
    people: Clients, insurer: Database, number: int
) -> None:
    href = _made(insurer, number)
    browser = people.browser("svc")
    page = soup_of(await browser.get(href))
    pdf = await browser.get(f"{href}.pdf")
    text = _pdf_text(pdf.content)
    form = next(form for form in load_builtin().forms.forms if form.number == number)
    sheet = form.sheets[-1]
    assert [cell.text for cell in page.select(".gl-sheet th")] == [field.name_zh for field in sheet.fields]
    for wanted in (form.code, form.name_zh.replace(" ", ""), *(field.name_zh for field in sheet.fields)):
        assert wanted in text, wanted
    assert "/PDFA" in str(pdf.content) or b"pdfaid" in pdf.content


@pytest.mark.parametrize("number", FORMS)
async def test_what_is_personal_is_masked_until_asked_for_and_the_reading_is_written_down(
    people: Clients, insurer: Database, number: int
) -> None:
    href = _made(insurer, number)
    browser = people.browser("svc")
    assert SECRET not in (await browser.get(href)).text
    assert SECRET not in _pdf_text((await browser.get(f"{href}.pdf")).content)
    assert _readings(insurer) == []
    assert SECRET in (await browser.post(f"{href}/full")).text
    assert SECRET in _pdf_text((await browser.post(f"{href}/full", data={"pdf": "true"})).content)
    assert len(_readings(insurer)) == 2


def _readings(database: Database) -> list[str]:
    with database.read() as session:
        return [row.object_id for row in AuditStore(session).all() if row.action == "form.opened"]


@pytest.mark.parametrize("number", FORMS)
async def test_another_branch_finds_no_form(people: Clients, insurer: Database, number: int) -> None:
    href = _made(insurer, number)
    for address in (href, f"{href}.pdf"):
        assert (await people.browser("sh-lead").get(address)).status_code == 404
    assert (await people.browser("sh-lead").post(f"{href}/full")).status_code == 404


async def test_whoever_may_not_open_texts_gets_the_masked_form_only(people: Clients, insurer: Database) -> None:
    href = _made(insurer, 5)
    browser = people.browser("ops")
    page = soup_of(await browser.get(href))
    assert not page.select(f'form[action="{href}/full"]')
    assert (await browser.post(f"{href}/full")).status_code == 403


async def test_text_of_a_record_is_never_markup(people: Clients, insurer: Database) -> None:
    pdf = await people.browser("svc").get(f"{_made(insurer, 3)}.pdf")
    assert "#evil*CL-1*" in _pdf_text(pdf.content)


async def test_a_form_that_is_not_printed_here_is_not_found(people: Clients, insurer: Database) -> None:
    href = _made(insurer, 3).replace("/forms/3/", "/forms/9/")
    assert (await people.browser("svc").get(href)).status_code == 404
