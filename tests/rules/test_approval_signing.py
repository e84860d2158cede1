"""Signer rules: when a step is decided, whom it still asks, and in which order (会签 或签 票签 依次审批 分组会签)."""

from collections import Counter
from itertools import permutations

import pytest

from models.errors import DomainError
from models.messages.approval import ApprovalState
from models.rules import approval
from models.types import AddedPosition, Outcome, Role, SignerRule, Stage, Tier, Verdict
from tests.support.approval_cast import approve, grouped, named, opened, refused, seat
from tests.support.approval_paths import Move, PaperDesk, Seats

REVIEW = Stage.BRANCH_REVIEW
TWO_OF_THREE = named("svc1", "legal", "both1", rule=SignerRule.QUORUM, needed=2)
GROUPS = grouped(finance=("svc1", "both1"), law=("legal",))
PEOPLE = ("svc1", "legal", "both1")


def review(plan: Seats) -> PaperDesk:
    """A case at branch review, signed as planned; `unit1` took the step before."""
    return approve(opened({REVIEW: plan}), "unit1")


def sign(desk: PaperDesk, votes: str) -> PaperDesk:
    """`1+ 3-`: seat 1 approves, seat 3 rejects; each by the person who holds the seat."""
    for vote in votes.split():
        task = next(task for task in approval.step_tasks(desk.state) if task.signer_id == vote[0])
        who = desk.population.by_id(task.assignee_id)
        assert who is not None
        desk.do(Move("decide", who, vote[0], Verdict.APPROVE if vote[1] == "+" else Verdict.REJECT))
    return desk


def result(state: ApprovalState) -> str:
    """`approved`, `rejected`, or the seats that are still asked: `asks 2 3`."""
    if state.outcome is not None:
        return state.outcome.value
    if state.stage is not REVIEW:
        return "approved"
    return " ".join(["asks", *(task.signer_id for task in state.tasks)])


PER_CENT = {
    percent: named("svc1", "legal", "both1", rule=SignerRule.QUORUM, percent=percent) for percent in (1, 34, 67, 100)
}


@pytest.mark.parametrize(
    ("plan", "votes", "expected"),
    [
        (named(*PEOPLE, rule=SignerRule.ANY), "", "asks 1 2 3"),
        (named(*PEOPLE, rule=SignerRule.ANY), "2+", "approved"),
        (named(*PEOPLE, rule=SignerRule.ANY), "3-", "rejected"),
        (named(*PEOPLE, rule=SignerRule.ALL), "2+ 1+", "asks 3"),
        (named(*PEOPLE, rule=SignerRule.ALL), "2+ 1+ 3+", "approved"),
        (named(*PEOPLE, rule=SignerRule.ALL), "2+ 1-", "rejected"),
        (TWO_OF_THREE, "1-", "asks 2 3"),
        (TWO_OF_THREE, "1- 3+", "asks 2"),
        (TWO_OF_THREE, "1- 3+ 2+", "approved"),
        (TWO_OF_THREE, "1+ 3+", "approved"),
        (TWO_OF_THREE, "1- 2-", "rejected"),
        (PER_CENT[1], "1- 2- 3+", "approved"),
        (PER_CENT[34], "1+", "asks 2 3"),
        (PER_CENT[34], "1+ 2+", "approved"),
        (PER_CENT[67], "1+ 2+", "asks 3"),
        (PER_CENT[67], "1-", "rejected"),
        (PER_CENT[100], "3-", "rejected"),
        (named(*PEOPLE, rule=SignerRule.QUORUM, needed=9), "1+ 2+", "asks 3"),
        (named(*PEOPLE, rule=SignerRule.QUORUM, needed=9), "1+ 2+ 3+", "approved"),
        (named(*PEOPLE, rule=SignerRule.SEQUENTIAL), "", "asks 1"),
        (named(*PEOPLE, rule=SignerRule.SEQUENTIAL), "1+", "asks 2"),
        (named(*PEOPLE, rule=SignerRule.SEQUENTIAL), "1+ 2+ 3+", "approved"),
        (named(*PEOPLE, rule=SignerRule.SEQUENTIAL), "1+ 2-", "rejected"),
        (GROUPS, "1+", "asks 3"),
        (GROUPS, "2+ 3+", "approved"),
        (GROUPS, "1-", "asks 2 3"),
        (GROUPS, "1- 2-", "rejected"),
        (GROUPS, "3-", "rejected"),
    ],
)
def test_a_step_is_decided_as_soon_as_it_can_be(plan: Seats, votes: str, expected: str) -> None:
    assert result(sign(review(plan), votes).state) == expected


@pytest.mark.parametrize("order", [*permutations("123")])
def test_the_order_of_signatures_does_not_matter_where_no_order_is_asked(order: tuple[str, ...]) -> None:
    first, second, _ = order
    desk = sign(review(TWO_OF_THREE), f"{first}+ {second}+")
    assert desk.state.stage is Stage.BRANCH_APPROVAL


def test_remaining_tasks_fall_away_and_their_holders_are_told_who_decided() -> None:
    desk = review(named(*PEOPLE, rule=SignerRule.ANY))
    before = desk.state
    late = desk.act(Move("decide", "both1", "3"))
    sign(desk, "2+")
    past = desk.state.acts[-1]
    assert set(past.closed) == {task.task_id for task in before.tasks} - {past.task_id}
    assert late is not None
    with pytest.raises(DomainError) as told:
        approval.check(desk.state, late)
    assert (told.value.code.value, told.value.context["who"]) == ("already_decided", "legal")
    assert told.value.context["when"] == past.at.isoformat()


def test_a_signature_of_another_leaves_the_remaining_tasks_as_they_were() -> None:
    desk = review(named(*PEOPLE, rule=SignerRule.ALL))
    others = [task for task in desk.state.tasks if task.signer_id != "2"]
    sign(desk, "2+")
    assert list(desk.state.tasks) == others
    assert (desk.state.stage, desk.state.round) == (REVIEW, 1)


def test_the_live_state_of_a_step() -> None:
    desk = sign(review(TWO_OF_THREE), "1+")
    standing = approval.standing(desk.state)
    assert (standing.needed, standing.approved, standing.rejected, standing.result) == (2, 1, 0, None)
    assert [one.name for one in standing.missing] == ["legal", "both1"]
    desk.do(Move("add_signer", "legal", "2", to="lead2", position=AddedPosition.AFTER))
    standing = approval.standing(desk.state)
    assert (standing.needed, standing.approved) == (3, 1)
    assert [one.name for one in standing.missing] == ["legal", "lead2", "both1"]


def test_nothing_is_needed_where_no_step_is_open() -> None:
    desk = opened()
    desk.do(Move("decide", "unit1", "1", Verdict.RETURN, return_to=Stage.DECLARED))
    assert approval.standing(desk.state) == approval.StepStanding(0, 0, 0)


def test_one_person_signs_one_seat_of_a_step() -> None:
    plan = Seats(SignerRule.ALL, (seat("1", role=Role.BR_SVC), seat("2", "svc1"), seat("3", "legal")))
    desk = review(plan)
    desk.do(Move("decide", "svc1", "1"))
    assert refused(desk, Move("decide", "svc1", "2")) == "consecutive_step"
    desk.do(Move("transfer", "svc1", "2", to="svc2"))
    approve(desk, "svc2", "legal")
    assert desk.state.stage is Stage.BRANCH_APPROVAL


def test_everybody_who_signed_a_step_is_barred_from_the_next() -> None:
    desk = approve(review(named("svc2", "both1", rule=SignerRule.ALL)), "svc2", "both1")
    assert refused(desk, Move("decide", "svc2", "1")) == "consecutive_step"
    assert refused(desk, Move("decide", "both1", "1")) == "consecutive_step"
    assert refused(desk, Move("decide", "both2", "1")) is None


def test_the_final_step_with_several_signers_falls_to_silver_only_with_its_last_signature() -> None:
    """A choice that others have not seen would be lost: who decides the step decides the tier."""
    desk = opened({Stage.HQ_APPROVAL: named("chief", "both1", rule=SignerRule.ALL)})
    approve(desk, "unit1", "svc1", "lead1", "vip1")

    def silver(who: str, number: str) -> ApprovalState:
        act = desk.act(Move("decide", who, number))
        assert act is not None
        return approval.apply(desk.state, act.model_copy(update={"approve_as": Tier.SILVER}), desk.now)

    with pytest.raises(DomainError):
        silver("chief", "1")
    approve(desk, "chief")
    state = silver("both1", "2")
    assert (state.outcome, state.tier) == (Outcome.APPROVED, Tier.SILVER)


def test_an_old_state_without_signers_is_one_step_with_one_seat() -> None:
    desk = opened()
    old = desk.state.model_copy(update={"step": None})
    assert approval.step_to_open(old) is None
    assert approval.signers_without_task(old) == ()
    assert approval.standing(old).missing[0].signer_id == "1"
    act = desk.act(Move("decide", "unit1", "1"))
    assert act is not None
    new, same = (approval.apply(state, act, desk.now) for state in (desk.state, old))
    assert (same.stage, same.step, same.tasks) == (new.stage, new.step, new.tasks)
    assert [one.sign_offs for one in same.passed] == [one.sign_offs for one in new.passed]


def test_counts_of_a_route_of_every_rule() -> None:
    """Approvals needed, by rule, for three seats."""
    plans = [named(*PEOPLE, rule=rule) for rule in SignerRule]
    needed = Counter({plan.rule: approval.standing(review(plan).state).needed for plan in plans})
    assert needed == {
        SignerRule.ANY: 1,
        SignerRule.ALL: 3,
        SignerRule.QUORUM: 3,
        SignerRule.SEQUENTIAL: 3,
        SignerRule.PER_GROUP: 3,
    }
