"""The plain meaning of each signer rule, on complete votes: what the rules reckon step by step is held against it.

A step is decided when nothing that the others may still sign would change the result; a seat matters while it could.
"""

from itertools import product

from models.messages.approval import Signer, StepState
from models.types import SignerRule, Verdict

SEQUENTIAL, PER_GROUP, QUORUM = SignerRule.SEQUENTIAL, SignerRule.PER_GROUP, SignerRule.QUORUM


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


def result_of(step: StepState) -> Verdict | None:
    """Approved or rejected whatever the others may yet sign; None while they can change it."""
    votes, possible = _votes(step), _possible(step, {})
    added = [votes.get(one.signer_id) for one in step.signers if one.added_by is not None]
    if False in added or possible == {False}:
        return Verdict.REJECT
    return Verdict.APPROVE if possible == {True} and all(added) else None


def matters(step: StepState, seat: Signer) -> bool:
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


def waits(step: StepState, seat: Signer) -> set[str]:
    """Seats before this one: named ones, and in order all that stand before it."""
    before = step.signers[: step.signers.index(seat)] if step.rule is SEQUENTIAL else ()
    return {*seat.waits_for, *(one.signer_id for one in before)}
