"""The evaluation of the sample book on both databases, equal to the independent reckoning to the byte."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.scoring import CorrectedField, Correction
from models.services import evaluation, importing, jobs, rulebooks
from models.services.audit import verify
from models.services.evaluation import By
from models.services.quotas import silver_quota, silver_quotas
from models.stores.audit import AuditStore
from models.stores.evaluations import BookFactsStore, EvaluationStore
from models.stores.scope import EVERYTHING, NOTHING, Scope
from models.stores.seats import SeatStore
from models.tables.book import Experience, Policy
from models.tables.cases import Case, SilverQuota
from models.tables.evaluation import RankingRow
from models.tables.organisation import Account
from models.types import CaseKind, Door, PolicyStatus, Role, SeatKind, Stage, Tier
from tests.rules.oracle import reckon

BOOK = Path(importing.__file__).parents[2] / "sample_book"
YEAR = 2025
NOW = datetime(2026, 1, 5, 2, tzinfo=UTC)
BY = By("system:schedule", Door.SYSTEM, NOW)
FIRST = "C001767"


def load_book(database: Database) -> None:
    uploads = [importing.Upload(path.name, path.read_bytes()) for path in sorted(BOOK.glob("*.csv"))]
    received = importing.receive(uploads, 10_000_000)
    with database.write() as session:
        job = importing.create_job(session, received.readable, importing.Sender())
        jobs.take_over(session, job.id)
    importing.run_import(database, job.id)


def run(database: Database) -> str:
    with database.write() as session:
        version = rulebooks.ensure_builtin(session, NOW)
        book = rulebooks.parsed(version)
        return evaluation.ranking_csv(
            evaluation.evaluate(session, YEAR, book, rulebook_version_id=version.id, by=BY).rows
        )


def refusal(error: pytest.ExceptionInfo[DomainError]) -> ErrorCode:
    return error.value.code


def check_independent_reckoning(database: Database) -> None:
    first = run(database)
    assert first.count("\n") == 380
    assert first == reckon(BOOK, YEAR)
    assert run(database) == first
    with database.read() as session:
        stored = [row.model_dump() for row in EvaluationStore(session).rows(YEAR, EVERYTHING)]
        assert evaluation.ranking_csv(stored) == first
        assert evaluation.frozen_list(session, YEAR) == []


def check_reading(database: Database) -> None:
    with database.read() as session:
        store = EvaluationStore(session)
        assert [row.rank for row in store.rows(YEAR, EVERYTHING, after_rank=10, limit=3)] == [11, 12, 13]
        beijing = store.rows(YEAR, Scope(("/HQ/BJ/",)))
        assert {row.institution_code for row in beijing} == {"BJ01", "BJ02"}
        assert store.rows(YEAR, NOTHING) == []
        row = store.row(YEAR, FIRST)
        lines = evaluation.stored_explanation(session, YEAR, FIRST)
        assert row is not None
        assert lines is not None
        assert row.value == lines.value
        assert store.years() == [YEAR]
        assert evaluation.stored_explanation(session, YEAR, "nobody") is None


def check_live_score(database: Database) -> None:
    with database.read() as session:
        book = rulebooks.parsed(rulebooks.ensure_builtin(session, NOW))
        live = evaluation.score_one(session, FIRST, YEAR, book)
        assert live.explanation == evaluation.stored_explanation(session, YEAR, FIRST)
        assert (live.eligible_tier, live.ineligible) == (Tier.GOLD, ())
        line = live.explanation.lines[0]
        change = Correction(
            policy_no=line.policy_no, year=YEAR, field=CorrectedField.PREMIUM_RECEIVED, value=line.premium + 1000
        )
        adjusted = evaluation.score_one(session, FIRST, YEAR, book, [change]).explanation
        assert adjusted.standard_premium - live.explanation.standard_premium == 1000 * line.k1
        with pytest.raises(DomainError) as error:
            evaluation.score_one(session, "nobody", YEAR, book)
        assert refusal(error) is ErrorCode.NOT_FOUND


def check_reviewed_rank(database: Database) -> None:
    """Equal to ranking afresh with the corrected value; the frozen list stays as it is."""
    with database.read() as session:
        store = EvaluationStore(session)
        stored = store.rows(YEAR, EVERYTHING)
        for row in stored[:5] + stored[200:203]:
            assert store.reviewed_rank(row, row.value) == row.rank
            for value in (Decimal(250_000), stored[2].value, stored[0].value + 1):
                order = [(other.value, -other.rank) for other in stored if other.customer_no != row.customer_no]
                assert store.reviewed_rank(row, value) == 1 + sum(key > (value, -row.rank) for key in order)
        session.add(_corrected_case(session, stored[3], Decimal(1)))
        session.flush()
        assert [store.reviewed_rank(row, row.value) for row in stored[2:6]] == [3, 4, 4, 5]


def _corrected_case(session: Session, row: RankingRow, value: Decimal) -> Case:
    return Case(
        kind=CaseKind.QUALIFICATION,
        workflow_id="corrected",
        customer_no=row.customer_no,
        institution_code=row.institution_code,
        year=YEAR,
        attempt=1,
        tier=Tier.GOLD,
        tier_applied=Tier.GOLD,
        seat_kind=SeatKind.RANKED,
        stage=Stage.HQ_REVIEW,
        version=1,
        declared_by=session.exec(select(Account)).first().id,  # type: ignore[union-attr]  # the book has staff
        rulebook_version_id=rulebooks.ensure_builtin(session, NOW).id,
        content_hash="x",
        value=value,
        state={},
        opened_at=NOW,
    )


def check_freeze(database: Database) -> None:
    with database.write() as session:
        with pytest.raises(DomainError) as error:
            evaluation.freeze(session, 1999, account_id=None, by=BY)
        assert refusal(error) is ErrorCode.NOT_FOUND
        evaluation.freeze(session, YEAR, account_id=None, by=BY)
    for again in (lambda: run(database), lambda: _freeze(database)):
        with pytest.raises(DomainError) as error:
            again()
        assert refusal(error) is ErrorCode.EVALUATION_FROZEN
    with database.write() as session:
        assert len(evaluation.frozen_list(session, YEAR)) == 379
        with pytest.raises(DomainError) as error:
            evaluation.reopen(session, YEAR, reason=" ", by=BY)
        assert refusal(error) is ErrorCode.REASON_REQUIRED
        evaluation.reopen(session, YEAR, reason="更正数据", by=BY)
    assert run(database)


def _freeze(database: Database) -> None:
    with database.write() as session:
        evaluation.freeze(session, YEAR, account_id=None, by=BY)


def check_quotas(database: Database) -> None:
    with database.write() as session:
        tiers = rulebooks.parsed(rulebooks.ensure_builtin(session, NOW)).tiers
        suggested = silver_quotas(session, YEAR, tiers)
        assert suggested == dict.fromkeys(("BJ", "SH", "GD", "JS", "SC", "GS"), 20)
        someone = session.exec(_service_officer()).one()
        session.add(
            SilverQuota(year=YEAR, institution_code="BJ", quota=3, reason="人手", filed_by=someone.id, filed_at=NOW)
        )
        session.flush()
        assert silver_quotas(session, YEAR, tiers) == suggested | {"BJ": 3}
        assert [silver_quota(session, YEAR, tiers, code) for code in ("BJ", "SH", "nowhere")] == [3, 20, 0]
        someone.disabled_at = NOW
        session.add(someone)
        session.flush()
        assert SeatStore(session).service_posts(Role.BR_SVC)["BJ"] == 0
        assert SeatStore(session).service_posts(Role.BR_SVC, "SH") == {"SH": 1}
    assert run(database).count(",silver\n") == reckon(BOOK, YEAR).count(",silver\n") - 17


def _service_officer() -> SelectOfScalar[Account]:
    return select(Account).where(Account.login == "bj-svc")


def check_barred(database: Database) -> None:
    with database.write() as session:
        row = EvaluationStore(session).row(YEAR, FIRST)
        assert row is not None
        policy = next(p for p in session.exec(_policies()) if p.expires_on.year == YEAR)
        policy.status = PolicyStatus.LAPSED
        session.add(policy)
        session.flush()
    run(database)
    with database.read() as session:
        row = EvaluationStore(session).row(YEAR, FIRST)
        assert row is not None
        assert row.seat is None
        assert (row.ineligible_reason or "").startswith("policy:lapsed:")


def _policies() -> SelectOfScalar[Policy]:
    return select(Policy).where(Policy.customer_no == FIRST)


def check_cents(database: Database) -> None:
    with database.write() as session:
        held = [policy.policy_no for policy in session.exec(_policies())]
        row = session.exec(
            select(Experience).where(col(Experience.policy_no).in_(held), Experience.year == YEAR)
        ).first()
        assert row is not None
        row.premium_received = Decimal("9876543210.07")
        session.add(row)
    with database.read() as session:
        (facts,) = BookFactsStore(session).customer_facts(YEAR, YEAR - 2, FIRST)
        assert Decimal("9876543210.07") in {found.premium for found in facts.policy_years}


def test_the_sample_book(database: Database) -> None:
    """One load for all, because loading is the slow part."""
    load_book(database)
    check_independent_reckoning(database)
    check_reading(database)
    check_live_score(database)
    check_reviewed_rank(database)
    check_freeze(database)
    check_quotas(database)
    check_barred(database)
    check_cents(database)
    with database.read() as session:
        assert verify(AuditStore(session).all()).broken_at is None
