"""Legal holds 冻结: nothing of a customer, or of a case, is deleted while one stands."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.services import audit
from models.services.by import By
from models.stores.cases import CaseStore
from models.stores.customers import customer_in_scope
from models.stores.retention import RetentionStore
from models.stores.scope import EVERYTHING
from models.tables.retention import LegalHold

OBJECT = "legal_hold"


class Held(NamedTuple):
    """What a hold is placed on: exactly one of the two."""

    customer_no: str | None = None
    case_id: UUID | None = None


class Because(NamedTuple):
    """Who places or lifts a hold, when, and why."""

    reason: str
    account_id: UUID
    by: By
    at: datetime


def place(session: Session, held: Held, why: Because) -> LegalHold:
    """Place a hold; where one stands on the same customer or case already, it is that one.

    Raises REASON_REQUIRED, INVALID_INPUT where not exactly one thing is named, NOT_FOUND where there is none such.
    """
    if not why.reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    _check(session, held)
    store = RetentionStore(session)
    standing = store.standing_hold(customer_no=held.customer_no, case_id=held.case_id)
    if standing is not None:
        return standing
    hold = LegalHold(
        customer_no=held.customer_no,
        case_id=held.case_id,
        reason=why.reason.strip(),
        placed_by=why.account_id,
        placed_at=why.at,
    )
    store.add(hold)
    _audit(session, hold, "placed", why)
    return hold


def lift(session: Session, hold_id: UUID, why: Because) -> LegalHold:
    """Lift a hold; one that was lifted already stays as it is. Raises NOT_FOUND, REASON_REQUIRED."""
    hold = RetentionStore(session).hold(hold_id)
    if hold is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    if not why.reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    if hold.lifted_at is None:
        hold.lifted_at, hold.lifted_by, hold.lifted_reason = why.at, why.account_id, why.reason.strip()
        RetentionStore(session).add(hold)
        _audit(session, hold, "lifted", why)
    return hold


def _check(session: Session, held: Held) -> None:
    if bool(held.customer_no) == bool(held.case_id):
        error = {"field": "customer_no", "reason": "one_of_two" if held.case_id else "missing"}
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[error])
    if held.customer_no and customer_in_scope(session, held.customer_no, EVERYTHING) is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    if held.case_id and CaseStore(session).get(held.case_id) is None:
        raise DomainError(ErrorCode.NOT_FOUND)


def _audit(session: Session, hold: LegalHold, act: str, why: Because) -> None:
    audit.append(
        session,
        actor=why.by.actor,
        action=f"{OBJECT}.{act}",
        object_kind=OBJECT,
        object_id=str(hold.id),
        door=why.by.door,
        after={"customer_no": hold.customer_no, "case_id": str(hold.case_id) if hold.case_id else None},
        reason=why.reason.strip(),
        request_id=why.by.request_id,
    )
