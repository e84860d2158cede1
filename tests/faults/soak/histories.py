"""The other side of the checker: what the engine acknowledged and holds, against the records."""

import asyncio
from collections import Counter

from sqlmodel import col, or_, select
from temporalio.client import Client

from api.gateway import Gateway
from api.reconciling import reconcile
from models.database import Database
from models.services.by import By
from models.services.reconcile.runs import Wish, ask
from models.tables.reconcile import Drift
from models.types import Door
from tests.faults.soak.records import Records

BY = By("cli:soak", Door.CLI)
AT_ONCE = 8
OPENED = "opened"


async def histories_against(client: Client, records: Records) -> list[str]:
    """Acts that the engine acknowledged and no record shows, or that it took twice."""
    decided = {row.update_id for row in records.decisions}
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(workflow_id: str) -> Counter[str]:
        async with turn:
            return await _acknowledged(client, workflow_id)

    taken = sum(await asyncio.gather(*(one(case.workflow_id) for case in records.cases.values())), Counter[str]())
    lost = [
        f"{update_id}: acknowledged by the engine and not recorded" for update_id in taken if update_id not in decided
    ]
    return lost + [f"{update_id}: taken {number} times" for update_id, number in taken.items() if number > 1]


async def _acknowledged(client: Client, workflow_id: str) -> Counter[str]:
    """Ids of the acts that ended well in a workflow's history; `opened` only asks, whoever started it."""
    found: Counter[str] = Counter()
    asked: set[str] = set()
    async for event in client.get_workflow_handle(workflow_id).fetch_history_events():
        if event.HasField("workflow_execution_update_accepted_event_attributes"):
            request = event.workflow_execution_update_accepted_event_attributes.accepted_request
            asked |= {request.meta.update_id} if request.input.name == OPENED else set()
        if event.HasField("workflow_execution_update_completed_event_attributes"):
            done = event.workflow_execution_update_completed_event_attributes
            if done.outcome.HasField("success") and done.meta.update_id not in asked:
                found[done.meta.update_id] += 1
    return found


async def drift(database: Database, client: Client, queue: str, *, repair: bool = False) -> list[str]:
    """Records that differ from their workflows now, and those that some run had to write again.

    An act that an engine forgot is no such: with `repair`, as by the clock, it is only sent again.
    """
    with database.write() as session:
        job_id = ask(session, Wish(repair, BY)).id
    await reconcile(database, Gateway(client, queue), job_id)
    with database.read() as session:
        wanted = or_(col(Drift.job_id) == job_id, col(Drift.repaired_at).is_not(None))
        rows = session.exec(select(Drift).where(wanted)).all()
    return [f"{row.workflow_id}: {row.kind.value} {row.sides}" for row in rows]
