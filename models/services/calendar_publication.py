"""Publishing a change of the working calendar: what it would move, the change itself, and each case following once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState
from models.messages.calendar import CalendarSnapshot
from models.messages.calendar_publication import AdoptCalendar, CalendarAdopted, TellingProgress
from models.messages.rollout import RolloutState
from models.messages.service import ServiceState
from models.rules import rollout, service
from models.rules.redating import MovedTask, moved, redated, with_deadlines_of
from models.services import audit
from models.services import calendar_adoption as adoption
from models.services.calendars import AS_IT_STANDS, Proposal, case_calendar, settle_years, year_state
from models.stores.calendar import COMPANY, CalendarStore, PublicationStore
from models.stores.people import PeopleStore
from models.stores.scope import EVERYTHING, Scope
from models.tables.calendar import CalendarDay, CalendarPublication
from models.tables.cases import Case
from models.types import SERVICE_KINDS, CaseKind, Door

SOURCE = "公司日历"
OFFICIAL = "official"


class ChangedDay(NamedTuple):
    """One day as it is to be: worked, worked until noon, or off."""

    day: date
    is_workday: bool
    is_half_day: bool
    name: str


class Change(NamedTuple):
    """What is to be published. `official` None: the days themselves show whether they are the published year's."""

    year: int
    days: tuple[ChangedDay, ...]
    institution_code: str = COMPANY
    official: bool | None = None


class Publisher(NamedTuple):
    """Who publishes, why, and through which door."""

    account_id: UUID
    reason: str
    door: Door
    now: datetime
    request_id: str | None = None


class MovedDeadline(NamedTuple):
    """One open task whose deadline the change moves."""

    task_id: UUID
    case_id: UUID
    kind: CaseKind
    step: str
    customer_no: str
    customer_name: str
    institution_code: str
    before: datetime
    after: datetime
    provisional: bool


class Preview(NamedTuple):
    """What a change would do: every moved deadline, the earliest new one first, and how many running cases it meets."""

    moved: tuple[MovedDeadline, ...]
    cases: int

    @property
    def by_kind(self) -> dict[str, int]:
        """Moved deadlines by kind of case."""
        return dict(Counter(line.kind.value for line in self.moved))


def preview(session: Session, change: Change, now: datetime) -> Preview:
    """Which open deadlines the change moves; nothing is stored. Raises INVALID_INPUT and NOT_FOUND."""
    scope, proposal = _reach(session, change), proposal_of(session, change)
    cases = PublicationStore(session).open_cases(scope)
    found = [(case, move) for case, move in _moves(session, cases, now, proposal)]
    rows = PublicationStore(session).open_tasks([move.task.task_id for _, move in found])
    names = {task_id: row.customer_name for task_id, row in rows.items()}
    lines = [_line(case, move, names.get(move.task.task_id, case.number)) for case, move in found]
    return Preview(tuple(sorted(lines, key=lambda line: (line.after, line.task_id))), len(cases))


def publish(session: Session, change: Change, by: Publisher) -> CalendarPublication:
    """Store the days and whom to tell of them; the workflow `calendar-publish` does the telling.

    Raises REASON_REQUIRED, INVALID_INPUT, and NOT_FOUND for an unknown institution.
    """
    if not by.reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    scope, proposal = _reach(session, change), proposal_of(session, change)
    CalendarStore(session).put_days(proposal.days)
    if change.year in proposal.official:
        settle_years(session, [change.year], source=SOURCE, now=by.now, official=True)
    publication = CalendarPublication(
        institution_code=change.institution_code,
        year=change.year,
        reason=by.reason.strip(),
        days=[_as_json(day) for day in change.days],
        published_by=by.account_id,
        published_at=by.now,
    )
    store = PublicationStore(session)
    store.add(publication)
    cases = store.open_cases(scope)
    store.add_notices(publication.id, [case.id for case in cases])
    if not cases:
        publication.finished_at = by.now
        store.add(publication)
    _audit_publication(session, publication, by, len(cases))
    return publication


def adopt(session: Session, message: AdoptCalendar) -> CalendarAdopted:
    """Move a case's open deadlines to the calendar as it stands, once per publication.

    Told again, it answers what the first time recorded. Raises RecordDivergedError.
    """
    found = adoption.begin(session, message.case_id, message.publication_id)
    if found.is_done:
        recorded = ApprovalState.model_validate(found.case.state)
        return CalendarAdopted(calendar=found.calendar, state=with_deadlines_of(message.before, recorded))
    after = redated(message.before, found.calendar)
    adoption.finish(session, found, message.before, after)
    return CalendarAdopted(calendar=found.calendar, state=after)


def next_batch(
    session: Session, publication_id: UUID, *, now: datetime, again_before: datetime, limit: int
) -> dict[UUID, str]:
    """Cases to tell next with their workflows; cases that ended meanwhile have nothing left to move.

    Those told before `again_before` that have not answered are told again. Raises NOT_FOUND.
    """
    publication, store = publication_of(session, publication_id), PublicationStore(session)
    store.add_notices(publication.id, store.unknown_cases(publication, scope_of(session, publication.institution_code)))
    for notice in store.closed_unacknowledged(publication.id):
        notice.acknowledged_at = now
        store.add(notice)
    waiting = store.untold(publication.id, again_before=again_before, limit=limit)
    return {case.id: case.workflow_id for case in waiting}


def keep_told(session: Session, publication_id: UUID, told: Sequence[UUID], now: datetime) -> TellingProgress:
    """Remember who was told, and how many have answered; the publication is finished when all have."""
    publication, store = publication_of(session, publication_id), PublicationStore(session)
    for case_id in told:
        notice = store.notice(publication.id, case_id)
        if notice is not None:
            notice.told_at = now
            store.add(notice)
    answered = store.told(publication.id)
    finished = answered.acknowledged >= answered.cases
    if finished and publication.finished_at is None:
        publication.finished_at = now
        store.add(publication)
    return TellingProgress(
        told_now=len(told), acknowledged=answered.acknowledged, cases=answered.cases, finished=finished
    )


def publication_of(session: Session, publication_id: UUID) -> CalendarPublication:
    """A publication by its id. Raises NOT_FOUND."""
    found = PublicationStore(session).get(publication_id)
    if found is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return found


def _moves(
    session: Session, cases: Sequence[Case], now: datetime, proposal: Proposal = AS_IT_STANDS
) -> Iterator[tuple[Case, MovedTask]]:
    calendars: dict[tuple[UUID, str], CalendarSnapshot] = {}
    for case in cases:
        key = (case.rulebook_version_id, case.institution_code)
        if key not in calendars:
            calendars[key] = case_calendar(session, case, now, proposed=proposal)
        for move in _moved(case, calendars[key]):
            yield case, move


def _moved(case: Case, calendar: CalendarSnapshot) -> tuple[MovedTask, ...]:
    """By the rule of its kind."""
    if case.kind in SERVICE_KINDS:
        served = ServiceState.model_validate(case.state)
        return moved(served, service.redated(served, calendar))
    if case.kind is CaseKind.ROLLOUT:
        launch = RolloutState.model_validate(case.state)
        return moved(launch, rollout.redated(launch, calendar))
    state = ApprovalState.model_validate(case.state)
    return moved(state, redated(state, calendar))


def _line(case: Case, move: MovedTask, customer_name: str) -> MovedDeadline:
    return MovedDeadline(
        task_id=move.task.task_id,
        case_id=case.id,
        kind=case.kind,
        step=move.task.step,
        customer_no=case.number,
        customer_name=customer_name,
        institution_code=case.institution_code,
        before=move.before,
        after=move.after,
        provisional=move.provisional,
    )


def _reach(session: Session, change: Change) -> Scope:
    """The cases a change may concern. Raises INVALID_INPUT for days outside the year or two of one date."""
    dates = [line.day for line in change.days]
    wrong = [day for day in dates if day.year != change.year or dates.count(day) > 1]
    halves = [line.day for line in change.days if line.is_half_day and not line.is_workday]
    if wrong or halves or not dates:
        errors = [{"field": "days", "reason": f"date {day}"} for day in dict.fromkeys((*wrong, *halves))]
        raise DomainError(ErrorCode.INVALID_INPUT, n=max(1, len(errors)), errors=errors)
    return scope_of(session, change.institution_code)


def scope_of(session: Session, institution_code: str) -> Scope:
    """The institutions that follow the days of one (`""`: all). Raises NOT_FOUND for an unknown one."""
    if institution_code == COMPANY:
        return EVERYTHING
    above = PeopleStore(session).ancestry(institution_code)
    if not above:
        raise DomainError(ErrorCode.NOT_FOUND)
    return Scope((above[0].path,))


def proposal_of(session: Session, change: Change) -> Proposal:
    """The change as rows over those that stand, and the year it publishes."""
    rows = tuple(
        CalendarDay(
            institution_code=change.institution_code,
            day=line.day,
            is_workday=line.is_workday,
            is_half_day=line.is_half_day,
            name=line.name,
            source=SOURCE,
        )
        for line in change.days
    )
    published = change.official
    if published is None:
        published = year_state(session, change.year, rows) == OFFICIAL
    of_company = change.institution_code == COMPANY
    return Proposal(rows, frozenset({change.year}) if published and of_company else frozenset())


def _as_json(line: ChangedDay) -> dict[str, object]:
    return {**line._asdict(), "day": line.day.isoformat()}


def _audit_publication(session: Session, publication: CalendarPublication, by: Publisher, cases: int) -> None:
    audit.append(
        session,
        actor=str(by.account_id),
        action="calendar.published",
        object_kind="calendar",
        object_id=str(publication.year),
        door=by.door,
        after={
            "publication_id": str(publication.id),
            "institution_code": publication.institution_code,
            "days": publication.days,
            "cases": cases,
        },
        reason=publication.reason,
        request_id=by.request_id,
        at=by.now,
    )
