"""The first record of a running campaign: the draft is opened, once, under the rulebook in force."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.calendar import CalendarSnapshot
from models.messages.survey import OpenSurvey, RecordSurveyOpening, SurveyOpened, SurveyState
from models.rules.calendar import local_date
from models.rules.survey_stages import RUNNERS, closing, wrong_stage
from models.service_types import SurveyStage
from models.services import audit
from models.services.calendars import snapshot
from models.services.idempotency import settle_by_update
from models.services.rulebooks import InForce, rulebook_in_force, rulebook_of
from models.stores.people import PeopleStore
from models.stores.survey import SurveyStore
from models.tables.survey import SurveyCampaign
from models.types import Role

CREATED = 201


def record_opening(session: Session, message: RecordSurveyOpening) -> SurveyOpened:
    """Open the draft, or return the campaign as it runs already.

    Raises NOT_FOUND without a draft, and what `check` refuses.
    """
    start, store = message.start, SurveyStore(session)
    row = store.locked(start.campaign_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    if row.state is not None:
        return _standing(session, row, message.at)
    rules = rulebook_in_force(session, local_date(message.at))
    state, calendar = _opened(session, row, start, message.at, rules)
    row.stage, row.version, row.state = state.stage, state.version, state.model_dump(mode="json")
    row.opened_at, row.closes_at, row.rulebook_version_id = message.at, state.closes_at.due_at, rules.version.id
    store.add(row)
    _audit(session, start, state, message.at)
    answer = {"campaign_id": str(row.id), "stage": state.stage.value, "version": state.version}
    settle_by_update(session, start.update_id, CREATED, answer)
    return _how(rules, state, calendar)


def check(session: Session, row: SurveyCampaign, start: OpenSurvey, at: datetime) -> None:
    """What forbids the opening now. Raises NOT_ALLOWED, STALE_VERSION, WRONG_STAGE, INVALID_INPUT (`closes_on`)."""
    _opened(session, row, start, at, rulebook_in_force(session, local_date(at)))


def _opened(
    session: Session, row: SurveyCampaign, start: OpenSurvey, at: datetime, rules: InForce
) -> tuple[SurveyState, CalendarSnapshot]:
    above = tuple(place.code for place in PeopleStore(session).ancestry(row.institution_code))
    refuse_without_post(session, start.actor_id, above)
    if row.stage is not SurveyStage.DRAFT:
        raise wrong_stage(row.stage)
    if start.version != row.version:
        raise DomainError(ErrorCode.STALE_VERSION, version=row.version)
    calendar = snapshot(session, rules.rulebook.working_time, local_date(at))
    state = SurveyState(
        campaign_id=row.id,
        institution_code=row.institution_code,
        above=above,
        version=row.version + 1,
        opened_at=at,
        closes_at=closing(calendar, at, row.closes_on),
        remind_after_working_days=rules.rulebook.survey.remind_after_working_days,
    )
    return state, calendar


def refuse_without_post(session: Session, account_id: UUID, above: tuple[str, ...]) -> None:
    """Raises NOT_ALLOWED for who is disabled, or leads no campaign of these institutions any more (decisions.md 7)."""
    people = PeopleStore(session)
    account = people.account(account_id)
    holds = any(role in RUNNERS and place.code in above for role, place in people.posts(account_id))
    if account is None or account.disabled_at is not None or not holds:
        raise DomainError(ErrorCode.NOT_ALLOWED, who=Role.HQ_VIP.value)


def _standing(session: Session, row: SurveyCampaign, at: datetime) -> SurveyOpened:
    day = local_date(at)
    pinned = row.rulebook_version_id
    rules = rulebook_of(session, pinned) if pinned else rulebook_in_force(session, day)
    calendar = snapshot(session, rules.rulebook.working_time, day)
    found = _how(rules, SurveyState.model_validate(row.state), calendar)
    return found.model_copy(update={"reminded": row.reminded_at is not None})


def _how(rules: InForce, state: SurveyState, calendar: CalendarSnapshot) -> SurveyOpened:
    desk = rules.rulebook.desk
    return SurveyOpened(
        state=state,
        calendar=calendar,
        quiet_from_hour=desk.quiet_from_hour,
        quiet_until_hour=desk.quiet_until_hour,
    )


def _audit(session: Session, start: OpenSurvey, state: SurveyState, at: datetime) -> None:
    audit.append(
        session,
        actor=str(start.actor_id),
        action="survey.opened",
        object_kind="survey",
        object_id=str(state.campaign_id),
        door=start.door,
        after={"stage": state.stage.value, "closes_at": state.closes_at.due_at.isoformat()},
        reason=start.comment.strip() or None,
        request_id=start.request_id,
        at=at,
    )
