"""Somebody who keeps count beside a case on paper: after every act, everything that must hold of the approval desk."""

from dataclasses import dataclass, field
from itertools import pairwise
from uuid import UUID

from models.messages.approval import NOBODY_TO_ACT, ApprovalState, PastAct, SignOff
from models.rules import approval
from models.types import Door, Role
from tests.support.approval_cast import CAST, IDS
from tests.support.approval_oracle import matters, result_of, waits
from tests.support.approval_paths import CLOCK, Move, PaperDesk, finishing_move

LONGEST_WAY = 80
"""More acts than any case needs to its end."""


@dataclass
class Watch:
    """A desk whose every act and state is checked: what it did, not how."""

    desk: PaperDesk
    seen: set[UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.seen = {task.task_id for task in self.desk.state.tasks}
        self.check()

    @property
    def state(self) -> ApprovalState:
        """State of the case."""
        return self.desk.state

    def do(self, move: Move) -> None:
        """Do an allowed move and check it."""
        before, act = self.state, self.desk.act(move)
        assert act is not None
        self.desk.apply(act)
        past, after = self.state.acts[-1], self.state
        assert (after.step_no, after.version) == (before.step_no + 1, before.version + 1)
        assert after.acts[:-1] == before.acts
        assert (past.actor_id, past.on_behalf_of, past.door) == (act.actor_id, act.on_behalf_of, act.door)
        self._closes_once(before)
        if past.act == "decide":
            _right_person(before, move)
        elif past.act not in {"pause", "resume", "acknowledge"}:
            assert after.undo is None
        self.check()

    def finish(self) -> None:
        """Willing people bring the case to its end from wherever it stands: no dead end."""
        for _ in range(LONGEST_WAY):
            if self.state.outcome is not None:
                return
            move = finishing_move(self.desk)
            assert move is not None, "dead end"
            self.do(move)
        raise AssertionError("never ends")

    def check(self) -> None:
        """What holds of every state."""
        _loses_no_signer(self.state)
        _keeps_four_eyes(self.state)
        _stays_within_bounds(self.state)

    def _closes_once(self, before: ApprovalState) -> None:
        """What was open stays open or is closed by this act; what is new was never seen before."""
        was, now = ({task.task_id for task in state.tasks} for state in (before, self.state))
        past = self.state.acts[-1]
        if past.act != "withdraw":
            assert {*past.closed, *({past.task_id} if past.task_id else ())} == was - now
        assert not (now - was) & self.seen
        self.seen |= now


def _loses_no_signer(state: ApprovalState) -> None:
    """Every seat that matters and whose turn it is has one task; none that does not has any."""
    step = state.step
    tasks = [task.signer_id for task in approval.step_tasks(state)]
    assert len(tasks) == len(set(tasks))
    if step is None:
        assert not tasks
        return
    assert result_of(step) is None, "decided and still open"
    asked = {one.signer_id for one in step.signers if matters(step, one)}
    due = {one.signer_id for one in step.signers if one.signer_id in asked and not waits(step, one) & asked}
    working = {task.signer_id for task in approval.step_tasks(state) if not task.waiting}
    assert working == due
    assert set(tasks) <= asked
    assert {one.signer_id for one in approval.standing(state).missing} == asked


def _keeps_four_eyes(state: ApprovalState) -> None:
    """Nobody on its own case, on two seats of a step, or two steps running, unless operations stepped in."""
    stepped_in = {past.task_id for past in state.acts if past.door in {Door.OVERRIDE, Door.SYSTEM}}
    signed = {passed.stage: passed.sign_offs for passed in state.passed}
    if state.step is not None:
        signed[state.step.stage] = state.step.sign_offs
    steps = [signed.get(step.stage, ()) for step in state.route if step.institution_code]
    hands = [[_hands(one) for one in step if one.task_id not in stepped_in] for step in steps]
    for own, following in pairwise([*hands, []]):
        together = [*own, *following]
        assert all(IDS["declarant"] not in hand for hand in together)
        assert len(frozenset().union(*together)) == sum(map(len, together))


def _stays_within_bounds(state: ApprovalState) -> None:
    assert 1 <= state.round <= state.max_rounds
    assert (state.outcome is None) == bool(state.tasks)
    if state.outcome is not None:
        assert (state.step, state.undo) == (None, None)
    task_ids = [past.task_id for past in state.acts if past.task_id]
    assert len(task_ids) == len(set(task_ids))


def _hands(signed: SignOff | PastAct) -> frozenset[UUID]:
    """Who signed, and for whom."""
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
