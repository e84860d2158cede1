"""Signers of a step: which signatures it still needs, whose turn it is, and when it is decided (early stop)."""

from collections.abc import Callable
from dataclasses import dataclass

from models.messages.approval import ApprovalState, OpenTask, Signer, StepState
from models.rules.approval.normal import normalised
from models.types import SignerRule, Verdict


@dataclass(frozen=True, slots=True)
class StepStanding:
    """Where the signatures of a step stand: `2 of 3, finance missing`.

    `needed` counts approvals (per group one), added signers included; `missing` are the seats still asked to sign.
    """

    needed: int
    approved: int
    rejected: int
    missing: tuple[Signer, ...] = ()
    result: Verdict | None = None


def standing(state: ApprovalState) -> StepStanding:
    """Where the open step stands; nothing is needed while no step is open."""
    step = normalised(state).step
    if step is None or state.outcome is not None:
        return StepStanding(0, 0, 0)
    verdicts, added = _verdicts(step), _added(step)
    approved = _approvals(step) + sum(verdicts.get(seat.signer_id) is Verdict.APPROVE for seat in added)
    rejected = sum(verdict is Verdict.REJECT for verdict in verdicts.values())
    return StepStanding(_needed(step) + len(added), approved, rejected, wanted(step), result(step))


def result(step: StepState) -> Verdict | None:
    """Approved, rejected, or None while undecided: the rule among the seats of the route, and every added one."""
    verdicts = [_verdicts(step).get(seat.signer_id) for seat in _added(step)]
    if _rejected(step) or Verdict.REJECT in verdicts:
        return Verdict.REJECT
    approved = _approvals(step) >= _needed(step) and all(one is Verdict.APPROVE for one in verdicts)
    return Verdict.APPROVE if approved else None


def wanted(step: StepState) -> tuple[Signer, ...]:
    """Seats whose signature can still matter: the others fall away (early stop)."""
    verdicts, enough = _verdicts(step), _approvals(step) >= _needed(step)
    passed = _groups_passed(step) if step.rule is SignerRule.PER_GROUP else frozenset[str]()

    def matters(seat: Signer) -> bool:
        if seat.signer_id in verdicts:
            return False
        return seat.added_by is not None or not (enough or _group(seat) in passed)

    return tuple(seat for seat in step.signers if matters(seat))


def ready(step: StepState) -> tuple[Signer, ...]:
    """Wanted seats whose turn it is: nobody whom they wait for is still asked to sign."""
    asked = wanted(step)
    names = {seat.signer_id for seat in asked}
    return tuple(seat for seat in asked if not names & set(waits_for(step, seat)))


def waits_for(step: StepState, seat: Signer) -> tuple[str, ...]:
    """Seats that sign before this one: those it was made to wait for and, in order (依次审批), all before it."""
    before = [other.signer_id for other in step.signers[: step.signers.index(seat)]]
    return (*seat.waits_for, *(before if step.rule is SignerRule.SEQUENTIAL else ()))


def resettled(step: StepState, tasks: tuple[OpenTask, ...]) -> tuple[OpenTask, ...]:
    """The tasks that stay when seats or signatures changed: without those of seats that fell away.

    A task whose turn came or was taken back gets a newer version: it reads differently now. Tasks that are no
    signer's stay as they are.
    """
    asked, due = ({seat.signer_id for seat in seats} for seats in (wanted(step), ready(step)))
    stay = []
    for task in tasks:
        if task.step != step.stage.value:
            stay.append(task)
        elif task.signer_id in asked:
            stay.append(_waiting(task, waiting=task.signer_id not in due))
    return tuple(stay)


def _waiting(task: OpenTask, *, waiting: bool) -> OpenTask:
    if task.waiting is waiting:
        return task
    return task.model_copy(update={"waiting": waiting, "version": task.version + 1})


def _verdicts(step: StepState) -> dict[str, Verdict]:
    return {one.signer_id: one.verdict for one in step.sign_offs}


def _base(step: StepState) -> tuple[Signer, ...]:
    return tuple(seat for seat in step.signers if seat.added_by is None)


def _added(step: StepState) -> tuple[Signer, ...]:
    return tuple(seat for seat in step.signers if seat.added_by is not None)


def _count(step: StepState, verdict: Verdict) -> int:
    verdicts = _verdicts(step)
    return sum(verdicts.get(seat.signer_id) is verdict for seat in _base(step))


def _group(seat: Signer) -> str:
    """A seat without a group is a group of its own."""
    return seat.group if seat.group is not None else f"#{seat.signer_id}"


def _groups(step: StepState) -> frozenset[str]:
    return frozenset(_group(seat) for seat in _base(step))


def _groups_passed(step: StepState) -> frozenset[str]:
    verdicts = _verdicts(step)
    return frozenset(_group(seat) for seat in _base(step) if verdicts.get(seat.signer_id) is Verdict.APPROVE)


def _needed(step: StepState) -> int:
    """Approvals the rule asks of the route's seats; never more than there are seats, or nobody could ever pass."""
    seats = len(_base(step))
    asked = {
        SignerRule.ANY: 1,
        SignerRule.ALL: seats,
        SignerRule.SEQUENTIAL: seats,
        SignerRule.QUORUM: _quorum(step, seats),
        SignerRule.PER_GROUP: len(_groups(step)),
    }
    return max(1, min(asked[step.rule], seats))


def _quorum(step: StepState, seats: int) -> int:
    """M of N as given, or the per cent of the seats rounded up; neither given: all of them."""
    if step.needed is not None:
        return step.needed
    return -(-seats * step.percent // 100) if step.percent is not None else seats


def _approvals(step: StepState) -> int:
    if step.rule is SignerRule.PER_GROUP:
        return len(_groups_passed(step))
    return _count(step, Verdict.APPROVE)


def _rejected(step: StepState) -> bool:
    return _REJECTED[step.rule](step)


def _any_rejected(step: StepState) -> bool:
    return _count(step, Verdict.REJECT) > 0


def _first_rejected(step: StepState) -> bool:
    """或签: the first decision decides, so a rejection after an approval cannot be."""
    return _any_rejected(step) and not _count(step, Verdict.APPROVE)


def _too_few_left(step: StepState) -> bool:
    return len(_base(step)) - _count(step, Verdict.REJECT) < _needed(step)


def _a_group_rejected(step: StepState) -> bool:
    verdicts = _verdicts(step)
    open_groups = {_group(seat) for seat in _base(step) if verdicts.get(seat.signer_id) is not Verdict.REJECT}
    return bool(_groups(step) - open_groups)


_REJECTED: dict[SignerRule, Callable[[StepState], bool]] = {
    SignerRule.ANY: _first_rejected,
    SignerRule.ALL: _any_rejected,
    SignerRule.SEQUENTIAL: _any_rejected,
    SignerRule.QUORUM: _too_few_left,
    SignerRule.PER_GROUP: _a_group_rejected,
}
