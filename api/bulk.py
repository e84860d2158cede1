"""批量同意: up to 50 approvals in one request, each its own act under its own key, each with its own result."""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api import acts, chain_acts
from api.act_base import OnTask, desk_rules, fields_on, now, on_open_task
from api.acts import Prepare, Standing
from api.chain_acts import Judgement
from api.deps import Caller
from api.gateway import Gateway
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.approval import Decide
from models.messages.envelope import Envelope
from models.rulebook import Bulk
from models.rules import approval
from models.rules.calendar import local_date
from models.services.desk.acting import invalid
from models.services.desk.once import once
from models.services.idempotency import Key
from models.services.rulebooks import rulebook_in_force
from models.tables.cases import Case, Task
from models.types import Verdict

ROUTE = "bulk-decide"
AT_ONCE = 4
"""So many acts of one request travel at the same time: fifty must not crowd out everybody else's."""
LONGEST_KEY = 60
"""With the task's id behind it a key must still fit its column."""


class Item(NamedTuple):
    """A task as the caller saw it."""

    task_id: UUID
    version: int


@dataclass(frozen=True)
class Previewed:
    """One item before it is sent: the task and case when the caller may see them, and what would refuse it."""

    item: Item
    task: Task | None
    case: Case | None
    refusal: DomainError | None


@dataclass(frozen=True)
class Result:
    """What became of one item: the refusal, or the case it was decided on."""

    item: Item
    case_id: UUID | None = None
    error: DomainError | None = None


def preview(session: Session, caller: Caller, items: Iterable[Item]) -> list[Previewed]:
    """What each item would come to now; nothing is sent."""
    return [_previewed(session, caller, item) for item in items]


async def decide(
    database: Database, gateway: Gateway, caller: Caller, key: str, *, items: Sequence[Item], comment: str
) -> list[Result]:
    """Approve every item, each for itself: one failure does not stop the others. Results in the order of the items.

    Raises IDEMPOTENCY_CONFLICT when the key was used with other items, INVALID_INPUT for a task named twice.
    """
    if len({item.task_id for item in items}) < len(items):
        raise invalid("items", "twice")
    await run_in_threadpool(_reserve, database, caller, key, items, comment)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(item: Item) -> Result:
        async with gate:
            return await _decide(database, gateway, caller, key, item=item, comment=comment)

    return list(await asyncio.gather(*map(one, items)))


def at_most(session: Session) -> int:
    """How many tasks one request may approve, by the rulebook in force."""
    return rulebook_in_force(session, local_date(now())).rulebook.desk.bulk.at_most


def _reserve(database: Database, caller: Caller, key: str, items: Sequence[Item], comment: str) -> None:
    """The request as a whole stands under its own key, so that other items under the same key are refused."""
    body = {"items": [_content(item) for item in items], "comment": comment}
    whole = acts.key_for(caller, key, ROUTE, body)
    with database.write() as session:
        if len(items) > at_most(session):
            raise invalid("items", "too_many_items")
        once(session, whole, now(), lambda: {"items": [str(item.task_id) for item in items]})


async def _decide(
    database: Database, gateway: Gateway, caller: Caller, key: str, *, item: Item, comment: str
) -> Result:
    short = key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()[:LONGEST_KEY]
    own = acts.key_for(caller, f"{short}:{item.task_id}", f"{ROUTE}:{item.task_id}", [_content(item), comment])
    try:
        done = await acts.perform(database, gateway, own, _prepare(caller, own, item, comment))
    except DomainError as error:
        return Result(item, error=error)
    return Result(item, case_id=done.case_id)


def _content(item: Item) -> dict[str, Any]:
    return {"task_id": str(item.task_id), "version": item.version}


def _prepare(caller: Caller, key: Key, item: Item, comment: str) -> Prepare:
    """The approval of one item, if the rulebook lets it be one of many. Raises BULK_NOT_ALLOWED."""
    approve = chain_acts.decide(caller, key, item.task_id, Judgement(Verdict.APPROVE, item.version, comment))

    def prepare(session: Session) -> Envelope | Standing:
        found = on_open_task(session, caller, item.task_id)
        refuse_single(desk_rules(session, found.case).bulk, found)
        return approve(session)

    return prepare


def refuse_single(rules: Bulk, found: OnTask) -> None:
    """Tiers and values that are decided one by one, and tasks that are no signature. Raises BULK_NOT_ALLOWED."""
    case = found.case
    above = rules.off_above_value is not None and case.value > rules.off_above_value
    signs = found.task.step == found.state.stage.value
    if case.tier in rules.off_for_tiers or above or not signs:
        raise DomainError(ErrorCode.BULK_NOT_ALLOWED)


def _previewed(session: Session, caller: Caller, item: Item) -> Previewed:
    task = case = None
    try:
        found = on_open_task(session, caller, item.task_id)
        task, case = found.task, found.case
        refuse_single(desk_rules(session, case).bulk, found)
        fields = fields_on(session, caller, Key(caller.account_id, "asked", "", ""), found, "")
        approval.check(found.state, Decide(**fields, task_id=task.id, version=item.version, verdict=Verdict.APPROVE))
    except DomainError as error:
        return Previewed(item, task, case, error)
    return Previewed(item, task, case, None)
