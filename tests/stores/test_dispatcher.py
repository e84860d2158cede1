"""What nobody heard of: found behind whatever still waits, and only looked at where requests change it."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from api.dispatcher import AT_ONCE, UNANSWERED_AFTER, dispatch_once
from models.database import Database
from models.identifiers import season_id
from models.messages.envelope import Envelope, SeasonStart
from models.messages.season import OpenSeason, SeasonAnswered
from models.services import idempotency
from models.services.idempotency import Key
from models.types import Door, SeasonPhase
from tests.support import world
from tests.support.gateways import DeadGateway

YEAR = 2025


class _Unseen(dict[UUID, datetime]):
    """Requests of the event loop's own thread."""

    def items(self) -> Any:
        assert threading.current_thread() is threading.main_thread(), "it changes while another thread goes through it"
        return super().items()


class _Gateway(DeadGateway):
    """An engine that knows every request."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    async def send(self, envelope: Envelope) -> SeasonAnswered:  # type: ignore[override]
        self.sent.append(envelope.act.update_id)
        return SeasonAnswered(year=YEAR, phase=SeasonPhase.FREEZE, version=1)


def _kept(database: Database, account_id: UUID, name: str, status: int | None) -> UUID:
    """A request that was sent a moment ago; answered with this status."""
    key = Key(account_id, name, "season", "")
    by = {"actor_id": account_id, "actor_name": "陈志远", "door": Door.PAGE, "content_hash": "", "comment": "启动"}
    act = OpenSeason(**by, update_id=key.update_id, workflow_id=season_id(YEAR), year=YEAR)
    with database.write() as session:
        record_id = idempotency.reserve(session, key, SeasonStart(act=act), datetime.now(UTC)).record_id
        if status is not None:
            idempotency.settle(session, record_id, status, {"year": YEAR})
    return record_id


async def test_what_was_recorded_unseen_is_sent_whatever_waits_before_it(database: Database) -> None:
    account_id, gateway = world.build(database).accounts["hq-vip"], _Gateway()
    waiting = [_kept(database, account_id, f"waits-{number}", None) for number in range(AT_ONCE)]
    refused, recorded = _kept(database, account_id, "refused", 409), _kept(database, account_id, "recorded", 200)
    long_ago = datetime.now(UTC) - UNANSWERED_AFTER - timedelta(seconds=1)
    gateway.unseen = _Unseen(dict.fromkeys([*waiting, refused, recorded], long_ago))
    assert await dispatch_once(database, gateway) == 1
    assert gateway.sent == [f"{account_id}:recorded"]
    assert set(gateway.unseen) == set(waiting)
    assert await dispatch_once(database, gateway) == 0
