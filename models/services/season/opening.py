"""The first record of a quota season 名额季; one per evaluation year, insert-or-adopt."""

from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.season import OpenSeason, RecordSeasonOpening, SeasonOpened, SeasonState
from models.rules.calendar import local_date
from models.rules.season import phase_dates
from models.services import audit
from models.services.calendars import snapshot
from models.services.idempotency import settle_by_update
from models.services.season.rules_of import rulebook_of_year
from models.stores.people import PeopleStore
from models.stores.season import SeasonStore
from models.tables.season import QuotaSeason
from models.types import Role

CREATED = 201


def record_opening(session: Session, message: RecordSeasonOpening) -> SeasonOpened:
    """Insert the season, or return the one that stands for the year.

    Raises REASON_REQUIRED, and NOT_ALLOWED when the opener lost its post.
    """
    start, store, today = message.start, SeasonStore(session), local_date(message.at)
    rulebook = rulebook_of_year(session, start.year, today)
    calendar = snapshot(session, rulebook.working_time, today)
    standing = store.locked(start.year)
    if standing is not None:
        return SeasonOpened(state=SeasonState.model_validate(standing.state), calendar=calendar)
    if not start.comment.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    refuse_without_post(session, start.actor_id)
    state = SeasonState(
        year=start.year,
        opened_at=message.at,
        dates=phase_dates(rulebook.procedure, start.year),
        appeal_working_days=rulebook.desk.appeal_working_days,
    )
    store.add(_row(start, state))
    _audit(session, message, state)
    answer = {"year": start.year, "phase": state.phase.value, "version": state.version}
    settle_by_update(session, start.update_id, CREATED, answer)
    return SeasonOpened(state=state, calendar=calendar)


def refuse_without_post(session: Session, account_id: UUID) -> None:
    """Raises NOT_ALLOWED for who is disabled, or is no head-office VIP manager any more (decisions.md 7)."""
    people = PeopleStore(session)
    account = people.account(account_id)
    holds = any(role is Role.HQ_VIP for role, _institution in people.posts(account_id))
    if account is None or account.disabled_at is not None or not holds:
        raise DomainError(ErrorCode.NOT_ALLOWED, who=Role.HQ_VIP.value)


def _row(start: OpenSeason, state: SeasonState) -> QuotaSeason:
    return QuotaSeason(
        year=start.year,
        workflow_id=start.workflow_id,
        phase=state.phase,
        version=state.version,
        opened_by=start.actor_id,
        opened_at=state.opened_at,
        state=state.model_dump(mode="json"),
    )


def _audit(session: Session, message: RecordSeasonOpening, state: SeasonState) -> None:
    start = message.start
    audit.append(
        session,
        actor=str(start.actor_id),
        action="season.opened",
        object_kind="season",
        object_id=str(start.year),
        door=start.door,
        after={"phase": state.phase.value},
        reason=start.comment.strip(),
        request_id=start.request_id,
        at=message.at,
    )
