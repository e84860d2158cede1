"""One door to the chain: every act of a person, told apart by its type."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from models.messages.approval import ApprovalState, Correct, Decide, Resubmit, Withdraw
from models.messages.calendar import CalendarSnapshot
from models.messages.handing import (
    AddSigner,
    ChainAct,
    Delegate,
    HandBack,
    PauseClock,
    Reassign,
    RemoveSigner,
    ResumeClock,
    TakeBack,
    Transfer,
)
from models.rules.approval import (
    correcting,
    deciding,
    handing,
    pausing,
    returning,
    signers,
    taking_back,
    withdrawing,
)

_Check = Callable[[ApprovalState, Any], None]
_Rule = Callable[[ApprovalState, Any, datetime], ApprovalState]

_RULES: dict[type, tuple[_Check, _Rule]] = {
    Decide: (deciding.check_decide, deciding.decide),
    Correct: (correcting.check_correct, correcting.correct),
    Resubmit: (returning.check_resubmit, returning.resubmit),
    Withdraw: (withdrawing.check_withdraw, withdrawing.withdraw),
    TakeBack: (taking_back.check_take_back, taking_back.take_back),
    Transfer: (handing.check_transfer, handing.transfer),
    Delegate: (handing.check_delegate, handing.delegate),
    HandBack: (handing.check_hand_back, handing.hand_back),
    Reassign: (handing.check_reassign, handing.reassign),
    AddSigner: (signers.check_add_signer, signers.add_signer),
    RemoveSigner: (signers.check_remove_signer, signers.remove_signer),
    PauseClock: (pausing.check_pause, pausing.pause),
}


def check(state: ApprovalState, act: ChainAct) -> None:
    """Raises the DomainError that refuses the act, if any; the page asks it too, to leave a button out."""
    if isinstance(act, ResumeClock):
        pausing.check_resume(state, act)
        return
    _RULES[type(act)][0](state, act)


def apply(state: ApprovalState, act: ChainAct, at: datetime, calendar: CalendarSnapshot | None = None) -> ApprovalState:
    """The state after an act, or the DomainError that refuses it; `calendar` is needed to resume a clock only.

    Raises ValueError when a clock is resumed without a calendar.
    """
    if not isinstance(act, ResumeClock):
        return _RULES[type(act)][1](state, act, at)
    if calendar is None:
        raise ValueError("a clock is resumed on a calendar")
    return pausing.resume(state, act, at, calendar)
