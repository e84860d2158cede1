"""Pausing the clock of an approval, correcting its facts, and the decision nobody made."""

from datetime import UTC, datetime, timedelta

import pytest

from models.errors import DomainError, ErrorCode
from models.messages.calendar import Deadline
from models.rules import approval
from models.types import Door, Stage, Verdict
from tests.support.approval_cast import approve, opened, refused
from tests.support.approval_paths import CLOCK, Move, PaperDesk
from tests.support.approval_review import ALL_THREE, REVIEW, returned, review


class TestAutomaticDecision:
    @pytest.mark.parametrize(
        ("verdict", "stage"),
        [
            (Verdict.APPROVE, Stage.BRANCH_APPROVAL),
            (Verdict.REJECT, Stage.REJECTED),
            (Verdict.RETURN, Stage.RETURNED),
        ],
    )
    def test_decides_the_whole_step_whatever_its_signers(self, verdict: Verdict, stage: Stage) -> None:
        desk = approve(review(ALL_THREE), "legal")
        desk.do(Move("decide", CLOCK, "1", verdict))
        assert desk.state.stage is stage
        past = desk.state.acts[-1]
        assert (past.actor_name, past.door, len(past.closed)) == ("system:sla", Door.SYSTEM, 1)

    def test_the_clock_bars_nobody_and_signs_through_no_other_door(self) -> None:
        desk = review()
        act = desk.act(Move("decide", CLOCK, "1"))
        assert act is not None
        with pytest.raises(DomainError) as refusal:
            approval.check(desk.state, act.model_copy(update={"door": Door.API}))
        assert refusal.value.code is ErrorCode.NOT_YOUR_TASK
        desk.do(Move("decide", CLOCK, "1"))
        assert act.actor_id not in approval.barred_people(desk.state)

    def test_nothing_is_decided_for_the_declarant(self) -> None:
        desk = returned(review(), "svc1")
        assert refused(desk, Move("decide", CLOCK, "declared")) == "wrong_stage"


class TestPausing:
    def _due(self, desk: PaperDesk, due: datetime) -> None:
        """Give the open task and its step a deadline."""
        deadline = Deadline(due_at=due, provisional=False, calendar_version="c")
        task, step = desk.state.tasks[0].model_copy(update={"deadline": deadline}), desk.state.step
        assert step is not None
        desk.state = desk.state.model_copy(
            update={"tasks": (task,), "step": step.model_copy(update={"deadline": deadline})}
        )

    def test_the_deadline_moves_on_by_the_paused_office_time_only(self) -> None:
        """Paused Friday 16:00 to Monday 10:00 in Shanghai: 1.5 + 1 hours of office, not 66 hours."""
        desk = review()
        self._due(desk, datetime(2026, 1, 22, 2, tzinfo=UTC))
        desk.now = datetime(2026, 1, 16, 7, 30, tzinfo=UTC)
        desk.do(Move("pause", "svc1", "1"))
        desk.now = datetime(2026, 1, 19, 1, 30, tzinfo=UTC)
        desk.do(Move("resume", "svc1", "1"))
        task, step = desk.state.tasks[0], desk.state.step
        assert task.deadline.due_at == datetime(2026, 1, 22, 6, tzinfo=UTC)  # 10:00 + 2.5 h over the lunch break
        assert not approval.is_paused(task)
        assert step is not None
        assert step.deadline == task.deadline

    def test_who_may_pause_and_resume(self) -> None:
        desk = review()
        assert refused(desk, Move("pause", "legal", "1")) == "not_your_task BR_SVC"
        assert refused(desk, Move("pause", "declarant", "1")) == "own_case"
        assert refused(desk, Move("resume", "svc1", "1")) == "stale_version"
        desk.do(Move("pause", "svc1", "1"))
        assert refused(desk, Move("pause", "svc1", "1")) == "clock_already_paused"
        assert refused(desk, Move("resume", "legal", "1")) == "not_your_task BR_SVC"
        assert refused(desk, Move("resume", "ops", "1")) is None
        assert refused(desk, Move("resume", "ops", "1", comment=" ")) == "reason_required"

    def test_a_paused_task_can_be_decided_and_the_next_step_runs(self) -> None:
        desk = review()
        desk.do(Move("pause", "svc1", "1"))
        approve(desk, "svc1")
        assert desk.state.stage is Stage.BRANCH_APPROVAL
        assert not any(approval.is_paused(task) for task in desk.state.tasks)

    def test_a_pause_between_closing_and_opening_moves_nothing(self) -> None:
        desk = review()
        self._due(desk, datetime(2026, 1, 22, 2, tzinfo=UTC))
        desk.now = datetime(2026, 1, 16, 10, tzinfo=UTC)
        desk.do(Move("pause", "svc1", "1"))
        desk.now += timedelta(days=1)
        desk.do(Move("resume", "svc1", "1"))
        assert desk.state.tasks[0].deadline.due_at == datetime(2026, 1, 22, 2, tzinfo=UTC)

    def test_resuming_asks_for_a_calendar(self) -> None:
        desk = review()
        desk.do(Move("pause", "svc1", "1"))
        act = desk.act(Move("resume", "svc1", "1"))
        assert act is not None
        with pytest.raises(ValueError, match="calendar"):
            approval.apply(desk.state, act, desk.now)


class TestCorrecting:
    def test_signatures_under_the_old_facts_are_given_again(self) -> None:
        desk = approve(review(ALL_THREE), "legal")
        desk.do(Move("correct", "svc1", "1"))
        assert {task.signer_id for task in desk.state.tasks} == {"1", "2", "3"}
        approve(desk, "legal", "svc1", "both1")
        assert desk.state.stage is Stage.BRANCH_APPROVAL

    def test_a_step_that_looks_at_something_else_keeps_them(self) -> None:
        desk = approve(opened({REVIEW: ALL_THREE}, looks_at={REVIEW: ("reason",)}), "unit1", "legal")
        desk.do(Move("correct", "svc1", "1"))
        assert {task.signer_id for task in desk.state.tasks} == {"1", "3"}
