"""Acts on an open task that are no decision: handing over, more or fewer signers, taking back, pausing its clock."""

from typing import Literal, TypeAlias
from uuid import UUID

from models.messages.approval import Act, Correct, Decide, Resubmit, Withdraw
from models.messages.base import Message
from models.types import AddedPosition, PauseReason


class Target(Message):
    """Whom a task is handed to. `authorised`: may decide this step by its posts (rulebook `desk.take_over`)."""

    account_id: UUID
    name: str
    authorised: bool = False


class TakeBack(Act):
    """撤回 by the approver: `task_id` is the task it closed; possible until anybody acted after it."""

    kind: Literal["take_back"] = "take_back"
    task_id: UUID


class Transfer(Act):
    """转办: the task is theirs now."""

    kind: Literal["transfer"] = "transfer"
    task_id: UUID
    version: int
    to: Target


class Delegate(Act):
    """委派: they advise, then it returns to me."""

    kind: Literal["delegate"] = "delegate"
    task_id: UUID
    version: int
    to: Target


class HandBack(Act):
    """交回 by the delegate with its advice as comment, or called back by who delegated."""

    kind: Literal["hand_back"] = "hand_back"
    task_id: UUID
    version: int


class AddSigner(Act):
    """前加签 / 后加签: one more obligatory signature before or after the actor's own."""

    kind: Literal["add_signer"] = "add_signer"
    task_id: UUID
    version: int
    to: Target
    position: AddedPosition


class RemoveSigner(Act):
    """减签: take an added signer out again, by who added it, before it signed."""

    kind: Literal["remove_signer"] = "remove_signer"
    task_id: UUID
    version: int
    signer_id: str


class Reassign(Act):
    """改派 by operations, with a reason."""

    kind: Literal["reassign"] = "reassign"
    task_id: UUID
    version: int
    to: Target


class PauseClock(Act):
    """暂停 the clock of a task, with its reason."""

    kind: Literal["pause"] = "pause"
    task_id: UUID
    version: int
    reason: PauseReason


class ResumeClock(Act):
    """恢复 a paused clock: the deadline moves on by the paused office time."""

    kind: Literal["resume"] = "resume"
    task_id: UUID
    version: int


HandingAct: TypeAlias = (
    TakeBack | Transfer | Delegate | HandBack | AddSigner | RemoveSigner | Reassign | PauseClock | ResumeClock
)
"""What the one generic update `act` of a chain takes; `kind` tells them apart."""

ChainAct: TypeAlias = Decide | Correct | Resubmit | Withdraw | HandingAct
"""Everything people do to an approval."""
