"""Queries of the company calendar."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from models.tables.calendar import CalendarDay, CalendarYear

COMPANY = ""
"""Institution code of the rows that hold for the whole company."""


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
