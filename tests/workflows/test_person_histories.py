"""What the engine keeps about a known contact is sealed under its key: histories lose it with the key, and go on."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlmodel import Session, select

from models.messages.approval import Act
from models.messages.service import RecordServiceOpening
from models.messages.service_acts import AcceptService
from models.retention_types import ERASED
from models.services.by import By
from models.services.restarting import start_again
from models.services.retention import erasing
from models.services.servicing.naming import said_about, to_say_about
from models.stores.customers import contacts_of
from models.tables.cases import Case
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.types import Door
from tests.support import serving_engine as serving
from tests.support.serving import COUNTER
from tests.support.stage import Stage
from tests.support.world import SILVER
from workflows.histories import asked_by

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]
NAME, PHONE = "周启明", "199-0000-0001"


def _sealed(stage: Stage) -> tuple[UUID, str, str]:
    """A contact of the customer, its name and its telephone as the door sends them on."""
    with stage.world.database.read() as session:
        contact = contacts_of(session, stage.world.customer(SILVER))[0]
        return contact.id, to_say_about(session, contact.id, NAME), to_say_about(session, contact.id, PHONE)


def _erase(session: Session, contact_id: UUID) -> None:
    why = erasing.Why("本人要求", By("system:command", Door.CLI), datetime.now(UTC))
    assert erasing.erase(session, contact_id, why).service_records == 2


async def _opening(stage: Stage, workflow_id: str) -> RecordServiceOpening:
    """The first record as the history has it, the same however the history is replayed."""
    asked = await asked_by(stage.client, workflow_id)
    assert not any(word in f"{one.message!r}{one.answer!r}" for one in asked for word in (NAME, PHONE))
    (found,) = [one.message for one in asked if isinstance(one.message, RecordServiceOpening)]
    return found


def _in_the_clear(stage: Stage) -> list[str]:
    """What starts the runs of these cases again 重置 and names the person to whoever reads a history."""
    by = Act(
        update_id="a:reset",
        content_hash="",
        actor_id=stage.world.accounts["ops"],
        actor_name="运营",
        door=Door.OVERRIDE,
    )
    with stage.world.database.read() as session:
        starts = [repr(start_again(session, case, by)) for case in session.exec(select(Case))]
    assert len(starts) == 2
    return [start for start in starts if NAME in start or PHONE in start]


async def test_the_records_read_the_name_and_the_histories_lose_it_with_the_key(stage: Stage) -> None:
    contact_id, name, phone = _sealed(stage)
    request = await serving.request(stage, contact_id=contact_id, contact_name=name)
    complaint = await serving.complaint(stage, contact_id=contact_id, complainant=name, phone=phone)
    assert [row.contact_name for row in stage.rows(GreenChannelRecord)] == [NAME]
    assert [(row.complainant, row.phone) for row in stage.rows(ComplaintRecord)] == [(NAME, PHONE)]
    assert _in_the_clear(stage) == []
    stage.write(lambda session: _erase(session, contact_id))
    assert [row.contact_name for row in stage.rows(GreenChannelRecord)] == [ERASED]
    assert [(row.complainant, row.phone) for row in stage.rows(ComplaintRecord)] == [(ERASED, "")]
    assert _in_the_clear(stage) == []
    await request.act(AcceptService, COUNTER)
    kept = [(await _opening(stage, case.handle.id)).start.model_dump() for case in (request, complaint)]
    assert (kept[0]["contact_name"], kept[1]["complainant"], kept[1]["phone"]) == (name, name, phone)
    with stage.world.database.read() as session:
        assert said_about(session, contact_id, name) == ERASED
        assert said_about(session, contact_id, phone, gone="") == ""
