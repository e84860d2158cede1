"""The list of a year as rows of the pure ranking, from the records: what 试算 and 公示 are made from."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from sqlmodel import Session

from models.rulebook import TierRules
from models.rules.facts import CustomerFacts
from models.rules.ranking import Ranked, entry_tier, order_and_seat
from models.rules.scoring import Score
from models.services.quotas import silver_quotas
from models.stores.evaluations import BookFactsStore, EvaluationStore
from models.stores.scope import EVERYTHING
from models.stores.season import SeasonStore
from models.tables.evaluation import RankingRow


def ranked_list(session: Session, year: int) -> list[Ranked]:
    """The stored list, best first, seats as stored. Empty for a year without one."""
    book = BookFactsStore(session)
    branches, classes = book.branches(), book.region_classes()
    return [_ranked(row, branches, classes) for row in EvaluationStore(session).rows(year, EVERYTHING)]


def reviewed_list(session: Session, year: int, tiers: TierRules) -> list[Ranked]:
    """The list at head-office review: values as reviewers corrected them, ranked and seated anew (decisions.md 11)."""
    values = SeasonStore(session).reviewed_values(year)
    rows = [_revalued(row, values.get(row.facts.customer_no), tiers) for row in ranked_list(session, year)]
    return order_and_seat(rows, tiers, silver_quotas(session, year, tiers))


def _revalued(row: Ranked, value: Decimal | None, tiers: TierRules) -> Ranked:
    if value is None:
        return row
    region_class, new = row.facts.region_class, row.score.new_customer
    tier = entry_tier(tiers, value, new_customer=new, region_class=region_class)
    return replace(row, score=row.score._replace(value=value), eligible_tier=tier)


def _ranked(row: RankingRow, branches: Mapping[str, str], classes: Mapping[str, int]) -> Ranked:
    facts = CustomerFacts(
        customer_no=row.customer_no,
        name=row.name,
        institution_code=row.institution_code,
        branch_code=branches.get(row.institution_code),
        region_class=classes[row.institution_code],
        flags=(),
        overdue_days=0,
        first_effective_on=row.first_effective_on,
        premium_years=frozenset(),
        policy_years=(),
    )
    factors = (row.standard_premium, row.insured_years, row.loss_ratio, row.k2, row.k3)
    score = Score(*factors, value=row.value, new_customer=row.new_customer)
    barred = tuple(filter(None, (row.ineligible_reason or "").split(";")))
    return Ranked(facts, score, row.eligible_tier, barred, rank=row.rank, seat=row.seat)
