"""All actions of the approval desk together, at random: no dead end, no lost signer, no wrong person, no second effect.

The oracle of the signer rules is the plain meaning of each rule on complete votes: a step is decided when nothing the
others may still sign would change the result, and a seat matters while its vote could.
"""

from itertools import pairwise, product
from random import Random
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.errors import DomainError
from models.messages.approval import NOBODY_TO_ACT, ApprovalState, PastAct, Signer, SignOff, StepState
from models.rules import approval
from models.types import Door, Outcome, Role, SignerRule, Stage, Tier, Verdict
from tests.support.approval_cast import CAST, IDS, grouped, named, opened, seat
from tests.support.approval_paths import (
    CLOCK,
    Move,
    PaperDesk,
    Seats,
    allowed_move,
    any_move,
    finishing_move,
    random_path,
)

SEQUENTIAL, PER_GROUP, QUORUM = SignerRule.SEQUENTIAL, SignerRule.PER_GROUP, SignerRule.QUORUM
UNIT_PLANS: list[Seats | None] = [None, named("unit1", "declarant", rule=SignerRule.ALL)]
REVIEW_PLANS: list[Seats | None] = [
    None,
    named("svc1", "both1", rule=SignerRule.ANY),
    Seats(SignerRule.ALL, (seat("1", role=Role.BR_SVC), seat("2", "legal"), seat("3", "both2"))),
    named("svc1", "legal", "both1", rule=QUORUM, needed=2),
    named("svc1", "svc2", "legal", "both1", rule=QUORUM, percent=60),
]
APPROVAL_PLANS: list[Seats | None] = [
    None,
    named("lead1", "legal", "both2", rule=SEQUENTIAL),
    grouped(finance=("lead1", "both1"), law=("legal",), service=("svc1", "lead2")),
]
HQ_PLANS: list[Seats | None] = [None, named("vip1", "both1", "chief", rule=QUORUM, needed=5)]


class Desk(RuleBasedStateMachine):
    """Random acts of a whole cast on one case, seen by somebody who keeps count."""

    @initialize(
        tier=st.sampled_from([Tier.GOLD, Tier.SILVER]),
        unit=st.sampled_from(UNIT_PLANS),
        review=st.sampled_from(REVIEW_PLANS),
        lead=st.sampled_from(APPROVAL_PLANS),
        head=st.sampled_from(HQ_PLANS),
        judged=st.booleans(),
    )
    def declare(
        self,
        *,
        tier: Tier,
        unit: Seats | None,
        review: Seats | None,
        lead: Seats | None,
        head: Seats | None,
        judged: bool,
    ) -> None:
        plans = {
            Stage.UNIT_CHECK: unit,
            Stage.BRANCH_REVIEW: review,
            Stage.BRANCH_APPROVAL: lead,
            Stage.HQ_REVIEW: head,
        }
        looks_at: dict[Stage, tuple[str, ...]] = {
            Stage.UNIT_CHECK: ("reason",),
            Stage.BRANCH_REVIEW: ("facts",),
            Stage.BRANCH_APPROVAL: ("facts",),
        }
        seats = {stage: plan for stage, plan in plans.items() if plan is not None}
        self.desk = opened(seats, tier=tier, looks_at=looks_at if judged else None)
        self.tasks_seen = {task.task_id for task in self.desk.state.tasks}

    def _do(self, move: Move) -> None:
        """Do an allowed move and check what it did, not how."""
        before, act = self.desk.state, self.desk.act(move)
        assert act is not None
        self.desk.apply(act)
        after = self.desk.state
        assert (after.step_no, after.version) == (before.step_no + 1, before.version + 1)
        assert after.acts[:-1] == before.acts
        past = after.acts[-1]
        assert (past.actor_id, past.on_behalf_of, past.door) == (act.actor_id, act.on_behalf_of, act.door)
        self._closes_once(before, after)
        if past.act == "decide":
            _right_person(before, move)
        if past.act not in {"pause", "resume", "acknowledge", "decide"}:
            assert after.undo is None

    def _closes_once(self, before: ApprovalState, after: ApprovalState) -> None:
        """What was open stays open or is closed by this act; what is new was never seen before."""
        was, now = ({task.task_id for task in state.tasks} for state in (before, after))
        past = after.acts[-1]
        if past.act != "withdraw":
            assert {*past.closed, *({past.task_id} if past.task_id else ())} == was - now
        assert not (now - was) & self.tasks_seen
        self.tasks_seen |= now

    @precondition(lambda self: self.desk.state.outcome is None)
    @rule(seed=st.integers(0, 1 << 32))
    def somebody_acts(self, seed: int) -> None:
        move = allowed_move(self.desk, Random(seed))
        if move is not None:
            self._do(move)

    @precondition(lambda self: self.desk.state.outcome is None)
    @rule()
    def willing_people_go_on(self) -> None:
        move = finishing_move(self.desk)
        assert move is not None, "dead end"
        self._do(move)

    @rule(seed=st.integers(0, 1 << 32))
    def anybody_tries(self, seed: int) -> None:
        """A refused act leaves nothing behind, and the page's check refuses what the act would be refused."""
        move, state = any_move(self.desk, Random(seed)), self.desk.state
        before, allowed = state.model_dump_json(), self.desk.allows(move)
        act = self.desk.act(move)
        if act is None:
            return
        try:
            approval.apply(state, act, self.desk.now, self.desk.calendar)
        except DomainError:
            assert not allowed
        else:
            assert allowed
        assert state.model_dump_json() == before

    @precondition(lambda self: self.desk.state.undo is not None)
    @rule()
    def the_last_decision_is_taken_back(self) -> None:
        """The step is what it was: nothing of the decision is left but the two lines in the book."""
        undo = self.desk.state.undo
        assert undo is not None
        decided = [past for past in reversed(self.desk.state.acts) if past.act == "decide"]
        who = self.desk.population.by_id(decided[0].actor_id)
        move = Move("take_back", who or CLOCK, "0")
        if who is None:
            return
        self._do(move)
        state = self.desk.state
        assert (state.stage, state.round, state.passed) == (undo.stage, undo.round, undo.passed)
        assert state.step == undo.step

    @invariant()
    def loses_no_signer(self) -> None:
        """Every seat that matters and whose turn it is has one task; none that does not has any."""
        state, step = self.desk.state, self.desk.state.step
        tasks = [task.signer_id for task in approval.step_tasks(state)]
        assert len(tasks) == len(set(tasks))
        if step is None:
            assert not tasks
            return
        assert _result(step) is None, "decided and still open"
        asked = {one.signer_id for one in step.signers if _matters(step, one)}
        due = {one.signer_id for one in step.signers if one.signer_id in asked and not _waits(step, one) & asked}
        working = {task.signer_id for task in approval.step_tasks(state) if not task.waiting}
        assert working == due
        assert set(tasks) <= asked
        assert approval.signers_without_task(state) == ()
        assert {one.signer_id for one in approval.standing(state).missing} == asked

    @invariant()
    def keeps_four_eyes(self) -> None:
        """Nobody on its own case, on two seats of a step, or two steps running, unless operations stepped in."""
        state = self.desk.state
        stepped_in = {past.task_id for past in state.acts if past.door in {Door.OVERRIDE, Door.SYSTEM}}
        signed = {passed.stage: passed.sign_offs for passed in state.passed}
        if state.step is not None:
            signed[state.step.stage] = state.step.sign_offs
        steps = [signed.get(step.stage, ()) for step in state.route]
        hands = [[_hands(one) for one in step if one.task_id not in stepped_in] for step in steps]
        for own, following in pairwise([*hands, []]):
            together = [*own, *following]
            assert all(IDS["declarant"] not in hand for hand in together)
            assert len(frozenset().union(*together)) == sum(map(len, together))

    @invariant()
    def stays_within_bounds(self) -> None:
        state = self.desk.state
        assert 1 <= state.round <= state.max_rounds
        assert (state.outcome is None) == bool(state.tasks)
        if state.outcome is not None:
            assert (state.step, state.undo) == (None, None)
        task_ids = [past.task_id for past in state.acts if past.task_id]
        assert len(task_ids) == len(set(task_ids))

    def teardown(self) -> None:
        """From wherever it stands the case comes to an end: no dead end."""
        if hasattr(self, "desk"):
            _finish(self.desk)


def _finish(desk: PaperDesk) -> None:
    for _ in range(60):
        if desk.state.outcome is not None:
            return
        move = finishing_move(desk)
        assert move is not None, "dead end"
        desk.do(move)
    raise AssertionError("never ends")


def _hands(signed: SignOff | PastAct) -> frozenset[UUID]:
    return frozenset({signed.actor_id} if signed.on_behalf_of is None else {signed.actor_id, signed.on_behalf_of})


def _right_person(before: ApprovalState, move: Move) -> None:
    """Who decided held the task and was none of those whom four eyes bar: read from the book, not from the rule."""
    if move.who == CLOCK:
        return
    hands = {IDS[move.who], *([IDS[move.behalf]] if move.behalf else [])}
    assert before.declared_by not in hands
    if move.door is Door.OVERRIDE:
        assert Role.OPS in CAST[move.who]
        return
    task = next(task for task in before.tasks if move.seat == task.signer_id and task.step != NOBODY_TO_ACT)
    posts = CAST[move.behalf or move.who]
    assert task.assignee_id in hands or (task.assignee_id is None and task.role in posts)
    assert task.delegate_id is None
    assert not task.waiting
    assert before.step is not None
    assert not hands & frozenset().union(*map(_hands, before.step.sign_offs))
    earlier = [past for past in before.acts if past.act in {"decide", "resubmit"}]
    here = (before.stage, before.round)
    others = [past for past in earlier if past.act == "resubmit" or (past.stage, past.round) != here]
    assert not others or not hands & _hands(others[-1])


def _tally(step: StepState, votes: dict[str, bool]) -> bool:
    """What a rule means once everybody voted; 或签 is no matter of counting and stands apart."""
    base = [one for one in step.signers if one.added_by is None]
    ayes = sum(votes[one.signer_id] for one in base)
    if step.rule is PER_GROUP:
        return {one.group for one in base} == {one.group for one in base if votes[one.signer_id]}
    if step.rule is not QUORUM:
        return ayes == len(base)
    if step.needed is not None:
        return ayes >= min(step.needed, len(base))
    return ayes * 100 >= len(base) * (step.percent or 100)


def _votes(step: StepState) -> dict[str, bool]:
    return {one.signer_id: one.verdict is Verdict.APPROVE for one in step.sign_offs}


def _possible(step: StepState, fixed: dict[str, bool]) -> set[bool]:
    """Results still possible for the seats of the route, over everything the others may yet sign."""
    votes = {**_votes(step), **fixed}
    base = [one.signer_id for one in step.signers if one.added_by is None]
    if step.rule is SignerRule.ANY:
        first = next((one.verdict is Verdict.APPROVE for one in step.sign_offs if one.signer_id in base), None)
        return {True, False} if first is None else {first}
    left = [name for name in base if name not in votes]
    return {
        _tally(step, {**votes, **dict(zip(left, rest, strict=True))})
        for rest in product([True, False], repeat=len(left))
    }


def _result(step: StepState) -> Verdict | None:
    votes, possible = _votes(step), _possible(step, {})
    added = [votes.get(one.signer_id) for one in step.signers if one.added_by is not None]
    if False in added or possible == {False}:
        return Verdict.REJECT
    return Verdict.APPROVE if possible == {True} and all(added) else None


def _matters(step: StepState, seat: Signer) -> bool:
    """An added seat always does until it signed; a seat of the route while some vote of the others needs it."""
    name, votes = seat.signer_id, _votes(step)
    if name in votes:
        return False
    if seat.added_by is not None or step.rule is SignerRule.ANY:
        return seat.added_by is not None or _possible(step, {}) == {True, False}
    left = [one.signer_id for one in step.signers if one.added_by is None and one.signer_id not in {*votes, name}]
    for rest in product([True, False], repeat=len(left)):
        others = {**votes, **dict(zip(left, rest, strict=True))}
        if _tally(step, {**others, name: True}) != _tally(step, {**others, name: False}):
            return True
    return False


def _waits(step: StepState, seat: Signer) -> set[str]:
    """Seats before this one: named ones, and in order all that stand before it."""
    before = step.signers[: step.signers.index(seat)] if step.rule is SEQUENTIAL else ()
    return {*seat.waits_for, *(one.signer_id for one in before)}


TestDesk = Desk.TestCase
TestDesk.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_random_paths_all_end_and_know_every_act() -> None:
    """The generator that the engine's sample walks too: every path ends, and every kind of act occurs."""
    plans = {Stage.BRANCH_REVIEW: REVIEW_PLANS[2], Stage.BRANCH_APPROVAL: APPROVAL_PLANS[2]}
    seats = {stage: plan for stage, plan in plans.items() if plan is not None}
    acts, outcomes = set(), set()
    for seed in range(120):
        desk = opened(seats, looks_at={Stage.UNIT_CHECK: ("reason",)})
        random_path(desk, Random(seed), 25)
        acts |= {past.act for past in desk.state.acts}
        outcomes.add(desk.state.outcome)
    assert outcomes == {Outcome.APPROVED, Outcome.REJECTED, Outcome.WITHDRAWN}
    assert acts == {
        "decide",
        "resubmit",
        "withdraw",
        "correct",
        "take_back",
        "transfer",
        "delegate",
        "hand_back",
        "add_signer",
        "remove_signer",
        "reassign",
        "pause",
        "resume",
    }
