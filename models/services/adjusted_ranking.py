"""The list as head office reviews it (decisions.md 11): the frozen list with reviewers' adjusted values put in.

The frozen rows are never changed; this list is computed and shown beside them.
"""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from models.messages.scoring import ScoreExplanation
from models.rulebook.schema.book import Rulebook
from models.rules.facts import CustomerFacts
from models.rules.ranking import Ranked, entry_tier, order_and_seat
from models.rules.scoring import Score
from models.services.evaluation import ranking_values, silver_quotas
from models.stores.evaluations import BookFactsStore, EvaluationStore
from models.stores.scope import EVERYTHING
from models.tables.evaluation import RankingRow


def adjusted_ranking(
    session: Session, year: int, rulebook: Rulebook, adjustments: Mapping[str, ScoreExplanation]
) -> list[dict[str, Any]]:
    """Columns of RankingRow, best first, ranked and seated afresh. `adjustments` by customer number; writes nothing."""
    book = BookFactsStore(session)
    branches, regions = book.branches(), book.region_classes()
    rows = []
    for stored in EvaluationStore(session).rows(year, EVERYTHING):
        code = stored.institution_code
        row = _ranked(stored, branches.get(code), regions[code])
        if found := adjustments.get(stored.customer_no):
            _adjust(row, found, rulebook)
        rows.append(row)
    seated = order_and_seat(rows, rulebook.tiers, silver_quotas(book, year, rulebook.tiers))
    return [ranking_values(row, year) for row in seated]


def _ranked(stored: RankingRow, branch_code: str | None, region_class: int) -> Ranked:
    facts = CustomerFacts(
        customer_no=stored.customer_no,
        name=stored.name,
        institution_code=stored.institution_code,
        branch_code=branch_code,
        region_class=region_class,
        flags=(),
        overdue_days=0,
        first_effective_on=stored.first_effective_on,
        premium_years=frozenset(),
        policy_years=(),
    )
    score = Score(
        standard_premium=stored.standard_premium,
        insured_years=stored.insured_years,
        loss_ratio=stored.loss_ratio,
        k2=stored.k2,
        k3=stored.k3,
        value=stored.value,
        new_customer=stored.new_customer,
    )
    reasons = tuple(stored.ineligible_reason.split(";")) if stored.ineligible_reason else ()
    return Ranked(facts, score, stored.eligible_tier, reasons)


def _adjust(row: Ranked, lines: ScoreExplanation, rulebook: Rulebook) -> None:
    row.score = Score(
        standard_premium=lines.standard_premium,
        insured_years=lines.loyalty.insured_years,
        loss_ratio=lines.profit.loss_ratio,
        k2=lines.loyalty.k2,
        k3=lines.profit.k3,
        value=lines.value,
        new_customer=lines.new_customer,
    )
    row.eligible_tier = entry_tier(
        rulebook.tiers, lines.value, new_customer=lines.new_customer, region_class=row.facts.region_class
    )
