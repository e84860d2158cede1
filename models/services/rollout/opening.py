"""The first record of a launch: the draft from the rulebook's template; one open launch at a time, insert-or-adopt."""

from datetime import datetime
from decimal import Decimal

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.identifiers import ROLLOUT_KEY
from models.messages.approval import Act
from models.messages.rollout import RecordRolloutOpening, RolloutOpened, RolloutPast, RolloutState, StartRollout
from models.rules import rollout
from models.rules.calendar import local_date
from models.rules.seats import HEAD_OFFICE_SCOPE
from models.services import audit
from models.services.alarms import policy_for
from models.services.calendars import case_calendar, snapshot
from models.services.case_state import launch_of
from models.services.case_steps import decision_row
from models.services.idempotency import settle_by_update
from models.services.rulebooks import InForce, rulebook_in_force, rulebook_of
from models.stores.cases import CaseStore
from models.stores.institutions import InstitutionStore
from models.stores.people import PeopleStore
from models.stores.scope import EVERYTHING
from models.tables.cases import Case
from models.types import CaseKind, InstitutionLevel, Role, SeatKind, Stage, Tier

CREATED = 201
OPEN = "open"


def record_opening(session: Session, message: RecordRolloutOpening) -> RolloutOpened:
    """Insert the launch, or return the one that this workflow already recorded.

    Raises NOT_ALLOWED when the opener lost its post, DUPLICATE_CASE with the open one, INVALID_INPUT for branches that
    are none, or a start that is years away.
    """
    start, at = message.start, message.at
    standing = CaseStore(session).opened_by(start.workflow_id)
    if standing is not None:
        return _opened(session, standing, at)
    refuse_without_post(session, start)
    check(session, start, at)
    rules = rulebook_in_force(session, local_date(at))
    state = _state(session, start, rules, at)
    case = _case(start, state, rules, at)
    store = CaseStore(session)
    store.add(case)
    row = decision_row(case, start, state, state.acts[-1], state.round)
    row.effect = {}
    store.add(row)
    _audit(session, case, start, state)
    settle_by_update(session, start.update_id, CREATED, {"case_id": str(case.id), "version": state.version})
    return _opened(session, case, at)


def check(session: Session, start: StartRollout, at: datetime) -> None:
    """What forbids the start: asked before sending, and again in the first record. Raises as `record_opening`."""
    rollout.refuse_far_start(start.start_on, local_date(at))
    refuse_unknown_branches(session, start.branches)
    standing = CaseStore(session).by_open_key(ROLLOUT_KEY)
    if standing is not None:
        raise DomainError(ErrorCode.DUPLICATE_CASE, case_id=str(standing.id))


def refuse_unknown_branches(session: Session, branches: tuple[str, ...]) -> None:
    """Raises INVALID_INPUT where nobody takes part, or an institution that is no branch, or one twice."""
    if not branches or len(set(branches)) != len(branches) or not set(branches) <= set(all_branches(session)):
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "branches", "reason": "missing"}])


def all_branches(session: Session) -> tuple[str, ...]:
    """Codes of every branch, in order."""
    places = InstitutionStore(session).all(EVERYTHING)
    return tuple(place.code for place in places if place.level is InstitutionLevel.BRANCH)


def refuse_without_post(session: Session, act: Act) -> None:
    """Raises NOT_ALLOWED for who is disabled, or is no head-office VIP manager any more (decisions.md 7)."""
    people = PeopleStore(session)
    account = people.account(act.actor_id)
    holds = any(role is Role.HQ_VIP for role, _place in people.posts(act.on_behalf_of or act.actor_id))
    if account is None or account.disabled_at is not None or not holds:
        raise DomainError(ErrorCode.NOT_ALLOWED, who=Role.HQ_VIP.value)


def _state(session: Session, start: StartRollout, rules: InForce, at: datetime) -> RolloutState:
    rulebook = rules.rulebook
    calendar = snapshot(session, rulebook.working_time, start.start_on)
    past = RolloutPast(
        step_no=1,
        act=OPEN,
        stage=Stage.PLANNED,
        actor_id=start.actor_id,
        actor_name=start.actor_name,
        on_behalf_of=start.on_behalf_of,
        door=start.door,
        at=at,
    )
    return RolloutState(
        case_id=start.case_id,
        start_on=start.start_on,
        branches=start.branches,
        items=rollout.from_template(rulebook.rollout, start.start_on, calendar),
        acts=(past,),
        min_allowance_working_days=rulebook.procedure.min_allowance_working_days,
    )


def _case(start: StartRollout, state: RolloutState, rules: InForce, at: datetime) -> Case:
    """The row of the case: about head office, without customer, seat or value."""
    return Case(
        id=state.case_id,
        kind=CaseKind.ROLLOUT,
        workflow_id=start.workflow_id,
        open_key=ROLLOUT_KEY,
        institution_code=HEAD_OFFICE_SCOPE,
        year=start.start_on.year,
        attempt=1,
        tier=Tier.REGULAR,
        tier_applied=Tier.REGULAR,
        seat_kind=SeatKind.RANKED,
        stage=state.stage,
        version=state.version,
        declared_by=start.actor_id,
        rulebook_version_id=rules.version.id,
        reason=start.comment.strip() or None,
        content_hash=start.content_hash,
        value=Decimal(0),
        state=state.model_dump(mode="json"),
        opened_at=at,
    )


def _opened(session: Session, case: Case, at: datetime) -> RolloutOpened:
    rulebook = rulebook_of(session, case.rulebook_version_id).rulebook
    calendar = case_calendar(session, case, at)
    return RolloutOpened(state=launch_of(case), calendar=calendar, alarms=policy_for(case.kind, rulebook))


def _audit(session: Session, case: Case, start: StartRollout, state: RolloutState) -> None:
    audit.append(
        session,
        actor=str(start.actor_id),
        on_behalf_of=str(start.on_behalf_of) if start.on_behalf_of else None,
        action=OPEN,
        object_kind="case",
        object_id=str(case.id),
        door=start.door,
        after={"kind": case.kind.value, "stage": state.stage.value, "branches": list(state.branches)},
        reason=start.comment.strip() or None,
        request_id=start.request_id,
        at=case.opened_at,
    )
