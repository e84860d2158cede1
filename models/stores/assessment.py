"""Queries of assessments 考核: kept versions, their facts, vetoes and appeals."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from models.service_types import FactKind
from models.stores.facts import Fact
from models.stores.scope import Scope, within
from models.tables.assessment import AssessmentAppeal, AssessmentFact, AssessmentResult, AssessmentVeto
from models.tables.cases import Case
from models.tables.organisation import Institution
from models.types import UNDECIDED_OUTCOMES, Tier

_CHUNK = 500
Row = AssessmentResult | AssessmentVeto | AssessmentAppeal


class AssessmentStore:
    """Results by branch and period, always within a scope where one is given."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, row: Row) -> None:
        """Insert or change a row; it is written at once, because others refer to it."""
        self.session.add(row)
        self.session.flush()

    def result(self, result_id: UUID) -> AssessmentResult | None:
        """One version."""
        return self.session.get(AssessmentResult, result_id)

    def versions(self, year: int, institution_code: str, period: str | None = None) -> list[AssessmentResult]:
        """Versions of a branch and year, of one period or of all, the newest of each first."""
        row = AssessmentResult
        statement = select(row).where(row.year == year, row.institution_code == institution_code)
        if period is not None:
            statement = statement.where(row.period == period)
        return list(self.session.exec(statement.order_by(row.period, col(row.version).desc())))

    def locked_versions(self, year: int, institution_code: str, period: str) -> list[AssessmentResult]:
        """The same, newest first, held against other writers until this transaction ends: by the branch, for before
        the first version there is none to hold."""
        branch = select(Institution.code).where(Institution.code == institution_code)
        self.session.exec(branch.with_for_update(key_share=True)).all()
        row = AssessmentResult
        statement = select(row).where(row.year == year, row.institution_code == institution_code, row.period == period)
        return list(self.session.exec(statement.order_by(col(row.version).desc())))

    def newest(self, year: int, period: str, scope: Scope, *, confirmed: bool = False) -> dict[str, AssessmentResult]:
        """The newest version of every branch of the scope, or the newest confirmed one, by branch."""
        row, other = AssessmentResult, aliased(AssessmentResult)
        last = select(func.max(other.version)).where(
            other.year == row.year, other.institution_code == row.institution_code, other.period == row.period
        )
        if confirmed:
            last = last.where(col(other.confirmed_at).is_not(None))
        statement = select(row).where(row.year == year, row.period == period, within(row.institution_code, scope))
        statement = statement.where(col(row.version) == last.correlate(row).scalar_subquery())
        return {found.institution_code: found for found in self.session.exec(statement)}

    def keep_facts(self, result_id: UUID, item: str, facts: Iterable[Fact]) -> None:
        """Write down the facts behind one figure of a version."""
        values = [
            {"result_id": result_id, "item": item, "number": number, **fact._asdict()}
            for number, fact in enumerate(facts, start=1)
        ]
        for start in range(0, len(values), _CHUNK):
            self.session.execute(insert(AssessmentFact), values[start : start + _CHUNK])

    def kept_facts(self, result_id: UUID, item: str, *, after: int, limit: int) -> list[tuple[int, Fact]]:
        """Facts of a kept figure with their numbers, behind a number."""
        row = AssessmentFact
        statement = select(row).where(row.result_id == result_id, row.item == item, row.number > after)
        found = self.session.exec(statement.order_by(col(row.number)).limit(limit))
        return [(line.number, _fact(line)) for line in found]

    def vetoes(self, year: int, institution_code: str) -> list[AssessmentVeto]:
        """Every veto of a branch's year, withdrawn ones too, newest first."""
        row = AssessmentVeto
        statement = select(row).where(row.year == year, row.institution_code == institution_code)
        return list(self.session.exec(statement.order_by(col(row.id).desc())))

    def veto(self, veto_id: UUID, scope: Scope) -> AssessmentVeto | None:
        """One veto, when its branch lies in the scope."""
        row = AssessmentVeto
        return self.session.exec(select(row).where(row.id == veto_id, within(row.institution_code, scope))).first()

    def standing_vetoes(self, year: int, scope: Scope) -> dict[str, list[str]]:
        """Codes of the vetoes that stand, by branch."""
        row = AssessmentVeto
        statement = select(row.institution_code, row.code).where(row.year == year, col(row.withdrawn_at).is_(None))
        found: dict[str, list[str]] = {}
        for branch, code in self.session.exec(statement.where(within(row.institution_code, scope))):
            found.setdefault(branch, []).append(code)
        return found

    def appeal(self, case_id: UUID) -> AssessmentAppeal | None:
        """What an appeal is about."""
        return self.session.get(AssessmentAppeal, case_id)

    def appeals(self, year: int, institution_code: str) -> list[tuple[AssessmentAppeal, Case]]:
        """Appeals of a branch's year with their cases, newest first."""
        row = AssessmentAppeal
        statement: Any = select(row, Case).join(Case, col(Case.id) == row.case_id)
        statement = statement.where(row.year == year, row.institution_code == institution_code)
        return list(self.session.exec(statement.order_by(col(row.case_id).desc())).all())

    def upheld(self, year: int, institution_code: str) -> list[AssessmentAppeal]:
        """Appeals of a branch's year that were upheld, the oldest first."""
        row = AssessmentAppeal
        statement = select(row).where(row.year == year, row.institution_code == institution_code)
        return list(self.session.exec(statement.where(col(row.upheld_at).is_not(None)).order_by(col(row.upheld_at))))

    def appealed(self, row: AssessmentResult) -> frozenset[str]:
        """Items of a version that cannot be appealed for: an appeal about them is open, whatever it is against, or one
        against these facts was decided. What was reckoned again has new facts; what an appeal corrected has not."""
        made = select(AssessmentResult.id).where(AssessmentResult.facts_id == row.facts_id)
        of_these = set(self.session.exec(made))
        return frozenset(
            appeal.item
            for appeal, case in self.appeals(row.year, row.institution_code)
            if case.outcome is None or (appeal.result_id in of_these and case.outcome not in UNDECIDED_OUTCOMES)
        )


def _fact(row: AssessmentFact) -> Fact:
    tier = Tier(row.tier) if row.tier else None
    return Fact(FactKind(row.kind), row.ref, row.customer_no, row.institution_code, tier, row.on, row.good, row.value)
