"""Insert or adopt: delivered twice, late, or after somebody else, the records say one thing (decisions.md 2)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import pytest
from sqlmodel import SQLModel, col, delete, func, select
from temporalio.exceptions import ApplicationError

from activities.approval import ApprovalActivities
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.identifiers import qualification_id
from models.messages.approval import ApprovalState, Correct, PostRef
from models.messages.qualification import RecordBreach, RecordOpening, RecordStep, StartQualification
from models.messages.scoring import CorrectedField, Correction
from models.rules import approval
from models.services.approval import steps
from models.services.qualification import opening
from models.stores.audit import AuditStore
from models.stores.cases import CaseStore
from models.tables.audit import AuditEntry
from models.tables.cases import Case, CaseScore, Decision, Membership, Seat, SilverQuota, Task
from models.tables.columns import new_id
from models.tables.messages import Notification
from models.tables.organisation import Account, Post
from models.types import Door, Outcome, Role, SeatKind, Tier
from tests.support import world as worlds
from tests.support.waiting_cases import AT, STEP_BEFORE, Waiting, before_final_approval
from tests.support.world import World

T = TypeVar("T", bound=SQLModel)
TABLES: tuple[type[SQLModel], ...] = (
    Case,
    Task,
    Decision,
    CaseScore,
    Seat,
    Membership,
    Notification,
    AuditEntry,
)


@pytest.fixture
def world(database: Database) -> World:
    """The small insurer."""
    return worlds.build(database)


@pytest.fixture
def waiting(world: World) -> Waiting:
    """One case before its final approval."""
    with world.database.write() as session:
        return before_final_approval(session, world, 1)


def _counts(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {
            str(table.__tablename__): session.exec(select(func.count()).select_from(table)).one() for table in TABLES
        }


def _rows(database: Database, table: type[T]) -> Sequence[T]:
    with database.read() as session:
        return session.exec(select(table)).all()


def _start(world: World, alias: str = worlds.GOLD, *, key: str = "k", attempt: int = 1) -> RecordOpening:
    start = StartQualification(
        update_id=f"{world.accounts['mgr']}:{key}",
        content_hash="x",
        actor_id=world.accounts["mgr"],
        actor_name=world.name("mgr"),
        posts=(PostRef(role=Role.MGR, institution_code="BJ01"),),
        door=Door.PAGE,
        case_id=new_id(),
        workflow_id=qualification_id(worlds.YEAR, alias, attempt),
        customer_no=alias,
        year=worlds.YEAR,
        attempt=attempt,
        tier=Tier.GOLD,
        seat_kind=SeatKind.RANKED,
        reason="三年增员",
        late_reason="补报",
    )
    return RecordOpening(start=start, at=datetime(2026, 11, 22, 2, 0, tzinfo=UTC))


def test_an_opening_delivered_twice_stands_once(world: World) -> None:
    message = _start(world)
    with world.database.write() as session:
        first = opening.record_opening(session, message)
    before = _counts(world.database)
    with world.database.write() as session:
        assert opening.record_opening(session, message) == first
    assert _counts(world.database) == before


def test_an_opening_adopts_the_case_that_its_workflow_recorded_before_a_crash(world: World) -> None:
    with world.database.write() as session:
        first = opening.record_opening(session, _start(world))
        again = opening.record_opening(session, _start(world, key="another"))
    assert again.state == first.state


def test_a_second_open_case_is_refused_by_the_table_itself(world: World) -> None:
    with world.database.write() as session:
        opening.record_opening(session, _start(world))
    with world.database.write() as session, pytest.raises(DomainError, match="duplicate_case"):
        opening.record_opening(session, _start(world, attempt=2))


def test_a_step_delivered_twice_changes_nothing(waiting: Waiting) -> None:
    database, message = waiting.world.database, waiting.approval()
    with database.write() as session:
        first = steps.record_step(session, message)
    before = _counts(database)
    with database.write() as session:
        assert steps.record_step(session, message) == first
    assert not first.adopted
    assert _counts(database) == before


def test_a_step_adopts_what_another_request_decided(waiting: Waiting) -> None:
    database = waiting.world.database
    with database.write() as session:
        first = steps.record_step(session, waiting.approval("mine"))
    before = _counts(database)
    with database.write() as session:
        other = steps.record_step(session, waiting.approval("late", AT + timedelta(minutes=5)))
    assert other.adopted
    assert (other.state, other.update_id) == (first.state, first.update_id)
    assert (other.by.actor_name, other.by.at) == ("陈志远", AT)
    assert _counts(database) == before


def test_versions_that_differ_are_an_incident_and_write_nothing(waiting: Waiting) -> None:
    database, message = waiting.world.database, waiting.approval()
    ahead = message.before.model_copy(update={"version": STEP_BEFORE + 4, "step_no": STEP_BEFORE + 4})
    after = message.after.model_copy(update={"version": STEP_BEFORE + 5, "step_no": STEP_BEFORE + 5})
    before = _counts(database)
    with pytest.raises(steps.RecordDivergedError), database.write() as session:
        steps.record_step(session, message.model_copy(update={"before": ahead, "after": after}))
    lost = message.before.model_copy(update={"case_id": new_id()})
    with pytest.raises(steps.RecordDivergedError), database.write() as session:
        steps.record_step(session, message.model_copy(update={"before": lost}))
    assert _counts(database) == before


@pytest.mark.parametrize("how", ["disabled", "post_removed"])
def test_whoever_lost_the_right_meanwhile_is_refused(waiting: Waiting, how: str) -> None:
    database, lead = waiting.world.database, waiting.world.accounts["lead"]
    with database.write() as session:
        if how == "disabled":
            session.get_one(Account, lead).disabled_at = AT
        else:
            session.exec(delete(Post).where(col(Post.account_id) == lead))
    before = _counts(database)
    with pytest.raises(DomainError, match="not_your_task"), database.write() as session:
        steps.record_step(session, waiting.approval())
    assert _counts(database) == before


def test_without_a_seat_the_case_waits_in_reserve_until_one_is_freed(world: World) -> None:
    database = world.database
    with database.write() as session:
        _quota(session.add, world, 1)
        first, second = (before_final_approval(session, world, number) for number in (1, 2))
    activities = ApprovalActivities(database)
    assert activities.record_step(first.approval()).state.outcome is Outcome.APPROVED
    for _ in range(2):
        with pytest.raises(ApplicationError) as refused:
            activities.record_step(second.approval())
        assert refused.value.type == ErrorCode.QUOTA_EXCEEDED
        assert refused.value.details[0] == {"scope": "BJ silver", "used": 1, "quota": 1}
    with database.read() as session:
        case, task = session.get_one(Case, second.state.case_id), second.state.tasks[0].task_id
        assert (case.in_reserve_since, case.version, session.get_one(Task, task).closed_at) == (AT, STEP_BEFORE, None)
        assert [entry.action for entry in AuditStore(session).of("case", str(case.id))] == ["enter_reserve"]
    with database.write() as session:
        session.exec(delete(Seat).where(col(Seat.case_id) == first.state.case_id))
    assert activities.record_step(second.approval()).state.outcome is Outcome.APPROVED
    with database.read() as session:
        assert session.get_one(Case, second.state.case_id).in_reserve_since is None


def _quota(add: object, world: World, seats: int) -> None:
    filed = SilverQuota(
        year=worlds.YEAR,
        institution_code="BJ",
        quota=seats,
        reason="服务能力",
        filed_by=world.accounts["lead"],
        filed_at=AT,
    )
    assert callable(add)
    add(filed)


def test_a_breach_delivered_twice_is_audited_once_and_a_closed_task_is_left_alone(world: World) -> None:
    with world.database.write() as session:
        open_one, closed_one = (before_final_approval(session, world, number) for number in (1, 2))
        steps.record_step(session, closed_one.approval())
    for waiting in (open_one, open_one, closed_one):
        task = waiting.state.tasks[0]
        due_at = task.deadline.due_at
        with world.database.write() as session:
            steps.record_breach(
                session, RecordBreach(case_id=waiting.state.case_id, task_id=task.task_id, due_at=due_at)
            )
    with world.database.read() as session:
        assert session.get_one(Task, open_one.state.tasks[0].task_id).breached_at == due_at
        assert session.get_one(Task, closed_one.state.tasks[0].task_id).breached_at is None
        assert [entry.action for entry in AuditStore(session).all()][-2:] == ["approve", "breach"]


def test_corrections_add_up_and_the_audit_shows_both_values(world: World) -> None:
    with world.database.write() as session:
        state = opening.record_opening(session, _start(world)).state
    for year, premium in ((2025, 1_500_000), (2024, 10)):
        fact = Correction(
            policy_no=f"{worlds.GOLD}-{year}", year=year, field=CorrectedField.PREMIUM_RECEIVED, value=Decimal(premium)
        )
        with world.database.write() as session:
            state = steps.record_step(session, _correction(world, state, fact)).state
    with world.database.read() as session:
        scores = CaseStore(session).scores(state.case_id)
        case = session.get_one(Case, state.case_id)
        entries = AuditStore(session).of("case", str(state.case_id))
    assert [score.step_no for score in scores] == [1, 2, 3]
    assert case.value == scores[-1].value < scores[0].value
    assert [(entry.before or {}).get("value") for entry in entries[1:]] == [str(row.value) for row in scores[:2]]
    assert [(entry.after or {}).get("value") for entry in entries] == [str(row.value) for row in scores]


def _correction(world: World, state: ApprovalState, fact: Correction) -> RecordStep:
    act = Correct(
        update_id=f"{world.accounts['unit']}:{fact.year}",
        content_hash="x",
        actor_id=world.accounts["unit"],
        actor_name=world.name("unit"),
        posts=(PostRef(role=Role.UNIT_LEAD, institution_code="BJ01"),),
        door=Door.PAGE,
        comment="核对收据",
        task_id=state.tasks[0].task_id,
        version=state.tasks[0].version,
        corrections=(fact,),
    )
    return RecordStep(workflow_id="x", before=state, after=approval.correct(state, act, AT), act=act, at=AT)
