"""Retention 留存 read, and holds 冻结 placed and lifted, the same for JSON and pages."""

from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from api.deps import Caller
from api.schemas.retention import ClassAnswer, HoldAnswer, HoldBody, LiftBody, RetentionAnswer
from models.services.by import By
from models.services.retention import holds
from models.services.retention.due import ClassDue, due
from models.stores.people import PeopleStore
from models.stores.retention import RetentionStore
from models.tables.retention import LegalHold


def read(session: Session) -> RetentionAnswer:
    """What would go now, by class, and what is held."""
    standing = RetentionStore(session).holds()
    return RetentionAnswer(
        classes=[_class_answer(one) for one in due(session, datetime.now(UTC))],
        holds=[hold_answer(session, hold) for hold in standing],
    )


def place(session: Session, caller: Caller, body: HoldBody) -> LegalHold:
    """Place a hold. Raises as `holds.place`."""
    held = holds.Held(body.customer_no or None, body.case_id)
    return holds.place(session, held, _because(caller, body.reason))


def lift(session: Session, caller: Caller, hold_id: UUID, body: LiftBody) -> LegalHold:
    """Lift a hold. Raises as `holds.lift`."""
    return holds.lift(session, hold_id, _because(caller, body.reason))


def hold_answer(session: Session, hold: LegalHold) -> HoldAnswer:
    """A hold as JSON, with the name of whoever placed it."""
    person = PeopleStore(session).account(hold.placed_by)
    fields = hold.model_dump(include={"customer_no", "case_id", "reason", "placed_at", "lifted_at"})
    return HoldAnswer(hold_id=hold.id, placed_by=person.name if person else "", **fields)


def _because(caller: Caller, reason: str) -> holds.Because:
    by = By(str(caller.account_id), caller.door, caller.request_id)
    return holds.Because(reason, caller.account_id, by, datetime.now(UTC))


def _class_answer(one: ClassDue) -> ClassAnswer:
    last = one.last_run
    return ClassAnswer(
        record_class=one.record_class,
        days=one.term.days if one.term else None,
        article=(one.term.law or one.term.article) if one.term else None,
        source=one.term.source if one.term else None,
        kept_from=one.kept_from,
        rows=one.rows,
        oldest=one.oldest,
        last_deleted=last.deleted if last else None,
        last_run_at=(last.finished_at or last.started_at) if last else None,
        broken_off=last is not None and last.finished_at is None,
    )
