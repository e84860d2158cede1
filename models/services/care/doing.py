"""What happens to a touchpoint 触点, with or without a case: opened, done, skipped, put off, handed on, stopped.

The record transaction of a case and the acts on a row that has no case yet both come here: one truth for the row.
"""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.calendar import CalendarSnapshot
from models.messages.service_acts import CompleteTouchpoint
from models.rulebook import Rulebook
from models.rules.calendar import local_date
from models.service_types import ProofKind, TouchpointOrigin
from models.services.care import gifts
from models.services.care.consent import refuse_withheld
from models.services.care.entries import CareEntry, entry_of
from models.services.desk.acting import invalid
from models.services.servicing import record_numbers
from models.stores.care_calendar import CareCalendarStore
from models.tables.care import Touchpoint
from models.tables.columns import new_id
from models.types import Stage

WAITING = (Stage.PLANNED, Stage.RESCHEDULED, Stage.HUSHED)
"""Stages of a touchpoint without a case."""
OPEN = (*WAITING, Stage.DUE)
FURTHEST_DAYS = 366
FOLLOW_UP = "跟进"


class Moment(NamedTuple):
    """Everything a change of a row stands on: the records, the rules, the working calendar, the instant."""

    session: Session
    rulebook: Rulebook
    calendar: CalendarSnapshot
    at: datetime


def open_case(session: Session, touchpoint_id: UUID, case_id: UUID, at: datetime) -> Touchpoint:
    """Its hour has come: the case has opened. Raises NOT_FOUND, WRONG_STAGE for what is over or done with another."""
    row = CareCalendarStore(session).locked(touchpoint_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    if row.case_id == case_id:
        return row
    if row.case_id is not None or row.stage not in WAITING or row.merged_into is not None:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=row.stage.value)
    row.case_id, row.stage, row.updated_at = case_id, Stage.DUE, at
    CareCalendarStore(session).add(row)
    return row


def complete(now: Moment, row: Touchpoint, act: CompleteTouchpoint) -> None:
    """完成 with its proof; what was merged with it is done too, and a follow-up opens a touchpoint of its own.

    Raises what `check_completion` raises.
    """
    check_completion(now, row, act)
    session, year = now.session, local_date(now.at).year
    row.record_no = record_numbers.record_no(session, record_numbers.TOUCHPOINT, row.institution_code, year)
    row.content, row.feedback, row.follow_up = act.content.strip(), act.feedback.strip(), act.follow_up.strip()
    row.gift_name, row.gift_value, row.cost = act.gift_name.strip(), act.gift_value, act.cost
    row.follow_up_on, row.reason = act.follow_up_on, (act.late_reason or "").strip()[:500] or row.reason
    _close(session, row, act, now.at)
    for other in CareCalendarStore(session).merged_with([row.id]):
        if other.stage in WAITING:
            _close(session, other, act, now.at)
    if act.follow_up_on is not None:
        _follow_up(now, row, act.follow_up_on)


def check_completion(now: Moment, row: Touchpoint, act: CompleteTouchpoint) -> None:
    """What forbids it: asked before sending, and again in the record transaction.

    Raises WRONG_STAGE (a hushed greeting too), CONSENT_MISSING, GIFT_CAP_EXCEEDED, INVALID_INPUT for a day to come,
    for proof that its kind asks for, for amounts and a follow-up that do not fit; LATE_REASON_REQUIRED after its day.
    """
    if row.stage not in OPEN or row.stage is Stage.HUSHED:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=row.stage.value)
    entry = entry_of(now.rulebook, row.code, row.item)
    if entry is not None and entry.greeting:
        refuse_withheld(now.session, now.rulebook, row.customer_no, row.contact_id)
    _check_fields(act, local_date(now.at))
    _check_proof(now.session, entry, row, act)
    if act.done_on > row.due_on and not (act.late_reason or "").strip():
        raise DomainError(ErrorCode.LATE_REASON_REQUIRED)
    gifts.check(now.session, now.rulebook, row, act.gift_value, act.done_on)


def skip(session: Session, row: Touchpoint, reason: str, at: datetime) -> None:
    """跳过 with its reason; what was to be done with it stands alone again. Raises REASON_REQUIRED, WRONG_STAGE."""
    _end(session, row, Stage.SKIPPED, reason, at)


def stop(session: Session, row: Touchpoint, reason: str, at: datetime) -> None:
    """取消 by the programme. Raises REASON_REQUIRED, WRONG_STAGE."""
    _end(session, row, Stage.CANCELLED, reason, at)


def reschedule(now: Moment, row: Touchpoint, to: date, reason: str) -> None:
    """改期: to that day, or the working day its kind moves to; what is done with it moves along.

    Raises REASON_REQUIRED, WRONG_STAGE, INVALID_INPUT for a day that is past or too far ahead.
    """
    _check_open(row, reason)
    check_day(to, local_date(now.at), "due_on")
    entry = entry_of(now.rulebook, row.code, row.item)
    due_on = entry.due(now.calendar, to) if entry else to
    for each in (row, *CareCalendarStore(now.session).merged_with([row.id])):
        if each.stage in OPEN:
            each.due_on, each.lead_on = due_on, entry.lead(now.calendar, due_on) if entry else due_on
            each.stage = each.stage if each.stage in {Stage.DUE, Stage.HUSHED} else Stage.RESCHEDULED
            each.reason, each.updated_at = reason.strip()[:500], now.at
            CareCalendarStore(now.session).add(each)


def assign(session: Session, row: Touchpoint, account_id: UUID, at: datetime) -> None:
    """指派 to a person. Raises WRONG_STAGE."""
    if row.stage not in OPEN:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=row.stage.value)
    row.assignee_id, row.updated_at = account_id, at
    CareCalendarStore(session).add(row)


def check_day(day: date, today: date, field: str) -> None:
    """Raises INVALID_INPUT for a day that is past or more than a year ahead."""
    if day < today:
        raise invalid(field, "in_the_past")
    if (day - today).days > FURTHEST_DAYS:
        raise invalid(field, "longer_than_a_year")


def _check_open(row: Touchpoint, reason: str) -> None:
    if not reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    if row.stage not in OPEN:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=row.stage.value)


def _end(session: Session, row: Touchpoint, stage: Stage, reason: str, at: datetime) -> None:
    _check_open(row, reason)
    row.stage, row.reason, row.updated_at = stage, reason.strip()[:500], at
    CareCalendarStore(session).add(row)
    for other in CareCalendarStore(session).merged_with([row.id]):
        if other.stage in WAITING:
            other.merged_into, other.updated_at = None, at
            CareCalendarStore(session).add(other)


def _close(session: Session, row: Touchpoint, act: CompleteTouchpoint, at: datetime) -> None:
    row.stage, row.done_on, row.done_at = Stage.DONE, act.done_on, at
    row.done_by, row.done_by_name = act.actor_id, act.actor_name
    row.in_time, row.updated_at = act.done_on <= row.due_on, at
    CareCalendarStore(session).add(row)


def _check_fields(act: CompleteTouchpoint, today: date) -> None:
    if act.done_on > today:
        raise invalid("done_on", "future")
    for field, value in (("gift_value", act.gift_value), ("cost", act.cost)):
        if value is not None and value < 0:
            raise invalid(field, "greater_than_equal")
    if act.gift_value and not act.gift_name.strip():
        raise invalid("gift_name", "missing")
    if act.gift_name.strip() and act.gift_value is None:
        raise invalid("gift_value", "missing")
    if act.follow_up_on is not None:
        if not act.follow_up.strip():
            raise invalid("follow_up", "missing")
        check_day(act.follow_up_on, today, "follow_up_on")


def _check_proof(session: Session, entry: CareEntry | None, row: Touchpoint, act: CompleteTouchpoint) -> None:
    asked = entry.proof if entry else (ProofKind.TEXT,)
    if (ProofKind.TEXT in asked or not asked) and not act.content.strip():
        raise invalid("content", "missing")
    stored = {proof.kind for proof in CareCalendarStore(session).proofs(row.id)}
    for kind in asked:
        if kind is not ProofKind.TEXT and kind not in stored:
            raise invalid(kind.value, "proof_missing")


def _follow_up(now: Moment, row: Touchpoint, day: date) -> None:
    key, store = f"{row.code}:follow-up:{row.id}", CareCalendarStore(now.session)
    if store.by_key(row.customer_no, key) is not None:
        return
    entry = entry_of(now.rulebook, row.code, row.item)
    due_on = entry.due(now.calendar, day) if entry else day
    following = Touchpoint(
        id=new_id(),
        key=key,
        origin=TouchpointOrigin.MANUAL,
        title=f"{FOLLOW_UP} {row.record_no}",
        planned_on=day,
        due_on=due_on,
        lead_on=entry.lead(now.calendar, due_on) if entry else due_on,
        human=True,
        stage=Stage.PLANNED,
        created_at=now.at,
        updated_at=now.at,
        **row.model_dump(include=_CARRIED),
    )
    store.add(following)


_CARRIED = {
    "customer_no",
    "membership_id",
    "institution_code",
    "code",
    "item",
    "article",
    "tier",
    "contact_id",
    "role",
    "assignee_id",
    "rulebook_version_id",
}
"""What a follow-up has in common with the touchpoint it follows."""
