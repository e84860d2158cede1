"""Versions of an assessment: kept once by the sweep, never changed, confirmed, vetoed with evidence."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from threading import Barrier
from uuid import UUID

import pytest
from sqlmodel import Session, col, func, select

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.assessment import DEDUCTION
from models.messages.sweep import SweepOrder
from models.services.assessment import keeping, vetoes
from models.services.assessment.facts import SOURCES
from models.services.assessment.overview import branch_view, facts_behind, year_lines
from models.services.assessment.reckoning import Place
from models.services.assessment.vetoes import Finding
from models.services.desk.acting import Actor
from models.stores.assessment import AssessmentStore
from models.stores.audit import AuditStore
from models.stores.scope import EVERYTHING, Scope
from models.tables.assessment import AssessmentAppeal, AssessmentFact, AssessmentResult
from models.tables.audit import AuditEntry
from models.tables.care import Touchpoint
from models.tables.cases import Case
from models.types import Door, Outcome, Stage
from tests.stores.conftest import copy_of
from tests.support import world
from tests.support.assessed import YEAR, any_case, fill
from tests.support.world import World

AFTER = datetime(YEAR + 1, 1, 20, 2, 0, tzinfo=UTC)
BJ = Place(YEAR, "BJ", EVERYTHING)


@pytest.fixture(scope="module")
def whole(lasting_database: Database) -> World:
    """A year of facts."""
    built = world.build(lasting_database)
    with lasting_database.write() as session:
        fill(session, 7)
    return built


@pytest.fixture
def filled(whole: World, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """A copy of it."""
    for database in copy_of(whole.database, tmp_path, request):
        yield replace(whole, database=database)


def by(built: World, login: str = "hq-vip", at: datetime = AFTER) -> Actor:
    return Actor(built.accounts[login], built.name(login), Door.API, at)


def sweep(session: Session, day: date, branch: str = "BJ") -> int:
    at = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    order = SweepOrder(institution_code=branch, day=day, at=at, limit=500)
    return keeping.keep_due(session, order).counts.get("assessed", 0)


def refusal(act: Callable[[], object]) -> ErrorCode:
    with pytest.raises(DomainError) as found:
        act()
    return found.value.code


def periods(session: Session) -> list[tuple[int, str, int]]:
    """Of the year; some records lie in the days around it."""
    mine = select(AssessmentResult).where(AssessmentResult.year == YEAR)
    rows = session.exec(mine.order_by(AssessmentResult.period)).all()
    return [(row.year, row.period, row.version) for row in rows]


def test_a_sweep_keeps_each_quarter_that_is_over_once(filled: World) -> None:
    with filled.database.write() as session:
        sweep(session, date(YEAR, 3, 31))
        assert periods(session) == []
        assert sweep(session, date(YEAR, 4, 1)) == 1
        assert sweep(session, date(YEAR, 4, 2)) == 0
        assert sweep(session, date(YEAR, 10, 9)) == 2, "quarters of an outage are made up for"
        assert periods(session) == [(YEAR, "Q1", 1), (YEAR, "Q2", 1), (YEAR, "Q3", 1)]


def test_the_year_is_scored_after_its_last_summary_was_due(filled: World) -> None:
    with filled.database.write() as session:
        sweep(session, date(YEAR + 1, 1, 1))
        assert (YEAR, "year", 1) not in periods(session)
        assert sweep(session, date(YEAR + 1, 1, 15)) == 0, "ten working days after New Year's Eve: 15 January 2026"
        assert sweep(session, date(YEAR + 1, 1, 16)) == 1
        assert sweep(session, date(YEAR + 1, 1, 17)) == 0


def test_a_branch_without_any_case_has_no_result_and_head_office_is_none(database: Database) -> None:
    world.build(database)
    with database.write() as session:
        assert sweep(session, date(YEAR + 1, 2, 1)) == 0
        assert sweep(session, date(YEAR + 1, 2, 1), "HQ") == 0
        assert periods(session) == []


def _scored(session: Session) -> AssessmentResult:
    sweep(session, date(YEAR + 1, 1, 16))
    return AssessmentStore(session).versions(YEAR, "BJ", "year")[0]


def test_a_kept_version_does_not_move_with_later_facts_but_live_figures_do(filled: World) -> None:
    with filled.database.write() as session:
        row = _scored(session)
        total, digest = row.total, row.digest
        for touchpoint in session.exec(select(Touchpoint).where(col(Touchpoint.stage) == Stage.MISSED)):
            touchpoint.stage = Stage.DONE
            session.add(touchpoint)
    with filled.database.read() as session:
        kept = branch_view(session, BJ, "", AFTER)
        live = branch_view(session, BJ, "live", AFTER)
        assert kept.result is not None
        assert (kept.assessed.total, kept.result.digest) == (total, digest)
        completion = live.assessed.indicator("completion_rate").actual
        before = kept.assessed.indicator("completion_rate").actual
        assert completion is not None
        assert before is not None
        assert completion > before


def test_every_figure_of_a_kept_version_is_the_sum_of_the_facts_written_with_it(filled: World) -> None:
    with filled.database.write() as session:
        row = _scored(session)
        view = branch_view(session, BJ, "1", AFTER)
        for item in SOURCES:
            facts = [fact for _, fact in facts_behind(session, BJ, item, "1", AFTER, after=None, limit=10_000)]
            if item == DEDUCTION:
                assert len(facts) == view.assessed.justified
            else:
                parts = [part for one in view.facts.measured if one.code == item for part in one.parts]
                assert len(facts) == sum(part.of for part in parts)
                assert sum(fact.good for fact in facts) == sum((part.good for part in parts), Decimal(0))
        assert session.exec(select(func.count()).select_from(AssessmentFact)).one() > 50
        assert row.facts_id == row.id


def test_pages_of_kept_facts_go_on_where_the_last_one_ended(filled: World) -> None:
    with filled.database.write() as session:
        _scored(session)
        whole = facts_behind(session, BJ, "on_time_rate", "1", AFTER, after=None, limit=10_000)
        first = facts_behind(session, BJ, "on_time_rate", "1", AFTER, after=None, limit=5)
        rest = facts_behind(session, BJ, "on_time_rate", "1", AFTER, after=first[-1][0], limit=10_000)
    assert first + rest == whole


def test_an_altered_version_is_found(filled: World) -> None:
    with filled.database.write() as session:
        row = _scored(session)
        row.kept = row.kept | {"rulebook": "another"}
        session.add(row)
        session.flush()
        assert refusal(lambda: branch_view(session, BJ, "1", AFTER)) is ErrorCode.CONTENT_ALTERED


def test_reckoned_again_another_version_waits_and_the_confirmed_one_stands(filled: World) -> None:
    actor = by(filled)
    with filled.database.write() as session:
        _scored(session)
        first = keeping.confirm(session, YEAR, "BJ", 1, actor)
        assert first.confirmed_by_name == "孙倩"
        assert first.appeals_until is not None
        second = keeping.keep_again(session, BJ, actor, "补录后重算")
        assert (second.version, second.confirmed_at) == (2, None)
        assert branch_view(session, BJ, "", AFTER).result == first
        assert {line.branch.code: line.result for line in year_lines(session, YEAR, EVERYTHING, AFTER)}["BJ"] == first
        assert refusal(lambda: keeping.confirm(session, YEAR, "BJ", 1, actor)) is ErrorCode.STALE_VERSION
        assert keeping.confirm(session, YEAR, "BJ", 2, actor).confirmed_at == AFTER
        assert branch_view(session, BJ, "", AFTER).result == second


def _uphold(session: Session, row: AssessmentResult, item: str, new: str) -> None:
    old = row.kept["assessed"]["deduction"] if item == DEDUCTION else "50"
    session.add(
        AssessmentAppeal(
            case_id=any_case(session, "BJ"),
            result_id=row.id,
            year=YEAR,
            institution_code="BJ",
            item=item,
            old=Decimal(old),
            new=Decimal(new),
            upheld_at=AFTER,
        )
    )
    session.flush()


def test_what_an_appeal_put_in_place_is_kept_when_the_year_is_reckoned_again(filled: World) -> None:
    with filled.database.write() as session:
        row = _scored(session)
        _uphold(session, row, "on_time_rate", "99.5")
        keeping.keep_again(session, BJ, by(filled), "补录后重算")
        view = branch_view(session, BJ, "2", AFTER)
        score = view.assessed.indicator("on_time_rate")
        assert (score.actual, score.corrected) == (Decimal("99.5"), True)
        assert view.assessed.total is not None
        assert row.total is not None
        assert view.assessed.total > row.total


def test_a_correction_that_the_records_have_overtaken_is_left_out(filled: World) -> None:
    with filled.database.write() as session:
        row = _scored(session)
        _uphold(session, row, "on_time_rate", "0.5")
        keeping.keep_again(session, BJ, by(filled), "补录后重算")
        score = branch_view(session, BJ, "2", AFTER).assessed.indicator("on_time_rate")
        assert score.actual is not None
        assert score.actual > Decimal("0.5")
        assert not score.corrected


def test_what_may_not_be_reckoned_or_confirmed_is_refused(filled: World) -> None:
    actor, during = by(filled), by(filled, at=datetime(YEAR, 12, 31, 2, tzinfo=UTC))
    elsewhere = BJ._replace(scope=Scope(("/HQ/SH/",)))
    with filled.database.write() as session:
        again = keeping.keep_again
        assert refusal(lambda: again(session, BJ, actor, " ")) is ErrorCode.REASON_REQUIRED
        assert refusal(lambda: again(session, BJ, during, "x")) is ErrorCode.YEAR_NOT_OVER
        assert refusal(lambda: again(session, elsewhere, actor, "x")) is ErrorCode.NOT_FOUND
        assert refusal(lambda: again(session, BJ._replace(branch_code="BJ01"), actor, "x")) is ErrorCode.INVALID_INPUT
        assert refusal(lambda: keeping.confirm(session, YEAR, "BJ", 1, actor)) is ErrorCode.NOT_FOUND


def test_of_first_versions_made_at_the_same_moment_each_has_its_number(filled: World) -> None:
    """Head office twice at once, and then two sweeps of one quarter."""

    def at_once(make: Callable[[Session], object]) -> None:
        together = Barrier(2)

        def run(_number: int) -> None:
            together.wait()
            with filled.database.write() as session:
                make(session)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run, range(2)))

    at_once(lambda session: keeping.keep_again(session, BJ, by(filled), "补录后重算"))
    at_once(lambda session: sweep(session, date(YEAR, 4, 1)))
    with filled.database.read() as session:
        assert sorted(periods(session)) == [(YEAR, "Q1", 1), (YEAR, "year", 1), (YEAR, "year", 2)]


def _appeal(session: Session, row: AssessmentResult, item: str, outcome: Outcome | None) -> None:
    """An appeal about an item, open or decided."""
    case_id = session.exec(select(Case.id).where(col(Case.id).not_in(select(AssessmentAppeal.case_id)))).first()
    case = session.get_one(Case, case_id)
    case.outcome = outcome
    appeal = AssessmentAppeal(
        case_id=case.id,
        result_id=row.id,
        year=row.year,
        institution_code=row.institution_code,
        item=item,
        old=Decimal(50),
        new=Decimal(60),
    )
    session.add_all((case, appeal))
    session.flush()


def test_what_was_decided_may_be_appealed_for_again_once_the_year_was_reckoned_again(filled: World) -> None:
    with filled.database.write() as session:
        store, first = AssessmentStore(session), _scored(session)
        _appeal(session, first, "on_time_rate", Outcome.REJECTED)
        _appeal(session, first, "completion_rate", Outcome.WITHDRAWN)
        _appeal(session, first, "satisfaction", None)
        assert store.appealed(first) == {"on_time_rate", "satisfaction"}
        corrected = AssessmentResult(**first.model_dump(exclude={"id", "version"}), version=2)
        store.add(corrected)  # by an appeal: the facts are the same, and so is what was decided about them
        assert store.appealed(corrected) == {"on_time_rate", "satisfaction"}
        again = keeping.keep_again(session, BJ, by(filled), "补录后重算")
        assert store.appealed(again) == {"satisfaction"}, "an open one is still to be decided"


def _finding(case_id: UUID | None, code: str = "falsified_record", evidence: str = "附件三照片") -> Finding:
    return Finding(code, case_id, "办结时间与签收单不符", evidence)


def test_a_veto_counts_in_the_next_version_until_it_is_withdrawn(filled: World) -> None:
    actor = by(filled)
    with filled.database.write() as session:
        _scored(session)
        row = vetoes.record(session, BJ, _finding(any_case(session, "BJ01")), actor)
        assert branch_view(session, BJ, "1", AFTER).assessed.vetoes == ()
        keeping.keep_again(session, BJ, actor, "计入否决")
        vetoed = branch_view(session, BJ, "2", AFTER).assessed
        assert vetoed.vetoes == ("falsified_record",)
        assert vetoed.indicator("completion_rate").points == 0
        vetoes.withdraw(session, row.id, "查无实据", EVERYTHING, actor)
        assert vetoes.withdraw(session, row.id, "再次", EVERYTHING, actor).withdrawn_reason == "查无实据"
        assert branch_view(session, BJ, "live", AFTER).assessed.vetoes == ()
        told = [entry.action for entry in session.exec(select(AuditEntry).order_by(col(AuditEntry.seq)))]
        assert told[-3:] == ["assessment.veto_recorded", "assessment.kept", "assessment.veto_withdrawn"]
        assert all("签收单" not in str(entry.after) for entry in AuditStore(session).all())


def test_what_makes_no_veto_is_refused(filled: World) -> None:
    actor = by(filled)
    with filled.database.write() as session:
        case, foreign = any_case(session, "BJ"), any_case(session, "SH")
        for finding in (
            _finding(case, code="bad_weather"),
            _finding(case, evidence=" "),
            _finding(foreign),
            _finding(None),
        ):
            assert refusal(partial(vetoes.record, session, BJ, finding, actor)) is ErrorCode.INVALID_INPUT
        vetoes.record(session, BJ, _finding(case), actor)
        assert refusal(lambda: vetoes.record(session, BJ, _finding(case), actor)) is ErrorCode.INVALID_INPUT
        away = BJ._replace(scope=Scope(("/HQ/SH/",)))
        assert refusal(lambda: vetoes.record(session, away, _finding(case), actor)) is ErrorCode.NOT_FOUND
