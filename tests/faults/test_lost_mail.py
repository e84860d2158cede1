"""A worker killed between sending and writing it down: one mail, an honest row, and never a second mail."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from models.database import Database
from models.identifiers import notification_id
from models.messages.notifications import BROKEN_OFF, SendNotification
from models.services.notifications import notify
from models.tables.messages import Delivery
from models.types import DeliveryState
from tests.faults.parts import Engine, Workers, death
from tests.support import world
from tests.support.telling import deliveries, mail_server, with_address
from workflows.outgoing import LEASE, dispatch_due, settle_abandoned

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(90)]

ANSWER_SECONDS = 40.0


def _told(database: Database) -> UUID:
    at = datetime.now(UTC)
    with database.write() as session:
        lead = with_address(session, "lead", quiet_from_hour=0, quiet_until_hour=0)
        notify(session, to=[lead.id], template="cc", key=str(uuid4()), at=at, context={"customer_no": "C1"})
        session.flush()
        return deliveries(session)[-1].id


def _row(database: Database, delivery_id: UUID) -> Delivery:
    with database.read() as session:
        row = session.get(Delivery, delivery_id)
    assert row is not None
    return row


async def test_killed_between_sending_and_marking(power: Engine, tmp_path: Path) -> None:
    database, queue = world.new_database(tmp_path), f"faults-{uuid4()}"
    world.build(database)
    waiting = _told(database)
    with mail_server() as postbox:
        workers = Workers(tmp_path, power.address, queue, smtp_url=postbox.url)
        try:
            await death(workers.failing("after_sending", 0))
            assert len(postbox.letters) == 1
            assert _row(database, waiting).state is DeliveryState.SENDING
            workers.healthy()
            client = await power.client()
            async with asyncio.timeout(ANSWER_SECONDS):
                handle = client.get_workflow_handle(notification_id(waiting), result_type=str)
                assert await handle.result() == "unconfirmed"
            row = _row(database, waiting)
            assert (row.state, row.attempts, row.error) == (DeliveryState.UNCONFIRMED, 1, BROKEN_OFF)
            later = datetime.now(UTC) + LEASE + timedelta(days=2)
            assert await dispatch_due(client, database, queue, later) == 0
            assert await settle_abandoned(client, database, queue, later) == 0
            again = await client.execute_workflow(
                "notification",
                SendNotification(delivery_id=waiting),
                id=f"again-{waiting}",
                task_queue=queue,
                result_type=str,
            )
            assert again == "nothing"
            assert [letter["Message-ID"] for letter in postbox.letters] == [f"<{waiting}@greenlane.example.com>"]
        finally:
            workers.kill_all()
            database.dispose()
