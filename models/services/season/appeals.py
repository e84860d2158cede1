"""申诉 against the published list: a lone approval of head office, open while its window is.

Upheld, the customer may be declared again this year, as special 特批 too; the listing says so.
"""

from datetime import datetime

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState, RouteStep
from models.messages.lone_approval import StartApproval
from models.messages.season import SeasonState
from models.rules.calendar import local_date
from models.rules.season import takes_appeals, wrong_phase
from models.services.approval.subjects import Subject, register
from models.services.season.listing import APPEAL_UPHELD
from models.stores.people import PeopleStore
from models.stores.season import APPEAL, SeasonStore
from models.tables.cases import Case
from models.types import UNDECIDED_OUTCOMES, InstitutionLevel, Role, SeasonPhase, Stage

MAY_APPEAL = (Role.MGR, Role.BR_SVC, Role.BR_LEAD)
_STEPS = ((Stage.HQ_REVIEW, Role.HQ_VIP), (Stage.HQ_APPROVAL, Role.HQ_LEAD))


def may_start(session: Session, start: StartApproval, at: datetime) -> None:
    """Raises WRONG_STAGE outside the window, NOT_FOUND without a listing, NOT_ALLOWED without a post at the owning
    institution, DUPLICATE_CASE when the customer's appeal waits or was decided."""
    store = SeasonStore(session)
    season = store.get(start.year)
    state = SeasonState.model_validate(season.state) if season else None
    if state is None or not takes_appeals(state, at):
        raise wrong_phase(state.phase if state else SeasonPhase.FREEZE)
    listing = store.listing(start.year, start.customer)
    if listing is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    people = PeopleStore(session)
    above = [item.code for item in people.ancestry(listing.institution_code)]
    if not any(people.holds(start.actor_id, role, code) for code in above for role in MAY_APPEAL):
        raise DomainError(ErrorCode.NOT_ALLOWED, who="、".join(role.value for role in MAY_APPEAL))
    made = store.appeals_of(start.year, start.customer)
    if any(case.outcome not in UNDECIDED_OUTCOMES for case in made):
        raise DomainError(ErrorCode.DUPLICATE_CASE)


def route(session: Session, start: StartApproval, at: datetime) -> tuple[RouteStep, ...]:
    """Head office reviews and approves; each step has the usual allowance of working days."""
    listing = SeasonStore(session).listing(start.year, start.customer)
    above = PeopleStore(session).ancestry(listing.institution_code) if listing else []
    hq = next((item.code for item in above if item.level is InstitutionLevel.HQ), None)
    return tuple(
        RouteStep(stage=stage, role=role, institution_code=hq, due_on=local_date(at), may_reject=True)
        for stage, role in _STEPS
    )


def uphold(session: Session, case: Case, _state: ApprovalState, _at: datetime) -> None:
    """The right is written on the listing: the customer may be declared again."""
    store = SeasonStore(session)
    listing = store.listing(case.year, case.customer)
    if listing is not None and listing.seat_kind is None:
        listing.reason = APPEAL_UPHELD
        store.add(listing)


SUBJECT = register(
    Subject(name=APPEAL, may_start=may_start, route=route, on_approved=uphold, opened_as="appeal_opened")
)
