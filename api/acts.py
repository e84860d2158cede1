"""Acts of people on workflows: three steps, the same for JSON and pages (decisions.md 1, 2, 5).

A short transaction authorises and keeps the message; the gateway sends it; what came of it is kept as the answer.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api.gateway import Gateway, WorkflowGoneError
from api.problem_texts import PROBLEM_TEXTS
from api.security.caller import Caller
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.approval import Answered
from models.messages.envelope import Envelope, Updating
from models.services import idempotency
from models.services.idempotency import OK, Kept, Key, Reservation
from models.stores.cases import CaseStore

_UNSENT = {ErrorCode.ENGINE_UNAVAILABLE}
UNDECIDED = {ErrorCode.NOT_YET_CONFIRMED, ErrorCode.INTERNAL_ERROR}


@dataclass(frozen=True)
class Standing:
    """Nothing to send: a case with this content stands already."""

    case_id: UUID


@dataclass(frozen=True)
class Done:
    """A confirmed act: HTTP status and what its workflow answered, as JSON values."""

    status: int
    answer: Mapping[str, Any]

    @property
    def case_id(self) -> UUID:
        """The case it stands on. Raises KeyError for what is no case (a season)."""
        return UUID(self.answer["case_id"])

    @classmethod
    def on_case(cls, status: int, case_id: UUID) -> Self:
        """Of a case that stands."""
        return cls(status, {"case_id": str(case_id)})


Prepare = Callable[[Session], Envelope | Standing]


def body_hash(body: Any) -> str:
    """Digest of a request's content, whatever the order of its fields."""
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def key_for(caller: Caller, key: str, route: str, body: Any) -> Key:
    """The idempotency key of a caller's request."""
    return Key(caller.account_id, key, route, body_hash(body))


async def perform(database: Database, gateway: Gateway, key: Key, prepare: Prepare) -> Done:
    """Do the act once, however often it is sent.

    Raises what `prepare` or the workflow refuses, IDEMPOTENCY_CONFLICT, ENGINE_UNAVAILABLE (nothing was sent) or
    NOT_YET_CONFIRMED (sent; a dispatcher goes on asking under the same id).
    """
    reserved = await run_in_threadpool(_reserve, database, key, prepare)
    if isinstance(reserved, Kept):
        return _first_answer(reserved)
    return await deliver(database, gateway, reserved)


async def deliver(database: Database, gateway: Gateway, reserved: Reservation) -> Done:
    """Send a reserved message and keep its answer; the dispatcher re-sends through here too.

    What nobody heard of is remembered: its record may stand, and be its answer, while an engine that died forgot it.
    """
    try:
        done = await _delivered(database, gateway, reserved)
    except DomainError as error:
        if error.code is ErrorCode.NOT_YET_CONFIRMED:
            gateway.unseen[reserved.record_id] = datetime.now(UTC)
        else:
            gateway.unseen.pop(reserved.record_id, None)
        raise
    gateway.unseen.pop(reserved.record_id, None)
    return done


async def _delivered(database: Database, gateway: Gateway, reserved: Reservation) -> Done:
    try:
        answer = await gateway.send(reserved.envelope)
    except WorkflowGoneError:
        return await run_in_threadpool(_look_up, database, reserved)
    except DomainError as error:
        forgotten = await run_in_threadpool(_refused, database, reserved, error)
        if error.code is ErrorCode.NOT_YET_CONFIRMED or (error.code in _UNSENT and not forgotten):
            key = reserved.envelope.act.update_id.partition(":")[2]
            raise DomainError(ErrorCode.NOT_YET_CONFIRMED, status_url=f"/api/v1/updates/{key}") from error
        raise
    if isinstance(reserved.envelope, Updating):
        return Done(OK, answer.model_dump(mode="json"))
    begun = getattr(reserved.envelope.act, "case_id", None)  # a season or a campaign is no case
    if isinstance(answer, Answered) and begun not in {None, answer.case_id}:
        return await run_in_threadpool(_other_came_first, database, reserved, answer)
    return Done(201, answer.model_dump(mode="json"))


def _other_came_first(database: Database, reserved: Reservation, answer: Answered) -> Done:
    """Another start under the same workflow id won: with the same content it is the answer, else the refusal.

    Either is kept: no record will ever settle a request that started nothing. Raises DUPLICATE_CASE.
    """
    with database.write() as session:
        case = CaseStore(session).get(answer.case_id)
        if case is not None and case.content_hash == reserved.envelope.act.content_hash:
            idempotency.settle(session, reserved.record_id, OK, {"case_id": str(case.id)})
            return Done.on_case(OK, case.id)
    error = DomainError(ErrorCode.DUPLICATE_CASE, case_id=str(answer.case_id))
    _refused(database, reserved, error)
    raise error


def _reserve(database: Database, key: Key, prepare: Prepare) -> Reservation | Kept:
    try:
        return _reserved(database, key, prepare)
    except IntegrityError:
        # A double click: the other one kept the key between this one's look and its insert, and is found now.
        return _reserved(database, key, prepare)


def _reserved(database: Database, key: Key, prepare: Prepare) -> Reservation | Kept:
    with database.write() as session:
        found = idempotency.find(session, key)
        now = datetime.now(UTC)
        if isinstance(found, Reservation):
            idempotency.sent_again(session, found, now)
        if found is not None:
            return found
        envelope = prepare(session)
        if not isinstance(envelope, Standing):
            return idempotency.reserve(session, key, envelope, now)
        # Kept as well: a repeat is told the same although the case that stood is closed by then.
        kept = Kept(OK, {"case_id": str(envelope.case_id)})
        idempotency.keep(session, key, kept.status, kept.answer, now)
        return kept


def _first_answer(kept: Kept) -> Done:
    if "code" in kept.answer:
        raise DomainError(ErrorCode(kept.answer["code"]), **kept.answer.get("context", {}))
    return Done(kept.status, kept.answer)


def _refused(database: Database, reserved: Reservation, error: DomainError) -> bool:
    """Keep a refusal, or forget a request of which nothing was sent; True when it was forgotten."""
    if error.code in UNDECIDED:
        return False
    with database.write() as session:
        if error.code in _UNSENT:
            return idempotency.release(session, reserved.record_id)
        answer = {"code": error.code.value, "context": error.context}
        idempotency.settle(session, reserved.record_id, PROBLEM_TEXTS[error.code].status, answer)
    return False


def _look_up(database: Database, reserved: Reservation) -> Done:
    """The engine knows the workflow no more: the records say what became of this very request."""
    act = reserved.envelope.act
    with database.read() as session:
        settled = idempotency.settled(session, reserved.record_id)
        if settled is not None:
            return _first_answer(settled)
        store = CaseStore(session)
        decision = store.decision_by_update(act.update_id)
        if decision is not None:
            return Done.on_case(OK, decision.case_id)
        case = store.by_workflow_id(reserved.envelope.workflow_id)
    if case is None:
        error = DomainError(ErrorCode.NOT_FOUND)
    elif case.outcome is None:
        error = DomainError(ErrorCode.NOT_YET_CONFIRMED)
    else:
        error = DomainError(ErrorCode.CASE_CLOSED, outcome=case.outcome.value)
    _refused(database, reserved, error)
    raise error
