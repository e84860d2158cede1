"""Queries of the company calendar: its days and years, what was published, which cases were told."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, col, func, or_, select

from models.stores.scope import Scope, within
from models.tables.calendar import CalendarDay, CalendarNotice, CalendarPublication, CalendarYear
from models.tables.cases import Case, Task
from models.types import OPEN_TASK_STATES, SERVICE_KINDS, CaseKind

COMPANY = ""
"""Institution code of the rows that hold for the whole company."""
ON_A_CLOCK = (CaseKind.QUALIFICATION, CaseKind.APPROVAL, CaseKind.PERIOD_CLOSE, CaseKind.ROLLOUT, *SERVICE_KINDS)
"""Kinds whose workflow runs its clocks on a calendar of its own."""


class Told(NamedTuple):
    """How many cases a publication has to tell, and how many of them moved their deadlines."""

    cases: int
    acknowledged: int


class CalendarStore:
    """Loaded days and years; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def days(self, first: date, last: date, institution_codes: Collection[str] = (COMPANY,)) -> list[CalendarDay]:
        """Loaded days in [first, last] of the company (and of institutions), by date."""
        statement = (
            select(CalendarDay)
            .where(col(CalendarDay.day).between(first, last), col(CalendarDay.institution_code).in_(institution_codes))
            .order_by(col(CalendarDay.day), col(CalendarDay.institution_code))
        )
        return list(self.session.exec(statement))

    def official_years(self, first_year: int, last_year: int) -> set[int]:
        """Loaded years whose make-up days are known."""
        statement = select(CalendarYear.year).where(
            col(CalendarYear.year).between(first_year, last_year), CalendarYear.state == "official"
        )
        return set(self.session.exec(statement))

    def put_days(self, days: Iterable[CalendarDay]) -> int:
        """Insert or replace days by their keys; how many of them are new or other than before."""
        return sum(self._put(row, (row.institution_code, row.day), frozenset()) for row in days)

    def put_years(self, years: Iterable[CalendarYear]) -> int:
        """Insert or replace years; one whose state and source stand already keeps its time of loading."""
        return sum(self._put(row, row.year, frozenset({"loaded_at"})) for row in years)

    def _put(self, row: CalendarDay | CalendarYear, key: Any, aside: frozenset[str]) -> bool:
        stored = self.session.get(type(row), key)
        if stored is not None and stored.model_dump(exclude=set(aside)) == row.model_dump(exclude=set(aside)):
            return False
        self.session.merge(row)
        self.session.flush()
        return True


class PublicationStore:
    """Published changes and the cases they concern; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, row: CalendarPublication | CalendarNotice) -> None:
        """Insert or change, at once."""
        self.session.add(row)
        self.session.flush()

    def add_notices(self, publication_id: UUID, case_ids: Iterable[UUID]) -> None:
        """Cases to tell."""
        self.session.add_all(CalendarNotice(publication_id=publication_id, case_id=case_id) for case_id in case_ids)
        self.session.flush()

    def get(self, publication_id: UUID) -> CalendarPublication | None:
        """A publication by its id."""
        return self.session.get(CalendarPublication, publication_id)

    def of_year(self, year: int, limit: int) -> list[CalendarPublication]:
        """Publications of a year, newest first."""
        statement = select(CalendarPublication).where(CalendarPublication.year == year)
        return list(self.session.exec(statement.order_by(col(CalendarPublication.id).desc()).limit(limit)))

    def not_started(self, before: datetime) -> list[UUID]:
        """Publications from before an instant of which no case has heard yet: nobody seems to tell them."""
        heard = select(CalendarNotice.case_id).where(
            CalendarNotice.publication_id == CalendarPublication.id, col(CalendarNotice.told_at).is_not(None)
        )
        statement = select(CalendarPublication.id).where(
            col(CalendarPublication.finished_at).is_(None),
            col(CalendarPublication.published_at) <= before,
            ~heard.exists(),
        )
        return list(self.session.exec(statement))

    def open_cases(self, scope: Scope) -> list[Case]:
        """Running cases with clocks in the scope, by id."""
        statement = select(Case).where(
            col(Case.closed_at).is_(None), col(Case.kind).in_(ON_A_CLOCK), within(Case.institution_code, scope)
        )
        return list(self.session.exec(statement.order_by(col(Case.id))))

    def unknown_cases(self, publication: CalendarPublication, scope: Scope) -> list[UUID]:
        """Running cases that opened before the publication and have no notice: their records came in beside it."""
        noticed = select(CalendarNotice.case_id).where(CalendarNotice.publication_id == publication.id)
        statement = select(Case.id).where(
            col(Case.closed_at).is_(None),
            col(Case.kind).in_(ON_A_CLOCK),
            col(Case.opened_at) <= publication.published_at,
            within(Case.institution_code, scope),
            col(Case.id).not_in(noticed),
        )
        return list(self.session.exec(statement))

    def open_tasks(self, task_ids: Collection[UUID]) -> dict[UUID, Task]:
        """Open tasks by id."""
        statement = select(Task).where(col(Task.id).in_(task_ids), col(Task.state).in_(OPEN_TASK_STATES))
        return {task.id: task for task in self.session.exec(statement)}

    def notice(self, publication_id: UUID, case_id: UUID) -> CalendarNotice | None:
        """The notice of one case."""
        return self.session.get(CalendarNotice, (publication_id, case_id))

    def untold(self, publication_id: UUID, *, again_before: datetime, limit: int) -> list[Case]:
        """Running cases that have not been told yet, or were before an instant and have not answered since."""
        statement = (
            select(Case)
            .join(CalendarNotice, col(CalendarNotice.case_id) == Case.id)
            .where(
                CalendarNotice.publication_id == publication_id,
                or_(col(CalendarNotice.told_at).is_(None), col(CalendarNotice.told_at) <= again_before),
                col(CalendarNotice.acknowledged_at).is_(None),
                col(Case.closed_at).is_(None),
            )
            .order_by(col(Case.id))
        )
        return list(self.session.exec(statement.limit(limit)))

    def closed_unacknowledged(self, publication_id: UUID) -> list[CalendarNotice]:
        """Notices of cases that ended before they moved anything: there is nothing left to move."""
        statement = (
            select(CalendarNotice)
            .join(Case, col(Case.id) == CalendarNotice.case_id)
            .where(
                CalendarNotice.publication_id == publication_id,
                col(CalendarNotice.acknowledged_at).is_(None),
                col(Case.closed_at).is_not(None),
            )
        )
        return list(self.session.exec(statement))

    def told(self, publication_id: UUID) -> Told:
        """How far a publication is."""
        statement = select(func.count(), func.count(col(CalendarNotice.acknowledged_at))).where(
            CalendarNotice.publication_id == publication_id
        )
        return Told(*self.session.exec(statement).one())
