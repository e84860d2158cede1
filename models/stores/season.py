"""Queries of the quota season 名额季: its row, the published list, appeals, and what the list is made of."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, insert
from sqlmodel import Session, col, func, select

from models.stores.scope import Scope, scoped
from models.tables.cases import Case, Seat
from models.tables.evaluation import RankingRow
from models.tables.organisation import Account, Post
from models.tables.season import QuotaSeason, SeasonListing
from models.types import CaseKind, Outcome, Role

APPEAL = "appeal"
"""`subject` of the lone approval that is an appeal 申诉."""
_CHUNK = 500


class Declared(NamedTuple):
    """How a customer's last declaration of the year stands."""

    outcome: Outcome | None
    in_reserve_since: datetime | None


class SeasonStore:
    """The season of a year and its list."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, year: int) -> QuotaSeason | None:
        """The season of an evaluation year."""
        return self.session.get(QuotaSeason, year)

    def locked(self, year: int) -> QuotaSeason | None:
        """The season, held against other writers until this transaction ends."""
        return self.session.exec(select(QuotaSeason).where(QuotaSeason.year == year).with_for_update()).first()

    def add(self, row: QuotaSeason | SeasonListing) -> None:
        """Insert or change a row."""
        self.session.add(row)
        self.session.flush()

    def listing(self, year: int, customer_no: str) -> SeasonListing | None:
        """One customer's line in the list as published."""
        return self.session.get(SeasonListing, (year, customer_no))

    def listings(self, year: int, scope: Scope, *, after_rank: int, limit: int) -> list[SeasonListing]:
        """The list within a scope, best first, below a rank."""
        statement = select(SeasonListing).where(SeasonListing.year == year, col(SeasonListing.rank) > after_rank)
        statement = scoped(statement, SeasonListing.institution_code, scope)
        return list(self.session.exec(statement.order_by(col(SeasonListing.rank)).limit(limit)))

    def replace_listings(self, year: int, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write the whole list of a year in place of an earlier one."""
        self.session.execute(delete(SeasonListing).where(col(SeasonListing.year) == year))
        values = list(rows)
        for start in range(0, len(values), _CHUNK):
            self.session.execute(insert(SeasonListing), values[start : start + _CHUNK])

    def seats(self, year: int) -> dict[str, Seat]:
        """Seats that approvals took, by customer."""
        return {seat.customer_no: seat for seat in self.session.exec(select(Seat).where(Seat.year == year))}

    def declared(self, year: int) -> dict[str, Declared]:
        """The last declaration of every customer that declared for the year."""
        statement = select(Case).where(Case.kind == CaseKind.QUALIFICATION, Case.year == year)
        rows = self.session.exec(statement.order_by(col(Case.attempt)))
        return {case.customer: Declared(case.outcome, case.in_reserve_since) for case in rows}

    def reviewed_values(self, year: int) -> dict[str, Any]:
        """Values as reviewers corrected them, of declarations that run or were approved and differ from the list."""
        statement = (
            select(col(RankingRow.customer_no), col(Case.value))
            .select_from(Case)
            .join(RankingRow, (col(RankingRow.customer_no) == col(Case.customer_no)) & (RankingRow.year == Case.year))
            .where(Case.kind == CaseKind.QUALIFICATION, Case.year == year, Case.value != RankingRow.value)
            .where(col(Case.outcome).is_(None) | (col(Case.outcome) == Outcome.APPROVED))
        )
        return dict(self.session.exec(statement).all())

    def holders(self, roles: Collection[Role]) -> list[UUID]:
        """Enabled people who hold one of the posts anywhere."""
        statement = (
            select(Account.id)
            .join(Post, col(Post.account_id) == Account.id)
            .where(col(Post.role).in_(roles), col(Account.disabled_at).is_(None))
            .distinct()
        )
        return list(self.session.exec(statement))

    def appeals(self, year: int, scope: Scope) -> list[Case]:
        """Appeals of the year in the scope, newest first."""
        statement = select(Case).where(Case.year == year, Case.subject == APPEAL)
        return list(self.session.exec(scoped(statement, Case.institution_code, scope).order_by(col(Case.id).desc())))

    def appeals_of(self, year: int, customer_no: str) -> list[Case]:
        """One customer's appeals of the year."""
        statement = select(Case).where(Case.year == year, Case.customer_no == customer_no, Case.subject == APPEAL)
        return list(self.session.exec(statement))

    def open_appeals(self, year: int) -> int:
        """How many appeals are not decided yet."""
        statement = select(func.count()).where(Case.year == year, Case.subject == APPEAL, col(Case.outcome).is_(None))
        return self.session.exec(statement).one()

    def has_upheld_appeal(self, year: int, customer_no: str) -> bool:
        """Whether an appeal of the customer was granted."""
        return any(case.outcome is Outcome.APPROVED for case in self.appeals_of(year, customer_no))

    def last_outcome(self, year: int, customer_no: str) -> Outcome | None:
        """How the customer's last declaration of the year ended; None while it runs, or without one."""
        statement = select(col(Case.outcome)).where(
            Case.kind == CaseKind.QUALIFICATION, Case.year == year, Case.customer_no == customer_no
        )
        return self.session.exec(statement.order_by(col(Case.attempt).desc())).first()
