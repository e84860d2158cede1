"""Acts that are no decision, one by one: who may, on whom, when, and what is left afterwards."""

import pytest

from models.errors import DomainError, ErrorCode
from models.messages.handing import TakeBack
from models.rules import approval
from models.types import AddedPosition, Door, Outcome, Role, SignerRule, Stage, Verdict
from tests.support.approval_cast import IDS, approve, named, refused, seat
from tests.support.approval_paths import Move, Seats
from tests.support.approval_review import ALL_THREE, REVIEW, caller, holder, returned, review

BEFORE, AFTER = AddedPosition.BEFORE, AddedPosition.AFTER


class TestTransfer:
    @pytest.mark.parametrize(
        ("who", "to", "code"),
        [
            ("svc1", "svc2", None),
            ("declarant", "svc2", None),  # holds the post: what four eyes refuse to sign is handed on
            ("svc1", "declarant", "bad_transfer_target declarant"),
            ("svc1", "unit1", "bad_transfer_target unit1"),
            ("svc1", "legal", "bad_transfer_target legal"),
            ("svc1", "svc1", "bad_transfer_target svc1"),
            ("legal", "svc2", "not_your_task BR_SVC"),
        ],
    )
    def test_by_the_holder_to_somebody_who_may_sign(self, who: str, to: str, code: str | None) -> None:
        assert refused(review(), Move("transfer", who, "1", to=to)) == code

    def test_task_and_seat_are_theirs(self) -> None:
        desk = review()
        version = desk.state.tasks[0].version
        desk.do(Move("transfer", "svc1", "1", to="svc2"))
        assert (holder(desk), desk.state.tasks[0].version) == ("svc2", version + 1)
        assert refused(desk, Move("decide", "svc1", "1")) == "not_your_task BR_SVC"
        assert desk.state.acts[-1].to_name == "svc2"
        desk.do(Move("decide", "svc2", "1"))
        desk.do(Move("take_back", "svc2", "0"))
        assert holder(desk) == "svc2"

    def test_not_to_another_signer_of_the_step(self) -> None:
        plan = Seats(SignerRule.ALL, (seat("1", role=Role.BR_SVC), seat("2", "both1")))
        assert refused(review(plan), Move("transfer", "svc1", "1", to="both1")) == "bad_transfer_target both1"

    def test_not_the_declarants_own_task(self) -> None:
        desk = returned(review(), "svc1")
        assert refused(desk, Move("transfer", "declarant", "declared", to="colleague")) == "wrong_stage"


class TestDelegation:
    def test_away_for_advice_and_back(self) -> None:
        desk = review()
        desk.do(Move("delegate", "svc1", "1", to="legal"))
        assert refused(desk, Move("decide", "svc1", "1")) == "not_your_task legal"
        assert refused(desk, Move("decide", "legal", "1")) == "not_your_task BR_SVC"
        assert refused(desk, Move("transfer", "svc1", "1", to="svc2")) == "not_your_task legal"
        assert refused(desk, Move("hand_back", "svc2", "1")) == "not_your_task legal"
        desk.do(Move("hand_back", "legal", "1"))
        assert holder(desk) == "svc1"
        assert refused(desk, Move("decide", "svc2", "1")) == "not_your_task BR_SVC"
        approve(desk, "svc1")

    def test_called_back_by_who_gave_it(self) -> None:
        desk = review()
        desk.do(Move("delegate", "svc1", "1", to="legal"))
        desk.do(Move("hand_back", "svc1", "1"))
        assert refused(desk, Move("hand_back", "svc1", "1")) == "stale_version"
        approve(desk, "svc1")

    @pytest.mark.parametrize("to", ["declarant", "svc1"])
    def test_never_to_the_declarant_or_oneself(self, to: str) -> None:
        assert refused(review(), Move("delegate", "svc1", "1", to=to)) == f"bad_transfer_target {to}"

    def test_not_by_whom_four_eyes_refuse(self) -> None:
        assert refused(review(), Move("delegate", "declarant", "1", to="legal")) == "own_case"


class TestOperations:
    def test_override_is_marked_needs_a_reason_and_signs_one_seat(self) -> None:
        desk = review(ALL_THREE)
        override = Move("decide", "ops", "2", door=Door.OVERRIDE)
        assert refused(desk, Move("decide", "ops", "2", door=Door.OVERRIDE, comment=" ")) == "reason_required"
        assert refused(desk, Move("decide", "ops", "2")) == "not_your_task BR_SVC"
        assert refused(desk, Move("decide", "svc1", "2", door=Door.OVERRIDE)) == "not_allowed OPS"
        desk.do(override)
        assert desk.state.acts[-1].door is Door.OVERRIDE
        assert {task.signer_id for task in desk.state.tasks} == {"1", "3"}

    def test_override_asks_no_four_eyes_but_never_the_own_case(self) -> None:
        desk = review(ALL_THREE)
        for number in "123":
            desk.do(Move("decide", "ops", number, door=Door.OVERRIDE))
        desk.do(Move("decide", "ops", "1", door=Door.OVERRIDE))
        assert desk.state.stage is Stage.HQ_REVIEW
        own = desk.state.model_copy(update={"declared_by": IDS["ops"]})
        act = desk.act(Move("decide", "ops", "1", door=Door.OVERRIDE))
        assert act is not None
        with pytest.raises(DomainError) as refusal:
            approval.check(own, act)
        assert refusal.value.code is ErrorCode.OWN_CASE

    def test_override_goes_through_a_delegation_but_not_before_an_added_signer(self) -> None:
        desk = review()
        desk.do(Move("add_signer", "svc1", "1", to="both1", position=BEFORE))
        assert refused(desk, Move("decide", "ops", "1", door=Door.OVERRIDE)) == "not_your_task both1"
        desk.do(Move("decide", "ops", "a1", door=Door.OVERRIDE))
        desk.do(Move("delegate", "svc1", "1", to="legal"))
        desk.do(Move("decide", "ops", "1", door=Door.OVERRIDE))
        assert desk.state.stage is Stage.BRANCH_APPROVAL

    @pytest.mark.parametrize(
        ("move", "code"),
        [
            (Move("reassign", "ops", "1", to="svc2"), None),
            (Move("reassign", "ops", "1", to="svc2", comment=""), "reason_required"),
            (Move("reassign", "svc1", "1", to="svc2"), "not_allowed OPS"),
            (Move("reassign", "ops", "1", to="declarant"), "bad_transfer_target declarant"),
            (Move("reassign", "ops", "1", to="legal"), "bad_transfer_target legal"),
        ],
    )
    def test_reassign(self, move: Move, code: str | None) -> None:
        assert refused(review(), move) == code

    def test_reassign_takes_a_task_from_a_lost_delegate(self) -> None:
        desk = review()
        desk.do(Move("delegate", "svc1", "1", to="legal"))
        desk.do(Move("reassign", "ops", "1", to="svc2"))
        approve(desk, "svc2")

    def test_reassign_gives_a_returned_case_to_a_colleague(self) -> None:
        desk = returned(review(), "svc1")
        desk.do(Move("reassign", "ops", "declared", to="colleague"))
        desk.do(Move("resubmit", "colleague"))
        assert desk.state.stage is Stage.UNIT_CHECK
        assert IDS["colleague"] in approval.barred_people(desk.state)
        assert IDS["colleague"] in approval.barred_people(approve(desk, "unit1", "svc1", "lead1").state)


class TestStandIn:
    def test_signs_what_the_principal_may_and_both_are_barred_after(self) -> None:
        desk = review()
        assert refused(desk, Move("decide", "legal", "1")) == "not_your_task BR_SVC"
        desk.do(Move("decide", "legal", "1", behalf="svc2"))
        past = desk.state.acts[-1]
        assert (past.actor_name, past.on_behalf_of, past.door) == ("legal", IDS["svc2"], Door.STAND_IN)
        assert {IDS["legal"], IDS["svc2"]} <= approval.barred_people(desk.state)

    @pytest.mark.parametrize(
        ("who", "behalf", "code"),
        [
            ("declarant", "svc1", "own_case"),
            ("svc1", "declarant", "own_case"),
            ("unit1", "svc1", "consecutive_step"),
        ],
    )
    def test_is_refused_for_either_of_the_two(self, who: str, behalf: str, code: str) -> None:
        assert refused(review(), Move("decide", who, "1", behalf=behalf)) == code

    def test_takes_an_assigned_task_of_the_principal(self) -> None:
        desk = review(ALL_THREE)
        assert refused(desk, Move("decide", "lead1", "2", behalf="legal")) is None
        assert refused(desk, Move("decide", "lead1", "2", behalf="svc2")) == "not_your_task BR_SVC"

    def test_of_the_declarant_resubmits_and_never_signs(self) -> None:
        desk = returned(review(), "svc1")
        desk.do(Move("resubmit", "both1", behalf="declarant"))
        assert refused(approve(desk, "unit1"), Move("decide", "both1", "1")) == "consecutive_step"

    def test_what_was_signed_for_somebody_is_its_own_to_take_back(self) -> None:
        desk = review()
        desk.do(Move("decide", "legal", "1", behalf="svc2"))
        assert refused(desk, Move("take_back", "svc1", "0")) == "not_your_task legal"
        desk.do(Move("take_back", "svc2", "0"))
        approve(desk, "svc2")


class TestSigners:
    def test_before_waits_and_after_follows(self) -> None:
        desk = review()
        desk.do(Move("add_signer", "svc1", "1", to="both1", position=BEFORE))
        desk.do(Move("add_signer", "svc1", "1", to="legal", position=AFTER))
        assert {task.signer_id: task.waiting for task in desk.state.tasks} == {"1": True, "a1": False}
        assert refused(desk, Move("decide", "svc1", "1")) == "not_your_task both1"
        approve(desk, "both1", "svc1")
        assert (desk.state.stage, [task.signer_id for task in desk.state.tasks]) == (REVIEW, ["a2"])
        approve(desk, "legal")
        assert desk.state.stage is Stage.BRANCH_APPROVAL

    @pytest.mark.parametrize(
        ("move", "code"),
        [
            (Move("add_signer", "svc1", "1", to="declarant"), "bad_transfer_target declarant"),
            (Move("add_signer", "svc1", "1", to="unit1"), "bad_transfer_target unit1"),
            (Move("add_signer", "svc1", "1", to="svc1"), "bad_transfer_target svc1"),
            (Move("add_signer", "svc1", "1", to="both1"), "bad_transfer_target both1"),
            (Move("add_signer", "svc2", "1", to="lead1"), "not_your_task BR_SVC"),
            (Move("add_signer", "svc1", "1", to="lead1"), None),
        ],
    )
    def test_whom_one_may_add(self, move: Move, code: str | None) -> None:
        assert refused(review(ALL_THREE), move) == code

    def test_every_open_task_of_the_step_is_newer_then(self) -> None:
        desk = review(ALL_THREE)
        stale = desk.act(Move("decide", "legal", "2"))
        desk.do(Move("add_signer", "svc1", "1", to="lead1", position=AFTER))
        assert stale is not None
        with pytest.raises(DomainError) as refusal:
            approval.check(desk.state, stale)
        assert refusal.value.code is ErrorCode.STALE_VERSION

    def test_removed_by_who_added_before_it_signed(self) -> None:
        desk = review(ALL_THREE)
        desk.do(Move("add_signer", "svc1", "1", to="lead1", position=BEFORE))
        assert refused(desk, Move("remove_signer", "legal", "2", of="a1")) == "not_your_task BR_SVC"
        assert refused(desk, Move("remove_signer", "svc1", "1", of="2")) == "signer_cannot_be_removed"
        assert refused(desk, Move("remove_signer", "svc1", "1", of="a9")) == "signer_cannot_be_removed"
        desk.do(Move("remove_signer", "svc1", "1", of="a1"))
        assert {task.signer_id: task.waiting for task in desk.state.tasks} == {"1": False, "2": False, "3": False}
        desk.do(Move("add_signer", "svc1", "1", to="lead1", position=BEFORE))
        assert {task.signer_id for task in desk.state.tasks} == {"1", "2", "3", "a2"}
        approve(desk, "lead1")
        assert refused(desk, Move("remove_signer", "svc1", "1", of="a2")) == "signer_cannot_be_removed"

    def test_a_removal_never_decides_a_step(self) -> None:
        """Who added a signer after itself and signed takes its signature back first: a step ends by a decision."""
        desk = review()
        desk.do(Move("add_signer", "svc1", "1", to="both1", position=AFTER))
        approve(desk, "svc1")
        assert refused(desk, Move("remove_signer", "svc1", "a1", of="a1")) == "signer_cannot_be_removed"
        desk.do(Move("take_back", "svc1", "0"))
        desk.do(Move("remove_signer", "svc1", "1", of="a1"))
        assert approve(desk, "svc1").state.stage is Stage.BRANCH_APPROVAL

    def test_in_order_an_added_signer_stands_right_beside_who_added_it(self) -> None:
        desk = review(named("svc1", "legal", rule=SignerRule.SEQUENTIAL))
        desk.do(Move("add_signer", "svc1", "1", to="both1", position=AFTER))
        approve(desk, "svc1")
        assert [task.signer_id for task in desk.state.tasks] == ["a1"]
        approve(desk, "both1")
        assert [task.signer_id for task in desk.state.tasks] == ["2"]

    def test_an_added_signer_still_signs_when_the_seat_it_waited_for_fell_away(self) -> None:
        desk = review(named("svc1", "both1", rule=SignerRule.ANY))
        desk.do(Move("add_signer", "svc1", "1", to="legal", position=AFTER))
        approve(desk, "both1")
        assert [task.signer_id for task in desk.state.tasks] == ["a1"]
        approve(desk, "legal")
        assert desk.state.stage is Stage.BRANCH_APPROVAL


class TestTakingBack:
    def test_the_last_decision_until_somebody_acted(self) -> None:
        desk = review()
        old = desk.state
        approve(desk, "svc1")
        desk.do(Move("take_back", "svc1", "0"))
        state = desk.state
        assert (state.stage, state.round, state.step, state.passed) == (REVIEW, 1, old.step, old.passed)
        assert state.tasks[0].task_id != old.tasks[0].task_id
        assert state.tasks[0].deadline == old.tasks[0].deadline
        approve(desk, "svc1", "lead1")
        assert refused(desk, Move("take_back", "svc1", "1")) == "too_late_to_take_back"

    def test_of_a_return_until_it_was_resubmitted(self) -> None:
        desk = returned(review(), "svc1")
        assert desk.state.round == 2
        desk.do(Move("take_back", "svc1", "0"))
        assert (desk.state.stage, desk.state.round) == (REVIEW, 1)
        returned(desk, "svc1").do(Move("resubmit", "declarant"))
        assert refused(desk, Move("take_back", "svc1", "0")) == "too_late_to_take_back"

    def test_an_own_signature_of_an_undecided_step(self) -> None:
        desk = approve(review(ALL_THREE), "legal", "svc1")
        assert refused(desk, Move("take_back", "both1", "0")) == "not_your_task svc1"
        desk.do(Move("take_back", "legal", "1"))
        assert {task.signer_id for task in desk.state.tasks} == {"2", "3"}
        approve(desk, "legal", "both1")
        assert desk.state.stage is Stage.BRANCH_APPROVAL

    def test_too_late_when_somebody_signed_who_had_to_wait_for_it(self) -> None:
        desk = approve(review(named("svc1", "legal", "both1", rule=SignerRule.SEQUENTIAL)), "svc1", "legal")
        assert refused(desk, Move("take_back", "svc1", "1")) == "too_late_to_take_back"
        desk.do(Move("take_back", "legal", "0"))
        assert {task.signer_id: task.waiting for task in desk.state.tasks} == {"2": False, "3": True}
        desk.do(Move("take_back", "svc1", "1"))
        approve(desk, "svc1", "legal", "both1")
        assert desk.state.stage is Stage.BRANCH_APPROVAL

    @pytest.mark.parametrize("kind", ["pause", "transfer"])
    def test_a_pause_is_no_act_after_it_a_transfer_is(self, kind: str) -> None:
        desk = approve(review(), "svc1")
        desk.do(Move(kind, "lead1", "1", to="both1"))
        expected = None if kind == "pause" else "too_late_to_take_back"
        assert refused(desk, Move("take_back", "svc1", "0")) == expected

    def test_never_of_a_closed_case_or_of_an_open_task(self) -> None:
        desk = review()
        act = TakeBack(**caller("svc1"), task_id=desk.state.tasks[0].task_id)
        with pytest.raises(DomainError) as refusal:
            approval.check(desk.state, act)
        assert refusal.value.code is ErrorCode.WRONG_STAGE
        desk.do(Move("decide", "svc1", "1", Verdict.REJECT))
        assert refused(desk, Move("take_back", "svc1", "0")) == "case_closed"

    def test_only_once(self) -> None:
        desk = approve(review(), "svc1")
        desk.do(Move("take_back", "svc1", "0"))
        assert refused(desk, Move("take_back", "svc1", "0")) == "too_late_to_take_back"


def test_a_case_that_ended_has_no_step_no_task_and_nothing_to_take_back() -> None:
    desk = review(ALL_THREE)
    desk.do(Move("withdraw", "declarant"))
    state = desk.state
    assert (state.outcome, state.step, state.tasks, state.undo) == (Outcome.WITHDRAWN, None, (), None)
