"""Use cases of the yearly evaluation, article 13: compute the list, freeze it, score one customer live.

Nothing here commits. The list of a frozen year is read-only; head office may reopen it.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.scoring import Correction, ScoreExplanation
from models.rulebook.schema.book import Rulebook
from models.rules.explain import explain
from models.rules.facts import CustomerFacts, corrected
from models.rules.ranking import Ranked, entry_tier, ineligible_reasons, rank
from models.rules.scoring import Scorer, round_half_up
from models.services import audit
from models.services.collection import without_collection
from models.services.quotas import silver_quotas
from models.stores.evaluations import BookFactsStore, EvaluationStore
from models.stores.scope import EVERYTHING
from models.tables.evaluation import Evaluation
from models.types import Door, Tier

CENT = Decimal("0.01")
CSV_COLUMNS = (
    "rank",
    "customer_no",
    "name",
    "institution_code",
    "standard_premium",
    "insured_years",
    "loss_ratio",
    "k2",
    "k3",
    "value",
    "new_customer",
    "eligible_tier",
    "seat",
)
"""Columns of `greenlane evaluate`, fixed by contract.md."""
REASON_LENGTH = 200


class By(NamedTuple):
    """Who acts (account id or reserved actor), through which door, when."""

    actor: str
    door: Door
    now: datetime


class EvaluationResult(NamedTuple):
    """What an evaluation wrote; `rows` hold the columns of RankingRow, best first."""

    evaluation: Evaluation
    rows: list[dict[str, Any]]


class LiveScore(NamedTuple):
    """Score of one customer now: the lines, the tier its value reaches, the reasons that bar it."""

    explanation: ScoreExplanation
    eligible_tier: Tier
    ineligible: tuple[str, ...]


def evaluate(session: Session, year: int, rulebook: Rulebook, *, rulebook_version_id: UUID, by: By) -> EvaluationResult:
    """Score every customer with a policy, rank them, and write list and explanations in place of an earlier run.

    Raises DomainError(EVALUATION_FROZEN) when the year is frozen.
    """
    store = EvaluationStore(session)
    refuse_frozen(store.lock(year))
    ranked = reckon(session, year, rulebook)
    rows = [ranking_values(row, year) for row in ranked]
    evaluation = Evaluation(
        year=year, rulebook_version_id=rulebook_version_id, formula=rulebook.scoring.formula, computed_at=by.now
    )
    scorer = Scorer(rulebook.scoring, year)
    store.replace(evaluation, rows, _explanations(scorer, [row.facts for row in ranked]))
    _record(session, "computed", year, by=by, after={"customers": len(rows)})
    return EvaluationResult(evaluation, rows)


def reckon(session: Session, year: int, rulebook: Rulebook) -> list[Ranked]:
    """Load, score and rank every customer with a policy, best first; writes nothing."""
    scorer, book = Scorer(rulebook.scoring, year), BookFactsStore(session)
    with without_collection():
        customers = book.customer_facts(year, scorer.first_year)
        quotas = silver_quotas(session, year, rulebook.tiers)
        return rank(((facts, scorer.score(facts)) for facts in customers), rulebook.tiers, year, quotas)


def freeze(session: Session, year: int, *, account_id: UUID | None, by: By, reason: str = "") -> Evaluation:
    """冻结: from now on the list is read-only. Raises NOT_FOUND without a list, EVALUATION_FROZEN the second time."""
    evaluation = _existing(session, year)
    refuse_frozen(evaluation)
    evaluation.frozen_at, evaluation.frozen_by = by.now, account_id
    session.add(evaluation)
    _record(session, "frozen", year, by=by, reason=reason or None)
    return evaluation


def reopen(session: Session, year: int, *, reason: str, by: By) -> Evaluation:
    """解冻 by head office, with a reason. Raises NOT_FOUND without a list, REASON_REQUIRED without a reason."""
    if not reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    evaluation = _existing(session, year)
    evaluation.frozen_at, evaluation.frozen_by = None, None
    session.add(evaluation)
    _record(session, "reopened", year, by=by, reason=reason)
    return evaluation


def score_one(
    session: Session, customer_no: str, year: int, rulebook: Rulebook, corrections: Sequence[Correction] = ()
) -> LiveScore:
    """Score of one customer from the book as it stands, with a reviewer's corrections applied; writes nothing.

    Raises NOT_FOUND for a customer without a policy, INVALID_INPUT for a correction of a row the book lacks.
    """
    scorer = Scorer(rulebook.scoring, year)
    found = BookFactsStore(session).customer_facts(year, scorer.first_year, customer_no)
    if not found:
        raise DomainError(ErrorCode.NOT_FOUND)
    facts = corrected(found[0], corrections)
    lines = explain(scorer, facts)
    tier = entry_tier(rulebook.tiers, lines.value, new_customer=lines.new_customer, region_class=facts.region_class)
    return LiveScore(lines, tier, ineligible_reasons(rulebook.tiers, facts, year))


def stored_explanation(session: Session, year: int, customer_no: str) -> ScoreExplanation | None:
    """The lines that stood behind the list of `year`."""
    body = EvaluationStore(session).explanation(year, customer_no)
    return ScoreExplanation.model_validate_json(body) if body is not None else None


def frozen_list(session: Session, year: int) -> list[dict[str, Any]]:
    """The stored list of a frozen year with the columns of RankingRow; empty when the year is not frozen."""
    store = EvaluationStore(session)
    evaluation = store.get(year)
    if evaluation is None or evaluation.frozen_at is None:
        return []
    return [row.model_dump() for row in store.rows(year, EVERYTHING)]


def refuse_frozen(evaluation: Evaluation | None) -> None:
    """Raises DomainError(EVALUATION_FROZEN) for a frozen year."""
    if evaluation is not None and evaluation.frozen_at is not None:
        raise DomainError(ErrorCode.EVALUATION_FROZEN, year=evaluation.year)


def ranking_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """The list as CSV with the columns of the contract; `\\n` line ends, same input same bytes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    writer.writerows([_cell(row[column]) for column in CSV_COLUMNS] for row in rows)
    return out.getvalue()


def ranking_values(row: Ranked, year: int) -> dict[str, Any]:
    """Columns of RankingRow: standard premium with 2 decimals, loss ratio with 6, factors with 2, V whole."""
    facts, score = row.facts, row.score
    return {
        "year": year,
        "customer_no": facts.customer_no,
        "rank": row.rank,
        "name": facts.name,
        "institution_code": facts.institution_code,
        "standard_premium": round_half_up(score.standard_premium, CENT),
        "insured_years": score.insured_years,
        "loss_ratio": score.loss_ratio,
        "k2": round_half_up(score.k2, CENT),
        "k3": round_half_up(score.k3, CENT),
        "value": score.value,
        "new_customer": score.new_customer,
        "eligible_tier": row.eligible_tier,
        "seat": row.seat,
        "first_effective_on": facts.first_effective_on,
        "tie_break": row.tie_break,
        "ineligible_reason": ";".join(row.ineligible)[:REASON_LENGTH] or None,
    }


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _explanations(scorer: Scorer, customers: Iterable[CustomerFacts]) -> Iterable[dict[str, Any]]:
    for facts in customers:
        lines = explain(scorer, facts)
        yield {"year": scorer.year, "customer_no": facts.customer_no, "body": lines.model_dump_json()}


def _existing(session: Session, year: int) -> Evaluation:
    evaluation = EvaluationStore(session).lock(year)
    if evaluation is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return evaluation


def _record(
    session: Session,
    act: str,
    year: int,
    *,
    by: By,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    audit.append(
        session,
        actor=by.actor,
        action=f"evaluation.{act}",
        object_kind="evaluation",
        object_id=str(year),
        door=by.door,
        after=after,
        reason=reason,
        at=by.now,
    )
