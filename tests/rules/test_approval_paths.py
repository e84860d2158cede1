"""All actions of the approval desk together, at random: no dead end, no lost signer, no wrong person, no second effect.

What must hold stands in `tests/support/approval_watch.py`; paths are made by `tests/support/approval_paths.py`.
"""

from random import Random
from typing import get_args

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from models.errors import DomainError
from models.messages.approval import ActName
from models.rules import approval
from models.types import Outcome, Role, SignerRule, Stage, Tier
from tests.support.approval_cast import grouped, named, opened, seat
from tests.support.approval_paths import Move, PaperDesk, Seats, allowed_move, any_move, finishing_move
from tests.support.approval_watch import Watch

UNIT_PLANS: list[Seats | None] = [None, named("unit1", "declarant", rule=SignerRule.ALL)]
REVIEW_PLANS: list[Seats | None] = [
    None,
    named("svc1", "both1", rule=SignerRule.ANY),
    Seats(SignerRule.ALL, (seat("1", role=Role.BR_SVC), seat("2", "legal"), seat("3", "both2"))),
    named("svc1", "legal", "both1", rule=SignerRule.QUORUM, needed=2),
    named("svc1", "svc2", "legal", "both1", rule=SignerRule.QUORUM, percent=60),
]
APPROVAL_PLANS: list[Seats | None] = [
    None,
    named("lead1", "legal", "both2", rule=SignerRule.SEQUENTIAL),
    grouped(finance=("lead1", "both1"), law=("legal",), service=("svc1", "lead2")),
]
HQ_PLANS: list[Seats | None] = [None, named("vip1", "both1", "chief", rule=SignerRule.QUORUM, needed=5)]

JUDGED: dict[Stage, tuple[str, ...]] = {
    Stage.UNIT_CHECK: ("reason",),
    Stage.BRANCH_REVIEW: ("facts",),
    Stage.BRANCH_APPROVAL: ("facts",),
}


def cast(choices: tuple[Seats | None, ...], *, tier: Tier = Tier.GOLD, judged: bool = True) -> PaperDesk:
    """A case whose first steps are signed as chosen."""
    order = (Stage.UNIT_CHECK, Stage.BRANCH_REVIEW, Stage.BRANCH_APPROVAL, Stage.HQ_REVIEW)
    plans = {stage: plan for stage, plan in zip(order, choices, strict=True) if plan is not None}
    return opened(plans, tier=tier, looks_at=JUDGED if judged else None)


class Desk(RuleBasedStateMachine):
    """Random acts of a whole cast on one case."""

    @initialize(
        tier=st.sampled_from([Tier.GOLD, Tier.SILVER]),
        choices=st.tuples(*map(st.sampled_from, (UNIT_PLANS, REVIEW_PLANS, APPROVAL_PLANS, HQ_PLANS))),
        judged=st.booleans(),
    )
    def declare(self, tier: Tier, choices: tuple[Seats | None, ...], *, judged: bool) -> None:
        self.watch = Watch(cast(choices, tier=tier, judged=judged))
        self.desk = self.watch.desk

    @precondition(lambda self: self.desk.state.outcome is None)
    @rule(seed=st.integers(0, 1 << 32))
    def somebody_acts(self, seed: int) -> None:
        move = allowed_move(self.desk, Random(seed))
        if move is not None:
            self.watch.do(move)

    @precondition(lambda self: self.desk.state.outcome is None)
    @rule()
    def willing_people_go_on(self) -> None:
        move = finishing_move(self.desk)
        assert move is not None, "dead end"
        self.watch.do(move)

    @rule(seed=st.integers(0, 1 << 32))
    def anybody_tries(self, seed: int) -> None:
        """The check that leaves a button out refuses exactly what the act would be refused, for the same reason."""
        act = self.desk.act(any_move(self.desk, Random(seed)))
        if act is None:
            return
        refusals = []
        for attempt in (
            lambda: approval.check(self.desk.state, act),
            lambda: approval.apply(self.desk.state, act, self.desk.now, self.desk.calendar),
        ):
            try:
                attempt()
            except DomainError as error:
                refusals.append(str(error))
        assert len(refusals) in {0, 2}
        assert len(set(refusals)) <= 1

    @precondition(lambda self: self.desk.state.undo is not None)
    @rule()
    def the_last_decision_is_taken_back(self) -> None:
        take_back(self.watch)

    def teardown(self) -> None:
        if hasattr(self, "watch"):
            self.watch.finish()


def take_back(watch: Watch) -> None:
    """The step is what it was: nothing of the decision is left but the two lines in the book."""
    undo = watch.state.undo
    assert undo is not None
    who = watch.desk.population.by_id(undo.actor_id)
    if who is None:
        return  # the clock decided: nobody's to take back
    watch.do(Move("take_back", who, "0"))
    state = watch.state
    assert (state.stage, state.round, state.passed, state.step) == (undo.stage, undo.round, undo.passed, undo.step)
    assert state.branch_approval_opened == undo.branch_approval_opened


TestDesk = Desk.TestCase
TestDesk.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_thousands_of_random_acts_on_every_mixture_of_signer_rules() -> None:
    """Longer and cheaper walks than Hypothesis takes; together they know every act and every end."""
    acts: set[str] = set()
    outcomes: set[Outcome | None] = set()
    for seed in range(110, 220):
        random = Random(seed)
        choices = tuple(random.choice(plans) for plans in (UNIT_PLANS, REVIEW_PLANS, APPROVAL_PLANS, HQ_PLANS))
        watch = Watch(cast(choices, judged=random.random() < 0.7))
        for _ in range(40):
            undo, move = watch.state.undo, allowed_move(watch.desk, random)
            if undo is not None and random.random() < 0.1:
                take_back(watch)
            elif move is not None:
                watch.do(move)
        watch.finish()
        acts |= {past.act for past in watch.state.acts}
        outcomes.add(watch.state.outcome)
    assert outcomes == {Outcome.APPROVED, Outcome.REJECTED, Outcome.WITHDRAWN}
    assert acts == {*get_args(ActName)} - {"declare", "acknowledge", "terminate"}
