"""The approval chain as a pure state machine: who may do what now, and what state follows (decisions.md 9-13).

Every function takes the state and an act and returns the next state or raises DomainError; no clock, no I/O. A rule
never opens tasks: after it, `step_to_open` says which step is due, `with_step` opens it with the signers whom the
records found, `signers_without_task` names whom to ask, and `with_tasks` adds their tasks.
"""

from models.rules.approval.correcting import check_correct, correct
from models.rules.approval.deciding import check_decide, decide
from models.rules.approval.dispatch import apply, check
from models.rules.approval.handing import (
    check_delegate,
    check_hand_back,
    check_reassign,
    check_transfer,
    delegate,
    hand_back,
    reassign,
    transfer,
)
from models.rules.approval.history import already_decided, task_of
from models.rules.approval.normal import normalised, step_tasks
from models.rules.approval.opening import (
    awaits_resubmission,
    signers_without_task,
    step_to_open,
    with_step,
    with_tasks,
)
from models.rules.approval.pausing import check_pause, check_resume, is_paused, pause, resume
from models.rules.approval.people import DECLARED, barred_people, check_person
from models.rules.approval.returning import check_resubmit, kept_sign_offs, resubmit
from models.rules.approval.route import (
    SIDE_STAGES,
    earlier_stages,
    is_final,
    next_step,
    step_of,
    steps_taken,
)
from models.rules.approval.signers import (
    add_signer,
    check_add_signer,
    check_remove_signer,
    remove_signer,
)
from models.rules.approval.signing import StepStanding, standing
from models.rules.approval.taking_back import check_take_back, take_back
from models.rules.approval.withdrawing import check_withdraw, withdraw

__all__ = [
    "DECLARED",
    "SIDE_STAGES",
    "StepStanding",
    "add_signer",
    "already_decided",
    "apply",
    "awaits_resubmission",
    "barred_people",
    "check",
    "check_add_signer",
    "check_correct",
    "check_decide",
    "check_delegate",
    "check_hand_back",
    "check_pause",
    "check_person",
    "check_reassign",
    "check_remove_signer",
    "check_resubmit",
    "check_resume",
    "check_take_back",
    "check_transfer",
    "check_withdraw",
    "correct",
    "decide",
    "delegate",
    "earlier_stages",
    "hand_back",
    "is_final",
    "is_paused",
    "kept_sign_offs",
    "next_step",
    "normalised",
    "pause",
    "reassign",
    "remove_signer",
    "resubmit",
    "resume",
    "signers_without_task",
    "standing",
    "step_of",
    "step_tasks",
    "step_to_open",
    "steps_taken",
    "take_back",
    "task_of",
    "transfer",
    "with_step",
    "with_tasks",
    "withdraw",
]
