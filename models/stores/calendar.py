"""Queries of the company calendar."""

from collections.abc import Collection, Iterable
from datetime import date

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

    def put(self, days: Iterable[CalendarDay], years: Iterable[CalendarYear]) -> None:
        """Insert or replace days and years by their keys."""
        for row in (*days, *years):
            self.session.merge(row)
        self.session.flush()
