"""合规审批 of a gift above its cap: a lone approval by the post that the rulebook names, asked for before it is given.

Granted, the touchpoint may be completed with a gift of up to that value; refused, the cap holds.
"""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState, RouteStep
from models.messages.lone_approval import StartApproval
from models.rules.calendar import local_date
from models.services.approval.signing_places import signing_institution
from models.services.approval.subjects import Subject, register
from models.services.care import gifts
from models.services.care.doing import OPEN
from models.services.desk.acting import invalid
from models.services.rulebooks import rulebook_in_force
from models.stores.care_calendar import CareCalendarStore
from models.stores.gifts import GiftStore
from models.tables.care import GiftClearance, Touchpoint
from models.tables.cases import Case
from models.types import Stage

GIFT = "gift"
_FACTS = ("touchpoint_id", "gift_name", "gift_value")


def facts_of(touchpoint_id: UUID, gift_name: str, gift_value: Decimal) -> dict[str, str]:
    """What the start of a sign-off carries."""
    return dict(zip(_FACTS, (str(touchpoint_id), gift_name.strip(), str(gift_value)), strict=True))


def may_start(session: Session, start: StartApproval, at: datetime) -> None:
    """Raises NOT_FOUND, WRONG_STAGE for a touchpoint that is over, INVALID_INPUT for a gift without name or within
    its cap: there is nothing to sign off."""
    row, name, value = _asked(session, start)
    if row.stage not in OPEN:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=row.stage.value)
    if not name:
        raise invalid("gift_name", "missing")
    today = local_date(at)
    if not gifts.room(session, rulebook_in_force(session, today).rulebook, row, today.year).over(value):
        raise invalid("gift_value", "within_the_cap")


def route(session: Session, start: StartApproval, at: datetime) -> tuple[RouteStep, ...]:
    """One step: the post of the rulebook, where the touchpoint's institution or one above it has somebody in it."""
    row, _name, _value = _asked(session, start)
    role = rulebook_in_force(session, local_date(at)).rulebook.care.gift_cap.signoff_role
    place = signing_institution(session, role, row.institution_code, start.actor_id)
    step = RouteStep(
        stage=Stage.BRANCH_APPROVAL, role=role, institution_code=place, due_on=local_date(at), may_reject=True
    )
    return (step,)


def keep(session: Session, case: Case, start: StartApproval, at: datetime) -> None:
    """What was asked for, beside the case."""
    row, name, value = _asked(session, start)
    today = local_date(at)
    over = gifts.room(session, rulebook_in_force(session, today).rulebook, row, today.year).over(value)
    GiftStore(session).add(
        GiftClearance(
            case_id=case.id,
            touchpoint_id=row.id,
            contact_id=row.contact_id,
            gift_name=name,
            gift_value=value,
            over=over,
        )
    )


def clear(session: Session, case: Case, _state: ApprovalState, at: datetime) -> None:
    """Granted."""
    row = GiftStore(session).clearance(case.id)
    if row is not None and row.cleared_at is None:
        row.cleared_at = at
        GiftStore(session).add(row)


def refuse(session: Session, case: Case, _state: ApprovalState, at: datetime) -> None:
    """Refused."""
    row = GiftStore(session).clearance(case.id)
    if row is not None and row.refused_at is None:
        row.refused_at = at
        GiftStore(session).add(row)


def _asked(session: Session, start: StartApproval) -> tuple[Touchpoint, str, Decimal]:
    try:
        touchpoint_id, value = UUID(start.facts["touchpoint_id"]), Decimal(start.facts["gift_value"])
    except (KeyError, ValueError, InvalidOperation) as error:
        raise invalid("gift_value", "decimal_parsing") from error
    row = CareCalendarStore(session).get(touchpoint_id)
    if row is None or row.customer_no != start.customer_no:
        raise DomainError(ErrorCode.NOT_FOUND)
    return row, start.facts.get("gift_name", ""), value


SUBJECT = register(
    Subject(name=GIFT, may_start=may_start, route=route, on_opened=keep, on_approved=clear, on_rejected=refuse)
)
