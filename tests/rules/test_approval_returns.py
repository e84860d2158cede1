"""Rounds, kept sign-offs (保留签批), and the threads of other systems' users that must not become ours."""

import pytest

from models.rules import approval
from models.types import AddedPosition, Door, Outcome, Role, SignerRule, Stage, Verdict
from tests.support.approval_cast import IDS, approve, named, opened, refused, seat
from tests.support.approval_paths import Move, PaperDesk, Seats

UNIT, REVIEW, LEAD = Stage.UNIT_CHECK, Stage.BRANCH_REVIEW, Stage.BRANCH_APPROVAL
ALL_THREE = named("svc1", "legal", "both1", rule=SignerRule.ALL)
JUDGED: dict[Stage, tuple[str, ...]] = {UNIT: ("reason",), REVIEW: ("facts",)}


def returned(desk: PaperDesk, who: str, number: str = "1", to: Stage = Stage.DECLARED) -> PaperDesk:
    """Returned by one of the signers."""
    desk.do(Move("decide", who, number, Verdict.RETURN, return_to=to))
    return desk


def to_the_lead(looks_at: dict[Stage, tuple[str, ...]] | None = None) -> PaperDesk:
    """A case that two steps approved."""
    return approve(opened(looks_at=looks_at), "unit1", "svc1")


@pytest.mark.parametrize(
    ("changed", "stage", "kept"),
    [
        (("reason",), UNIT, [REVIEW]),
        (("facts",), REVIEW, [UNIT]),
        (("reason", "facts"), UNIT, []),
        ((), LEAD, [UNIT, REVIEW]),
    ],
)
def test_sign_offs_that_the_change_did_not_touch_are_kept(
    changed: tuple[str, ...], stage: Stage, kept: list[Stage]
) -> None:
    desk = returned(to_the_lead(JUDGED), "lead1")
    desk.do(Move("resubmit", "declarant", changed=changed))
    state = desk.state
    assert (state.stage, state.round) == (stage, 2)
    assert [passed.stage for passed in state.passed if passed.kept] == kept
    following = approval.next_step(state, state.stage)
    assert following is not None
    assert following.stage not in kept


def test_without_fields_to_look_at_everybody_signs_again() -> None:
    desk = returned(to_the_lead(), "lead1")
    desk.do(Move("resubmit", "declarant"))
    assert (desk.state.stage, desk.state.passed) == (UNIT, ())


def test_a_correction_after_a_sign_off_is_a_change_of_facts() -> None:
    desk = to_the_lead(JUDGED)
    approve(desk, "lead1").do(Move("correct", "vip1", "1"))
    returned(desk, "vip1").do(Move("resubmit", "declarant"))
    assert [passed.stage for passed in desk.state.passed] == [UNIT]
    assert desk.state.stage is REVIEW


def test_a_correction_drops_the_kept_sign_offs_of_steps_ahead() -> None:
    desk = returned(to_the_lead(JUDGED), "lead1")
    desk.do(Move("resubmit", "declarant", changed=("reason",)))
    desk.do(Move("correct", "unit1", "1"))
    approve(desk, "unit1")
    assert desk.state.stage is REVIEW


def test_four_eyes_reach_over_a_kept_step_to_both_sides() -> None:
    """`both1` signed the kept review: it may take neither the check before nor the approval after it."""
    desk = approve(opened({}, looks_at=JUDGED), "unit1", "both1")
    returned(desk, "lead1").do(Move("resubmit", "declarant", changed=("reason",)))
    assert refused(desk, Move("decide", "both1", "1")) == "consecutive_step"
    approve(desk, "unit2")
    assert desk.state.stage is LEAD
    assert refused(desk, Move("decide", "both1", "1")) == "consecutive_step"
    assert refused(desk, Move("decide", "both2", "1")) is None


def test_a_return_to_a_step_drops_what_was_approved_from_there_on() -> None:
    desk = returned(to_the_lead(JUDGED), "lead1", to=REVIEW)
    assert [passed.stage for passed in desk.state.passed] == [UNIT]
    assert (desk.state.stage, desk.state.round) == (REVIEW, 2)
    assert approve(desk, "svc1").state.stage is LEAD


def test_the_limit_of_rounds_leaves_approving_and_rejecting() -> None:
    desk = opened()
    for _ in range(4):
        returned(desk, "unit1").do(Move("resubmit", "declarant"))
    assert refused(desk, Move("decide", "unit1", "1", Verdict.RETURN)) == "too_many_rounds"
    assert refused(desk, Move("decide", "unit1", "1")) is None


class TestThreads:
    """Each named after the thread it answers."""

    def test_openwebflow_2_a_signers_return_takes_the_others_tasks_and_the_case_still_closes(self) -> None:
        desk = approve(opened({REVIEW: ALL_THREE}), "unit1", "legal")
        open_before = {task.task_id for task in desk.state.tasks}
        returned(desk, "svc1")
        past = desk.state.acts[-1]
        assert {*past.closed, past.task_id} == open_before
        desk.do(Move("resubmit", "declarant"))
        approve(desk, "unit2", "legal", "both1", "svc1", "lead1", "vip1", "chief")
        assert desk.state.outcome is Outcome.APPROVED

    @pytest.mark.parametrize(
        "plan",
        [
            ALL_THREE,
            named("svc1", "legal", "both1", rule=SignerRule.QUORUM, needed=2),
            named("svc1", "legal", rule=SignerRule.SEQUENTIAL),
        ],
    )
    def test_yudao_668_and_727_a_return_into_a_step_of_several_signers_asks_all_of_them_anew(self, plan: Seats) -> None:
        desk = approve(opened({REVIEW: plan}), "unit1", "svc1", "legal")
        if desk.state.stage is REVIEW:
            approve(desk, "both1")
        old = {past.task_id for past in desk.state.acts}
        returned(desk, "lead1", to=REVIEW)
        step = desk.state.step
        assert step is not None
        assert (step.round, step.sign_offs) == (2, ())
        due = 1 if plan.rule is SignerRule.SEQUENTIAL else len(plan.signers)
        assert len(desk.state.tasks) == due
        assert not old & {task.task_id for task in desk.state.tasks}
        approve(desk, "svc1", "legal")

    @pytest.mark.parametrize("position", [*AddedPosition])
    @pytest.mark.parametrize("verdict", [Verdict.REJECT, Verdict.RETURN])
    def test_yudao_566_an_added_signer_does_not_stand_in_the_way_of_a_rejection(
        self, position: AddedPosition, verdict: Verdict
    ) -> None:
        desk = approve(opened({REVIEW: ALL_THREE}), "unit1")
        desk.do(Move("add_signer", "svc1", "1", to="lead1", position=position))
        who, number = ("lead1", "a1") if position is AddedPosition.BEFORE else ("svc1", "1")
        desk.do(Move("decide", who, number, verdict))
        assert desk.state.stage is (Stage.REJECTED if verdict is Verdict.REJECT else Stage.RETURNED)
        assert [task.step for task in desk.state.tasks] == ([] if verdict is Verdict.REJECT else ["declared"])

    def test_oca_1141_the_same_reviewer_of_two_tiers_apart_signs_each_of_them(self) -> None:
        """Nothing is approved for a person because it approved before; only two steps running are barred."""
        desk = approve(opened(), "both1", "svc1")
        assert (desk.state.stage, len(desk.state.tasks)) == (LEAD, 1)
        assert refused(desk, Move("decide", "both1", "1")) is None
        approve(desk, "both1")
        assert refused(desk, Move("decide", "both1", "1")) == "consecutive_step"

    @pytest.mark.parametrize("kind", ["transfer", "delegate", "reassign", "add_signer"])
    def test_expensify_59901_no_way_of_handing_on_leads_back_to_the_declarant(self, kind: str) -> None:
        desk = approve(opened(), "unit1")
        desk.do(Move("transfer", "svc1", "1", to="svc2"))
        who = "ops" if kind == "reassign" else "svc2"
        assert refused(desk, Move(kind, who, "1", to="declarant")) == "bad_transfer_target declarant"

    def test_expensify_55845_a_declarant_named_as_signer_never_signs(self) -> None:
        desk = approve(opened({REVIEW: named("declarant", rule=SignerRule.ALL)}), "unit1")
        assert refused(desk, Move("decide", "declarant", "1")) == "own_case"
        desk.do(Move("transfer", "declarant", "1", to="svc1"))
        assert approve(desk, "svc1").state.stage is LEAD

    def test_objectstack_4466_an_override_never_looks_like_an_approval(self) -> None:
        desk = approve(opened(), "unit1")
        desk.do(Move("decide", "ops", "1", door=Door.OVERRIDE))
        assert desk.state.acts[-1].door is Door.OVERRIDE

    def test_four_eyes_bar_who_signed_any_seat_of_the_step_before(self) -> None:
        plan = Seats(SignerRule.ALL, (seat("1", "both1"), seat("2", role=Role.BR_SVC)))
        desk = approve(opened({REVIEW: plan}), "unit1", "both1", "svc2")
        assert {IDS["both1"], IDS["svc2"]} <= approval.barred_people(desk.state)
