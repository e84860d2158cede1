"""Queries of quarterly summaries 附件二: by quarter and scope, their lines and counts, adjustments, handing in."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select

from models.rules.calendar import local_date
from models.rules.quarter import Difference, Quarter, Totals
from models.stores.scope import Scope, scoped
from models.tables.cases import Case
from models.tables.organisation import Institution
from models.tables.quarter import QuarterAdjustment, QuarterCount, QuarterLine, QuarterSummary
from models.types import InstitutionLevel, Stage

_OF_LINES = ("green_cases", "green_in_time", "inquiries", "complaints", "justified", "cost")
_OF_COUNTS = ("due", "done", "late")
_Row = QuarterSummary | QuarterLine | QuarterCount | QuarterAdjustment


class HandedIn(NamedTuple):
    """附件二 of one quarter as the assessment asks for it (2.8, record quality).

    `on_time`: prepared and checked, it lay at head office by its due day. `complete`: head office never sent it back.
    A quarter that was frozen and never handed in has neither.
    """

    quarter: Quarter
    due_on: date
    on_time: bool
    complete: bool


class BranchSummary(NamedTuple):
    """A branch with its summary of a quarter and the case of it; None before it was frozen."""

    branch: Institution
    summary: QuarterSummary | None
    case: Case | None


class QuarterStore:
    """Summaries, lines, counts and adjustments."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, quarter: Quarter, institution_code: str) -> QuarterSummary | None:
        """The summary of a branch and quarter."""
        return self.session.exec(
            select(QuarterSummary).where(
                QuarterSummary.year == quarter.year,
                QuarterSummary.quarter == quarter.number,
                QuarterSummary.institution_code == institution_code,
            )
        ).first()

    def of_case(self, case_id: UUID) -> QuarterSummary | None:
        """The summary that a case is about."""
        return self.session.exec(select(QuarterSummary).where(QuarterSummary.case_id == case_id)).first()

    def locked(self, summary_id: UUID) -> QuarterSummary | None:
        """The summary, held against other writers until this transaction ends."""
        return self.session.exec(
            select(QuarterSummary).where(QuarterSummary.id == summary_id).with_for_update()
        ).first()

    def branches(self, quarter: Quarter, scope: Scope) -> list[BranchSummary]:
        """Every branch of the scope, and what was one, with its summary if it has one, in the order of the tree."""
        summary, place = QuarterSummary, Institution
        mine = (
            (col(summary.institution_code) == place.code)
            & (col(summary.year) == quarter.year)
            & (col(summary.quarter) == quarter.number)
        )
        statement = (
            select(place, summary, Case)
            .select_from(place)
            .outerjoin(summary, mine)
            .outerjoin(Case, col(Case.id) == summary.case_id)
            .where(or_(col(place.level) == InstitutionLevel.BRANCH, col(summary.id).is_not(None)))
            .order_by(col(place.path))
        )
        return [BranchSummary(*row) for row in self.session.execute(scoped(statement, place.code, scope))]

    def over(self, institution_code: str, first_year: int) -> set[Quarter]:
        """Quarters of a branch, from a year on, whose summary has come to its end."""
        rows = self.session.exec(
            select(QuarterSummary.year, QuarterSummary.quarter)
            .join(Case, col(Case.id) == QuarterSummary.case_id)
            .where(QuarterSummary.institution_code == institution_code, QuarterSummary.year >= first_year)
            .where(col(Case.outcome).is_not(None))
        )
        return {Quarter(year, number) for year, number in rows}

    def published(self, codes: Collection[str], after: UUID | None, limit: int) -> list[QuarterSummary]:
        """Published summaries of these branches, in the order of their ids behind a position."""
        statement = select(QuarterSummary).where(
            col(QuarterSummary.institution_code).in_(codes), col(QuarterSummary.published_at).is_not(None)
        )
        if after is not None:
            statement = statement.where(col(QuarterSummary.id) > after)
        return list(self.session.exec(statement.order_by(col(QuarterSummary.id)).limit(limit)))

    def quarters(self) -> list[Quarter]:
        """Every quarter that has a summary, newest first."""
        rows = self.session.exec(select(QuarterSummary.year, QuarterSummary.quarter).distinct())
        return sorted((Quarter(year, number) for year, number in rows), reverse=True)

    def lines(self, summary_id: UUID) -> list[QuarterLine]:
        """The VIPs of a summary by customer number."""
        statement = select(QuarterLine).where(QuarterLine.summary_id == summary_id)
        return list(self.session.exec(statement.order_by(col(QuarterLine.customer_no))))

    def counts(self, summary_id: UUID) -> dict[UUID, list[QuarterCount]]:
        """The counts of a summary by line, in the order of the codes."""
        statement = (
            select(QuarterCount)
            .join(QuarterLine, col(QuarterLine.id) == QuarterCount.line_id)
            .where(QuarterLine.summary_id == summary_id)
            .order_by(col(QuarterCount.code))
        )
        found: dict[UUID, list[QuarterCount]] = {}
        for row in self.session.exec(statement):
            found.setdefault(row.line_id, []).append(row)
        return found

    def totals(self, summary_ids: Collection[UUID]) -> dict[UUID, Totals]:
        """The lines of each of these together, as `models.rules.quarter.totals` adds them up; of no lines nothing."""
        line, of = QuarterLine, col(QuarterLine.summary_id)
        sums = [func.sum(getattr(line, name)) for name in _OF_LINES]
        mine = of.in_(summary_ids)
        lines = self.session.execute(sql_select(of, func.count(), *sums).where(mine).group_by(of))
        found = {row[0]: {"vips": row[1], **dict(zip(_OF_LINES, row[2:], strict=True))} for row in lines}
        counted = [func.sum(getattr(QuarterCount, name)) for name in _OF_COUNTS]
        counts = sql_select(of, *counted).join(QuarterCount, col(QuarterCount.line_id) == line.id)
        for summary_id, *numbers in self.session.execute(counts.where(mine).group_by(of)):
            found[summary_id] |= dict(zip(_OF_COUNTS, numbers, strict=True))
        return {summary_id: Totals(**sums) for summary_id, sums in found.items()}

    def adjustments(self, summary_id: UUID) -> list[QuarterAdjustment]:
        """What was adjusted since publication, in its order."""
        statement = select(QuarterAdjustment).where(QuarterAdjustment.summary_id == summary_id)
        return list(self.session.exec(statement.order_by(col(QuarterAdjustment.number))))

    def adjustment_counts(self, summary_ids: Collection[UUID]) -> dict[UUID, int]:
        """How many adjustments each of these has."""
        statement = (
            select(QuarterAdjustment.summary_id, func.count())
            .where(col(QuarterAdjustment.summary_id).in_(summary_ids))
            .group_by(col(QuarterAdjustment.summary_id))
        )
        return dict(self.session.exec(statement).all())

    def handed_in(self, institution_code: str, year: int) -> list[HandedIn]:
        """Quarters of a year that the branch's summaries were frozen for, with how it handed them in."""
        statement = select(QuarterSummary).where(
            QuarterSummary.institution_code == institution_code, QuarterSummary.year == year
        )
        return [_handed_in(row) for row in self.session.exec(statement.order_by(col(QuarterSummary.quarter)))]

    def ended(self, scope: Scope, first: date, last: date) -> list[tuple[QuarterSummary, HandedIn]]:
        """Summaries of the scope whose quarter ended in the span (both days included), with how they were handed in."""
        statement = select(QuarterSummary).where(col(QuarterSummary.year).between(first.year, last.year))
        rows = self.session.exec(scoped(statement, QuarterSummary.institution_code, scope))
        found = [(row, _handed_in(row)) for row in rows]
        return [(row, handed) for row, handed in found if first <= handed.quarter.last <= last]

    def add(self, *rows: _Row) -> None:
        """Insert or change rows; they are written at once, for others refer to them."""
        self.session.add_all(rows)
        self.session.flush()


def _handed_in(row: QuarterSummary) -> HandedIn:
    at = row.handed_in_at
    on_time = at is not None and local_date(at) <= row.due_on
    return HandedIn(Quarter(row.year, row.quarter), row.due_on, on_time, at is not None and row.sent_back == 0)


def changes(rows: Iterable[QuarterAdjustment]) -> list[Difference]:
    """Adjustments as the rules compare them."""
    return [Difference(row.customer_no, row.figure, row.old, row.new) for row in rows]


IN_BRANCH = (Stage.COLLECTING, Stage.CHECKING)
"""Stages in which the branch has not handed it in yet."""
