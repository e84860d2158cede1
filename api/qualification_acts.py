"""申报: what a declaration of a qualification needs before it is sent. Every other act: `api.chain_acts`."""

from datetime import UTC, datetime

from sqlmodel import Session

from api.act_base import act_fields
from api.acts import Prepare, Standing
from api.chain_acts import (
    Judgement,
    correct,
    decide,
    may_resubmit,
    may_withdraw,
    person_of,
    refusal,
    resubmit,
    visible_case,
    visible_task,
    withdraw,
)
from api.deps import Action, Caller
from models.errors import DomainError, ErrorCode
from models.identifiers import qualification_id
from models.messages.envelope import StartEnvelope
from models.messages.qualification import StartQualification
from models.services.idempotency import Key
from models.services.qualification.declaration import Request, check
from models.stores.cases import CaseStore
from models.stores.customers import customer_in_scope
from models.tables.columns import new_id

__all__ = [
    "Judgement",
    "correct",
    "decide",
    "declare",
    "may_resubmit",
    "may_withdraw",
    "person_of",
    "refusal",
    "resubmit",
    "visible_case",
    "visible_task",
    "withdraw",
]


def declare(caller: Caller, key: Key, wanted: Request) -> Prepare:
    """申报. The same open declaration again answers with the case that stands (decisions.md 9)."""

    def prepare(session: Session) -> StartEnvelope | Standing:
        if customer_in_scope(session, wanted.customer_no, caller.scope(Action.DECLARE)) is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        store = CaseStore(session)
        standing = store.open_qualification(wanted.year, wanted.customer_no)
        if standing is not None and standing.content_hash == key.body_hash:
            return Standing(standing.id)
        check(session, wanted, datetime.now(UTC), declarant=caller.account_id)
        attempt = store.attempts(wanted.year, wanted.customer_no) + 1
        return StartEnvelope(
            act=StartQualification(
                **act_fields(caller, key, wanted.reason),
                case_id=new_id(),
                workflow_id=qualification_id(wanted.year, wanted.customer_no, attempt),
                customer_no=wanted.customer_no,
                year=wanted.year,
                attempt=attempt,
                tier=wanted.tier,
                seat_kind=wanted.seat_kind,
                reason=wanted.reason,
                late_reason=wanted.late_reason,
                chosen_signers=wanted.signers,
            )
        )

    return prepare
