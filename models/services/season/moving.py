"""One change of phase in one transaction, insert-or-adopt by version, with everything that follows from it."""

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.season import (
    MoveSeason,
    RecordSeasonMove,
    RemindSeason,
    SeasonMoved,
    SeasonRecorded,
    SeasonState,
)
from models.rules import season
from models.rules.calendar import local_date
from models.services import audit, evaluation
from models.services.calendars import snapshot
from models.services.idempotency import settle_by_update
from models.services.notifications import notify
from models.services.season.listing import write_listing
from models.services.season.opening import refuse_without_post
from models.services.season.rules_of import rulebook_of_year
from models.stores.evaluations import EvaluationStore
from models.stores.season import SeasonStore
from models.tables.season import QuotaSeason
from models.types import SYSTEM_SCHEDULE, Door, Role, SeasonPhase

OK = 200
TOLD = (Role.BR_LEAD, Role.BR_SVC, Role.UNIT_LEAD, Role.MGR)
"""Who hears of the publication: those who may appeal, and the sub-branch leads between them."""


class SeasonDivergedError(RuntimeError):
    """Workflow and record disagree about the season's version: an incident, never papered over."""


def record_move(session: Session, message: RecordSeasonMove) -> SeasonRecorded:
    """Record the change, or return the one that stands for its version.

    Raises NOT_ALLOWED when the person lost its post, NOT_FOUND to freeze without a list, WRONG_STAGE to end the
    season while an appeal is undecided.
    """
    before = message.before
    row = SeasonStore(session).locked(before.year)
    if row is None:
        raise SeasonDivergedError(f"season {before.year} has no record")
    if row.version != before.version:
        return _standing(row, message)
    after = _after(session, message)
    moved = after.moves[-1]
    _follow_up(session, after, moved)
    _write(session, row, after, moved)
    _audit(session, before, moved, message.act)
    if message.act is not None:
        answer = {"year": after.year, "phase": after.phase.value, "version": after.version}
        settle_by_update(session, message.act.update_id, OK, answer)
    return SeasonRecorded(state=after, update_id=moved.update_id)


def _standing(row: QuotaSeason, message: RecordSeasonMove) -> SeasonRecorded:
    state = SeasonState.model_validate(row.state)
    wanted = message.before.version + 1
    moved = next((past for past in state.moves if past.version == wanted), None)
    if moved is None or state.version != wanted:
        raise SeasonDivergedError(f"season {row.year}: record at {row.version}, workflow at {message.before.version}")
    own = message.act.update_id if message.act else None
    return SeasonRecorded(state=state, update_id=moved.update_id, adopted=moved.update_id != own)


def _after(session: Session, message: RecordSeasonMove) -> SeasonState:
    """The state to record; the appeal window is counted on the calendar of now, not on that of the opening."""
    act = message.act
    if act is None:
        return message.after
    refuse_without_post(session, act.actor_id)
    today = local_date(message.at)
    working_time = rulebook_of_year(session, message.before.year, today).working_time
    return season.move(message.before, act, message.at, snapshot(session, working_time, today))


def _follow_up(session: Session, after: SeasonState, moved: SeasonMoved) -> None:
    by = evaluation.By(str(moved.actor_id), moved.door, moved.at)
    row = EvaluationStore(session).lock(after.year)
    frozen = row is not None and row.frozen_at is not None
    if moved.phase is SeasonPhase.DECLARE and not frozen:
        evaluation.freeze(session, after.year, account_id=moved.actor_id, by=by, reason=moved.reason)
    elif moved.phase is SeasonPhase.FREEZE and frozen:
        evaluation.reopen(session, after.year, reason=moved.reason, by=by)
    elif moved.phase in {SeasonPhase.RANK, SeasonPhase.PUBLISH}:
        write_listing(session, after.year, rulebook_of_year(session, after.year, local_date(moved.at)).tiers)
    elif moved.phase is SeasonPhase.EFFECTIVE and SeasonStore(session).open_appeals(after.year):
        raise DomainError(ErrorCode.WRONG_STAGE, stage=SeasonPhase.APPEAL.value)
    if moved.phase is SeasonPhase.PUBLISH:
        _tell(session, after, moved)


def _tell(session: Session, after: SeasonState, moved: SeasonMoved) -> None:
    until = after.appeals_until
    notify(
        session,
        to=SeasonStore(session).holders(TOLD),
        template="season_published",
        key=f"season-published:{after.year}:{moved.version}",
        at=moved.at,
        context={
            "year": str(after.year),
            "by": moved.actor_name,
            "due_at": until.due_at.isoformat() if until else "",
        },
    )


def _write(session: Session, row: QuotaSeason, after: SeasonState, moved: SeasonMoved) -> None:
    row.phase, row.version, row.state = after.phase, after.version, after.model_dump(mode="json")
    if moved.phase is SeasonPhase.PUBLISH:
        row.published_at, row.publish_reason = moved.at, moved.reason[:500]
        row.appeals_until = after.appeals_until.due_at if after.appeals_until else None
    if moved.phase is SeasonPhase.EFFECTIVE:
        row.closed_at = moved.at
    SeasonStore(session).add(row)


def _audit(session: Session, before: SeasonState, moved: SeasonMoved, act: MoveSeason | None) -> None:
    audit.append(
        session,
        actor=str(moved.actor_id) if moved.actor_id else SYSTEM_SCHEDULE,
        action=f"season.{moved.phase.value}",
        object_kind="season",
        object_id=str(before.year),
        door=moved.door,
        before={"phase": before.phase.value},
        after={"phase": moved.phase.value, "late": moved.is_late},
        reason=moved.reason or None,
        request_id=act.request_id if act else None,
        at=moved.at,
    )


def record_reminder(session: Session, message: RemindSeason) -> None:
    """Tell head office, once, that a phase is open after its date; a phase that ended meanwhile is left alone."""
    row = SeasonStore(session).locked(message.year)
    if row is None or row.phase is not message.phase:
        return
    notify(
        session,
        to=SeasonStore(session).holders([Role.HQ_VIP]),
        template="season_overdue",
        key=f"season-overdue:{message.year}:{message.phase.value}:{row.version}",
        at=message.at,
        context={"year": str(message.year), "step": message.phase.value, "due_on": message.due_on.isoformat()},
    )
    state = SeasonState.model_validate(row.state)
    if message.phase not in state.reminded:
        row.state = season.reminded(state, message.phase).model_dump(mode="json")
        SeasonStore(session).add(row)
        _audit_reminder(session, message)


def _audit_reminder(session: Session, message: RemindSeason) -> None:
    audit.append(
        session,
        actor=SYSTEM_SCHEDULE,
        action="season.overdue",
        object_kind="season",
        object_id=str(message.year),
        door=Door.SYSTEM,
        after={"phase": message.phase.value, "due_on": message.due_on.isoformat()},
        at=message.at,
    )
