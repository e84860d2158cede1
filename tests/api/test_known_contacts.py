"""A request or a complaint about a known contact: its name travels sealed, and about somebody erased none is taken."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from models.person_keys import TRAVELLING
from models.services.by import By
from models.services.retention.erasing import Why, erase
from models.stores.customers import contacts_of
from models.types import Door
from tests.pages.conftest import soup_of
from tests.support import world
from tests.support.green import CLAIM, GREEN, Desk, desk_on

NAME, PHONE = "周启明", "199-0000-0001"
COMPLAINT = {"matter": "理赔太慢", "subject": "理赔", "complainant": NAME, "phone": PHONE}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """People, VIPs and counters on the application."""
    async with desk_on(tmp_path) as found:
        yield found


@pytest.fixture
def person(desk: Desk) -> UUID:
    """The leader of the silver customer."""
    with desk.database.read() as session:
        return contacts_of(session, world.SILVER)[0].id


async def test_its_name_travels_sealed_and_stands_in_the_records(desk: Desk, person: UUID) -> None:
    made = await desk.take_in(contact_id=str(person), contact_name=f" {NAME} ")
    said = {"customer_no": world.SILVER, **COMPLAINT, "contact_id": str(person)}
    complained = await desk.api("svc").post("/api/v1/complaints", json=said)
    assert complained.status_code == 201, complained.text
    assert desk.record(made["case_id"]).contact_name == NAME
    shown = (await desk.api("svc").get(f"/api/v1/complaints/{complained.json()['case_id']}")).json()
    assert (shown["complainant"], shown["phone"]) == ("周*", "199****0001")
    sent = [envelope.model_dump_json() for envelope in desk.gateway.sent]
    assert [text.count(TRAVELLING) for text in sent] == [1, 2]
    assert not any(word in text for text in sent for word in (NAME, PHONE))


async def test_somebody_else_s_name_is_sent_as_it_was_typed(desk: Desk) -> None:
    made = await desk.take_in(contact_name="赵六")
    assert desk.record(made["case_id"]).contact_name == "赵六"


@pytest.mark.parametrize(("address", "body"), [(GREEN, CLAIM), ("/api/v1/complaints", COMPLAINT)])
async def test_nothing_is_taken_about_somebody_who_was_erased(
    desk: Desk, person: UUID, address: str, body: dict[str, Any]
) -> None:
    with desk.database.write() as session:
        erase(session, person, Why("本人要求", By("system:command", Door.CLI), datetime.now(UTC)))
    refused = await desk.api("svc").post(address, json={"customer_no": world.SILVER, **body, "contact_id": str(person)})
    assert refused.status_code == 422, refused.text
    (error,) = refused.json()["errors"]
    assert (error["field"], "个人信息已删除" in error["message"]) == ("contact_id", True)
    assert desk.gateway.sent == []
    page = soup_of(await desk.page("svc").get(f"/green-channel/new?customer_no={world.SILVER}"))
    assert page.select(f"option[value='{person}']") == []
