"""Queries of the yearly evaluation: facts of the book in a handful of statements, the ranking list in and out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, delete, func, insert, or_
from sqlmodel import Session, col, select

from models.rules.facts import CustomerFacts, PolicyYear, TroubledPolicy
from models.stores.scope import Scope, scoped
from models.tables.book import Customer, Experience, Policy
from models.tables.cases import Case
from models.tables.evaluation import Evaluation, RankingExplanation, RankingRow
from models.tables.organisation import Institution
from models.types import CaseKind, InstitutionLevel, Outcome, PolicyStatus

CHUNK = 500
TROUBLED = (PolicyStatus.LAPSED, PolicyStatus.SURRENDERED)


class BookFactsStore:
    """Reads what scoring needs of all customers with a policy, or of one."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def customer_facts(self, year: int, first_year: int, customer_no: str | None = None) -> list[CustomerFacts]:
        """Facts for an evaluation year whose loss-ratio window begins with `first_year`, by customer number."""
        branches = self.branches()
        classes = self.region_classes()
        years = self._premium_years(year, customer_no)
        experience = self._experience(year, first_year, customer_no)
        troubled = self._troubled(customer_no)
        return [
            CustomerFacts(
                customer_no=number,
                name=name,
                institution_code=code,
                branch_code=branches.get(code),
                region_class=classes[code],
                flags=tuple(filter(None, flags.split(";"))),
                overdue_days=overdue,
                first_effective_on=first,
                premium_years=frozenset(years.get(number, ())),
                policy_years=tuple(experience.get(number, ())),
                troubled_policies=tuple(troubled.get(number, ())),
            )
            for number, name, code, flags, overdue, first in self._customers(customer_no)
        ]

    def region_classes(self) -> dict[str, int]:
        """地区类别 of every institution."""
        return dict(self.session.exec(select(Institution.code, Institution.region_class)).all())

    def branches(self) -> dict[str, str]:
        """Branch (二级机构) of every institution that has one: itself or the branch above it."""
        nodes = {node.code: node for node in self.session.exec(select(Institution))}
        found: dict[str, str] = {}
        for code, start in nodes.items():
            node: Institution | None = start
            while node is not None and node.level is not InstitutionLevel.BRANCH:
                node = nodes.get(node.parent_code or "")
            if node is not None:
                found[code] = node.code
        return found

    def _customers(self, customer_no: str | None) -> Sequence[tuple[str, str, str, str, int, date]]:
        statement = (
            select(  # type: ignore[call-overload]
                Customer.customer_no,
                Customer.name,
                Customer.institution_code,
                Customer.flags,
                Customer.overdue_days,
                func.min(Policy.effective_on),
            )
            .join(Policy, col(Policy.customer_no) == col(Customer.customer_no))
            .group_by(col(Customer.customer_no))
            .order_by(col(Customer.customer_no))
        )
        if customer_no is not None:
            statement = statement.where(Customer.customer_no == customer_no)
        return [tuple(row) for row in self.session.execute(statement)]

    def _premium_years(self, year: int, customer_no: str | None) -> dict[str, set[int]]:
        statement = (
            select(Policy.customer_no, Experience.year)
            .join(Policy, col(Policy.policy_no) == col(Experience.policy_no))
            .where(Experience.year <= year, Experience.premium_received > 0)
            .distinct()
        )
        if customer_no is not None:
            statement = statement.where(Policy.customer_no == customer_no)
        years: defaultdict[str, set[int]] = defaultdict(set)
        for number, paid in self.session.execute(statement):
            years[number].add(paid)
        return years

    def _experience(self, year: int, first_year: int, customer_no: str | None) -> dict[str, list[PolicyYear]]:
        columns = (
            Policy.customer_no,
            Policy.policy_no,
            Policy.product_class,
            Policy.pay_term_years,
            Policy.effective_on,
            Policy.expires_on,
            Policy.status,
            Policy.ended_on,
            Experience.year,
            Experience.premium_received,
            Experience.earned_premium,
            Experience.incurred_claims,
        )
        statement = (
            select(*columns)  # type: ignore[call-overload]
            .join(Policy, col(Policy.policy_no) == col(Experience.policy_no))
            .where(col(Experience.year).between(first_year, year))
            .order_by(col(Experience.policy_no), col(Experience.year))
        )
        if customer_no is not None:
            statement = statement.where(Policy.customer_no == customer_no)
        rows: defaultdict[str, list[PolicyYear]] = defaultdict(list)
        for number, *facts in self.session.execute(statement):
            rows[number].append(PolicyYear._make(facts))
        return rows

    def _troubled(self, customer_no: str | None) -> dict[str, list[TroubledPolicy]]:
        statement = select(
            Policy.customer_no, Policy.policy_no, Policy.status, Policy.effective_on, Policy.expires_on
        ).where(col(Policy.status).in_(TROUBLED))  # type: ignore[call-overload]
        if customer_no is not None:
            statement = statement.where(Policy.customer_no == customer_no)
        rows: defaultdict[str, list[TroubledPolicy]] = defaultdict(list)
        for number, *facts in self.session.execute(statement):
            rows[number].append(TroubledPolicy._make(facts))
        return rows


class EvaluationStore:
    """The evaluation of a year with its list and explanations."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, year: int) -> Evaluation | None:
        """The evaluation of a year."""
        return self.session.get(Evaluation, year)

    def formula(self, year: int) -> str:
        """The formula a year's list was made with: A, or B in points. A for a year without a list."""
        found = self.get(year)
        return found.formula if found else "A"

    def lock(self, year: int) -> Evaluation | None:
        """The evaluation of a year, held against a second freeze or run until this transaction ends."""
        return self.session.exec(select(Evaluation).where(Evaluation.year == year).with_for_update()).first()

    def years(self) -> list[int]:
        """Evaluated years, newest first."""
        return list(self.session.exec(select(Evaluation.year).order_by(col(Evaluation.year).desc())))

    def replace(
        self,
        evaluation: Evaluation,
        rows: Sequence[Mapping[str, Any]],
        explanations: Iterable[Mapping[str, Any]],
    ) -> None:
        """Write the evaluation and its whole list in place of an earlier one of the year."""
        year = evaluation.year
        for table in (RankingExplanation, RankingRow):
            self.session.execute(delete(table).where(col(table.year) == year))
        self.session.merge(evaluation)
        self.session.flush()
        for start in range(0, len(rows), CHUNK):
            self.session.execute(insert(RankingRow), rows[start : start + CHUNK])
        chunk: list[Mapping[str, Any]] = []
        for explanation in explanations:
            chunk.append(explanation)
            if len(chunk) == CHUNK:
                self.session.execute(insert(RankingExplanation), chunk)
                chunk.clear()
        if chunk:
            self.session.execute(insert(RankingExplanation), chunk)

    def row(self, year: int, customer_no: str) -> RankingRow | None:
        """One customer's line in the list."""
        return self.session.get(RankingRow, (year, customer_no))

    def rows(self, year: int, scope: Scope, *, after_rank: int = 0, limit: int | None = None) -> list[RankingRow]:
        """The list within a scope, best first; `after_rank` is the cursor."""
        statement = (
            select(RankingRow)
            .where(RankingRow.year == year, RankingRow.rank > after_rank)
            .order_by(col(RankingRow.rank))
            .limit(limit)
        )
        return list(self.session.exec(scoped(statement, RankingRow.institution_code, scope)))

    def reviewed_rank(self, row: RankingRow, value: Decimal) -> int:
        """Place at head-office review (decisions.md 11): the frozen list with values as reviewers corrected them.

        `value` is this customer's own. Computed, never stored; where values tie, the frozen place decides.
        """
        place, frozen = col(RankingRow.rank), col(RankingRow.value)
        ahead = or_(frozen > value, and_(frozen == value, place < row.rank))
        others = (RankingRow.year == row.year, RankingRow.customer_no != row.customer_no)
        count = self.session.exec(select(func.count()).select_from(RankingRow).where(*others, ahead)).one()
        running = and_(
            col(Case.kind) == CaseKind.QUALIFICATION,
            or_(col(Case.outcome).is_(None), col(Case.outcome) == Outcome.APPROVED),
        )
        same = and_(col(Case.customer_no) == RankingRow.customer_no, col(Case.year) == RankingRow.year)
        changed = select(place, frozen, col(Case.value)).join(Case, same).where(*others, running)
        for rank, before, after in self.session.exec(changed.where(Case.value != RankingRow.value)):
            count += ((after, -rank) > (value, -row.rank)) - ((before, -rank) > (value, -row.rank))
        return 1 + count

    def explanation(self, year: int, customer_no: str) -> str | None:
        """JSON of the stored ScoreExplanation."""
        found = self.session.get(RankingExplanation, (year, customer_no))
        return found.body if found else None
