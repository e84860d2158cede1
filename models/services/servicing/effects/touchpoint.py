"""关怀触点, 附件四: what a case changes in the row of its touchpoint; the row's own rules are `services.care.doing`."""

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.identifiers import touchpoint_workflow_id
from models.messages.service import ServiceState, StartTouchpoint
from models.messages.service_acts import (
    AssignService,
    CompleteTouchpoint,
    RescheduleTouchpoint,
    SkipTouchpoint,
    StopTouchpoint,
)
from models.rules.service.facts import OpeningFacts, Promised
from models.services.care import doing
from models.services.rulebooks import rulebook_of
from models.services.servicing.effects.base import Effect, Ground, Intake, Step
from models.services.servicing.posts import opener, serving_at
from models.stores.care_calendar import CareCalendarStore
from models.stores.people import PeopleStore
from models.tables.care import Touchpoint
from models.tables.cases import Case
from models.tables.organisation import Account
from models.types import CaseKind, InstitutionLevel, Role


def intake(session: Session, start: StartTouchpoint, _: Ground) -> Intake:
    """The facts of a touchpoint whose hour has come.

    Raises NOT_FOUND, WRONG_STAGE for one that is over, done with another, or has its case already.
    """
    row = CareCalendarStore(session).get(start.touchpoint_id)
    if row is None or row.customer_no != start.customer_no:
        raise DomainError(ErrorCode.NOT_FOUND)
    if row.stage not in doing.WAITING or row.case_id is not None or row.merged_into is not None:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=row.stage.value)
    serving, handler = (
        serving_at(session, row.role, lead_role(session, row), row.institution_code),
        _handler(session, row),
    )
    facts = OpeningFacts(
        case_id=start.case_id,
        kind=CaseKind.CARE_TOUCHPOINT,
        tier=row.tier,
        customer_no=row.customer_no,
        **serving._asdict(),
        opened_by=opener(session, start, serving, handler.id if handler else None),
        received_at=start.received_at,
        promises=(Promised(name="perform", code=row.code, article=row.article, due_on=row.due_on),),
        touchpoint_id=row.id,
        handler=(handler.id, handler.name) if handler else None,
    )
    return Intake(facts, touchpoint_workflow_id(row.id))


def opened(session: Session, case: Case, start: StartTouchpoint, _: ServiceState) -> None:
    """The row has a case from now on."""
    doing.open_case(session, start.touchpoint_id, case.id, case.opened_at)


def stepped(session: Session, case: Case, step: Step) -> None:
    """What the act changes in the row. Raises what `doing` refuses: GIFT_CAP_EXCEEDED, CONSENT_MISSING..."""
    row, act = _row(session, step.after), step.act
    if isinstance(act, CompleteTouchpoint):
        doing.complete(_moment(session, case, step), row, act)
    elif isinstance(act, SkipTouchpoint):
        doing.skip(session, row, act.comment, step.at)
    elif isinstance(act, StopTouchpoint):
        doing.stop(session, row, act.comment, step.at)
    elif isinstance(act, RescheduleTouchpoint):
        doing.reschedule(_moment(session, case, step), row, act.to, act.comment)
    elif isinstance(act, AssignService) and step.after.handler_id is not None:
        doing.assign(session, row, step.after.handler_id, step.at)


def redated(session: Session, case: Case, state: ServiceState) -> None:
    """A published calendar moved the deadline: the row keeps the day that was promised."""


def lead_role(session: Session, row: Touchpoint) -> Role:
    """Who leads the post that does it: the branch head, at head office its VIP service manager."""
    places = PeopleStore(session).ancestry(row.institution_code)
    at_head_office = bool(places) and places[0].level is InstitutionLevel.HQ
    return Role.HQ_VIP if at_head_office else Role.BR_LEAD


def _handler(session: Session, row: Touchpoint) -> Account | None:
    """Whoever it was given to, while there."""
    account = PeopleStore(session).account(row.assignee_id) if row.assignee_id else None
    return account if account is not None and account.disabled_at is None else None


def _row(session: Session, state: ServiceState) -> Touchpoint:
    row = CareCalendarStore(session).locked(state.touchpoint_id) if state.touchpoint_id else None
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return row


def _moment(session: Session, case: Case, step: Step) -> doing.Moment:
    rulebook = rulebook_of(session, case.rulebook_version_id).rulebook
    return doing.Moment(session, rulebook, step.calendar(), step.at)


EFFECT = Effect(intake=intake, opened=opened, stepped=stepped, redated=redated)
