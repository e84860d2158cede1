"""Care touchpoints as JSON answers, and who may see them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.act_base import inbox_of
from api.deps import Action, Caller
from api.pages.format import mask_name, mask_phone
from api.pages.i18n import language
from api.pages.plan_reasons import reason_text
from api.schemas.care import (
    ClearanceAnswer,
    GiftRoomAnswer,
    PersonServedAnswer,
    ProofAnswer,
    TouchpointAnswer,
    TouchpointRowAnswer,
)
from models.errors import DomainError, ErrorCode
from models.rulebook import Rulebook
from models.rules.calendar import local_date
from models.service_types import ProofKind
from models.services.care import gifts
from models.services.care.doing import OPEN
from models.services.care.entries import CareEntry, entry_of
from models.services.rulebooks import rulebook_in_force
from models.stores.care_calendar import CareCalendarStore, Reader
from models.stores.cases import CaseStore
from models.stores.customers import customer_in_scope, names_of
from models.stores.gifts import GiftStore
from models.stores.tasks import TaskStore
from models.tables.book import Contact
from models.tables.care import Touchpoint


def reader_of(caller: Caller) -> Reader:
    """What of the care calendar the caller sees: its institutions', and its own wherever they are."""
    return Reader(caller.account_id, caller.scope(Action.READ_CARE))


def visible_touchpoint(session: Session, caller: Caller, touchpoint_id: UUID) -> Touchpoint:
    """The touchpoint, if it lies in the caller's scope or a task of its case concerns it. Raises NOT_FOUND."""
    store = CareCalendarStore(session)
    row = store.visible(touchpoint_id, reader_of(caller))
    if row is None:
        row = store.get(touchpoint_id)
        case_id = row.case_id if row else None
        if case_id is None or not TaskStore(session).concerns(case_id, inbox_of(session, caller)):
            raise DomainError(ErrorCode.NOT_FOUND)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return row


def sees_cost(session: Session, caller: Caller, row: Touchpoint) -> bool:
    """Only the owning institution sees what a customer costs (regulation 2.7)."""
    return customer_in_scope(session, row.customer_no, caller.scope(Action.READ_SCORES)) is not None


def entry_name(entry: CareEntry | None, item: str) -> str:
    """The item in the language of the request; one that the rulebook knows no more keeps its identifier."""
    if entry is None:
        return item
    return entry.name_en if language() == "en" else entry.name_zh


def is_overdue(row: Touchpoint, today: date) -> bool:
    """Still to be done after its day."""
    return row.stage in OPEN and row.due_on < today


def row_answers(session: Session, rows: Sequence[Touchpoint], at: datetime) -> list[TouchpointRowAnswer]:
    """Touchpoints of a list."""
    rulebook = rulebook_in_force(session, local_date(at)).rulebook
    names = names_of(session, {row.customer_no for row in rows})
    people = CareCalendarStore(session).people({row.assignee_id for row in rows if row.assignee_id})
    versions = {case.id: case.version for case in CaseStore(session).by_ids(_cases(rows)).values()}
    return [
        TouchpointRowAnswer(
            **_fields(rulebook, row, local_date(at)),
            customer_name=names.get(row.customer_no, row.customer_no),
            assignee_name=people.get(row.assignee_id) if row.assignee_id else None,
            version=versions.get(row.case_id) if row.case_id else None,
        )
        for row in rows
    ]


def touchpoint_answer(session: Session, caller: Caller, row: Touchpoint, at: datetime) -> TouchpointAnswer:
    """One touchpoint with everything on its form."""
    store, rulebook = CareCalendarStore(session), rulebook_in_force(session, local_date(at)).rulebook
    contact = session.get(Contact, row.contact_id) if row.contact_id else None
    room = gifts.room(session, rulebook, row, (row.done_on or local_date(at)).year)
    (shown,) = row_answers(session, [row], at)
    return TouchpointAnswer(
        **shown.model_dump(),
        contact=_contact(contact) if contact else None,
        merged=[other.id for other in store.merged_with([row.id])],
        done_at=row.done_at,
        done_by_name=row.done_by_name,
        content=row.content,
        gift_name=row.gift_name,
        gift_value=row.gift_value,
        cost=row.cost if sees_cost(session, caller, row) else None,
        feedback=row.feedback,
        follow_up=row.follow_up,
        follow_up_on=row.follow_up_on,
        proof_asked=list(proof_asked(entry_of(rulebook, row.code, row.item))),
        proofs=[
            ProofAnswer(
                proof_id=proof.id,
                kind=proof.kind,
                name=proof.name,
                media_type=proof.media_type,
                size=proof.size,
                at=proof.at,
            )
            for proof in store.proofs(row.id)
        ],
        gift=GiftRoomAnswer(per_time=room.per_time, per_year=room.per_year, given=room.given, left=room.left),
        clearances=[ClearanceAnswer.model_validate(item) for item in GiftStore(session).clearances(row.id)],
    )


def proof_asked(entry: CareEntry | None) -> tuple[ProofKind, ...]:
    """What proves it; done by a person it is at least told in words."""
    return (entry.proof if entry else ()) or (ProofKind.TEXT,)


def _cases(rows: Sequence[Touchpoint]) -> set[UUID]:
    return {row.case_id for row in rows if row.case_id is not None}


def _fields(rulebook: Rulebook, row: Touchpoint, today: date) -> dict[str, Any]:
    entry = entry_of(rulebook, row.code, row.item)
    own = set(TouchpointRowAnswer.model_fields) & set(type(row).model_fields)
    return {
        **row.model_dump(include=own),
        "touchpoint_id": row.id,
        "assignee": row.assignee_id,
        "name": entry_name(entry, row.item),
        "reason": reason_text(row.reason) if row.reason else None,
        "overdue": is_overdue(row, today),
    }


def _contact(contact: Contact) -> PersonServedAnswer:
    return PersonServedAnswer(
        contact_id=contact.id,
        kind=contact.kind,
        name=mask_name(contact.name),
        title=contact.title,
        mobile=mask_phone(contact.mobile) if contact.mobile else None,
        consent=contact.consent,
        left_on=contact.left_on,
    )
