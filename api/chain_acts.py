"""Every act on an approval, built, authorised and checked before it is sent (the workflow and the records check again).

Each function returns the `Prepare` of `api.acts.perform`; what the records can refuse is refused before the engine is
asked. Acts on a task are in place of the person the caller stands in for (代理) when the task is not its own.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.act_base import (
    OnTask,
    act_fields,
    fields_on,
    on_open_task,
    on_task,
    override_fields,
    person_of,
    target,
    visible_case,
    visible_task,
)
from api.acts import Prepare
from api.deps import Action, Caller
from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState, Correct, Decide, OpenTask, Resubmit, Withdraw
from models.messages.envelope import UpdateEnvelope
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
from models.messages.scoring import Correction
from models.rules import approval
from models.services.case_state import approval_of
from models.services.desk.resubmission import changes_of
from models.services.idempotency import Key
from models.stores.tasks import TaskStore
from models.tables.cases import Case
from models.types import AddedPosition, PauseReason, Stage, Tier, Verdict

__all__ = [
    "Judgement",
    "add_signer",
    "correct",
    "decide",
    "delegate",
    "hand_back",
    "may_resubmit",
    "may_resubmit_case",
    "may_withdraw",
    "override",
    "pause_clock",
    "person_of",
    "reassign",
    "refusal",
    "remove_signer",
    "resubmit",
    "resume_clock",
    "take_back",
    "transfer",
    "visible_case",
    "visible_task",
    "withdraw",
]
_OWN_UPDATES = {"decide", "correct", "resubmit", "withdraw"}


@dataclass(frozen=True)
class Judgement:
    """What a person decides on a task."""

    verdict: Verdict
    version: int
    comment: str = ""
    return_to: Stage | None = None
    approve_as: Tier | None = None

    def content(self) -> dict[str, Any]:
        """What tells this decision from another one under the same idempotency key."""
        return asdict(self)


def decide(caller: Caller, key: Key, task_id: UUID, judgement: Judgement) -> Prepare:
    """同意 / 驳回 / 退回."""

    def prepare(session: Session) -> UpdateEnvelope:
        found = on_open_task(session, caller, task_id)
        fields = fields_on(session, caller, key, found, judgement.comment)
        return _checked(found.case, found.state, _decision(fields, task_id, judgement))

    return prepare


def override(caller: Caller, key: Key, task_id: UUID, judgement: Judgement) -> Prepare:
    """运营干预: a decision by operations with a reason, always marked as such. Raises NOT_ALLOWED, REASON_REQUIRED."""

    def prepare(session: Session) -> UpdateEnvelope:
        _operations(caller)
        found = on_open_task(session, caller, task_id)
        fields = override_fields(caller, key, judgement.comment)
        return _checked(found.case, found.state, _decision(fields, task_id, judgement))

    return prepare


def correct(
    caller: Caller, key: Key, task_id: UUID, *, version: int, corrections: tuple[Correction, ...], comment: str
) -> Prepare:
    """更正数据 by a reviewer."""
    make = partial(Correct, version=version, corrections=corrections)
    return _on_task(caller, key, task_id, comment, make=make)


def take_back(caller: Caller, key: Key, task_id: UUID, *, comment: str) -> Prepare:
    """撤回 of the caller's own decision on `task_id`. Raises TOO_LATE_TO_TAKE_BACK once anybody acted after it."""

    def prepare(session: Session) -> UpdateEnvelope:
        found = on_task(session, caller, task_id)
        act = TakeBack(**act_fields(caller, key, comment), task_id=task_id)
        return _checked(found.case, found.state, act)

    return prepare


def transfer(caller: Caller, key: Key, task_id: UUID, *, version: int, to: UUID, comment: str) -> Prepare:
    """转办: the task is theirs now. Raises BAD_TRANSFER_TARGET."""
    return _on_task(caller, key, task_id, comment, make=partial(Transfer, version=version), to=to)


def delegate(caller: Caller, key: Key, task_id: UUID, *, version: int, to: UUID, comment: str) -> Prepare:
    """委派: they advise, then it returns. Raises BAD_TRANSFER_TARGET."""
    return _on_task(caller, key, task_id, comment, make=partial(Delegate, version=version), to=to)


def hand_back(caller: Caller, key: Key, task_id: UUID, *, version: int, comment: str) -> Prepare:
    """交回 by the delegate with its advice, or called back by who delegated."""

    def prepare(session: Session) -> UpdateEnvelope:
        found = on_open_task(session, caller, task_id)
        fields = act_fields(caller, key, comment)
        if caller.account_id not in {found.task.assignee_id, found.task.delegated_by}:
            fields = fields_on(session, caller, key, found, comment)
        return _checked(found.case, found.state, HandBack(**fields, task_id=task_id, version=version))

    return prepare


def reassign(caller: Caller, key: Key, task_id: UUID, *, version: int, to: UUID, comment: str) -> Prepare:
    """改派 by operations, with a reason. Raises NOT_ALLOWED, REASON_REQUIRED, BAD_TRANSFER_TARGET."""

    def prepare(session: Session) -> UpdateEnvelope:
        _operations(caller)
        found = on_open_task(session, caller, task_id)
        fields = override_fields(caller, key, comment)
        act = Reassign(**fields, task_id=task_id, version=version, to=target(session, found, to))
        return _checked(found.case, found.state, act)

    return prepare


def add_signer(
    caller: Caller, key: Key, task_id: UUID, *, version: int, to: UUID, position: AddedPosition, comment: str
) -> Prepare:
    """前加签 / 后加签: one more obligatory signature. Raises BAD_TRANSFER_TARGET."""
    make = partial(AddSigner, version=version, position=position)
    return _on_task(caller, key, task_id, comment, make=make, to=to)


def remove_signer(caller: Caller, key: Key, task_id: UUID, *, version: int, signer_id: str, comment: str) -> Prepare:
    """减签 by who added the signer, before it signed. Raises SIGNER_CANNOT_BE_REMOVED."""
    make = partial(RemoveSigner, version=version, signer_id=signer_id)
    return _on_task(caller, key, task_id, comment, make=make)


def pause_clock(caller: Caller, key: Key, task_id: UUID, *, version: int, reason: PauseReason, comment: str) -> Prepare:
    """暂停 the clock of the task. Raises CLOCK_ALREADY_PAUSED."""
    make = partial(PauseClock, version=version, reason=reason)
    return _on_task(caller, key, task_id, comment, make=make)


def resume_clock(caller: Caller, key: Key, task_id: UUID, *, version: int, comment: str = "") -> Prepare:
    """恢复 a paused clock."""
    return _on_task(caller, key, task_id, comment, make=partial(ResumeClock, version=version))


def resubmit(
    caller: Caller,
    key: Key,
    case_id: UUID,
    *,
    version: int,
    comment: str,
    reason: str | None = None,
    corrections: tuple[Correction, ...] = (),
) -> Prepare:
    """重新提交 by the declarant, with what it changed against the record. Raises INVALID_INPUT for foreign policies."""

    def prepare(session: Session) -> UpdateEnvelope:
        case = visible_case(session, caller, case_id)
        state = approval_of(case)
        changes = changes_of(session, case, reason, corrections)
        act = Resubmit(**_declarant(session, caller, key, case, comment), version=version, **changes._asdict())
        return _checked(case, state, act)

    return prepare


def withdraw(caller: Caller, key: Key, case_id: UUID, *, version: int, comment: str) -> Prepare:
    """撤销 by the declarant."""

    def prepare(session: Session) -> UpdateEnvelope:
        case = visible_case(session, caller, case_id)
        act = Withdraw(**act_fields(caller, key, comment), version=version)
        return _checked(case, approval_of(case), act)

    return prepare


def withdraw_for(caller: Caller, key: Key, case: Case, *, comment: str) -> UpdateEnvelope:
    """撤销 by operations in place of the declarant. Raises NOT_ALLOWED, OWN_CASE, REASON_REQUIRED besides."""
    _operations(caller)
    state = approval_of(case)
    act = Withdraw(**override_fields(caller, key, comment), version=state.version)
    return _checked(case, state, act)


def refusal(caller: Caller, state: ApprovalState, task: OpenTask) -> DomainError | None:
    """Why the caller may not decide this open task, by the rule that the workflow applies too; None when it may."""
    asked = Decide(**_asked(caller), task_id=task.task_id, version=task.version, verdict=Verdict.APPROVE)
    return refusal_of(lambda: approval.check_person(state, task, asked))


def may_withdraw(caller: Caller, state: ApprovalState) -> bool:
    """Whether the caller may 撤销 the case now."""
    asked = Withdraw(**_asked(caller), version=state.version)
    return refusal_of(lambda: approval.check(state, asked)) is None


def may_resubmit(caller: Caller, state: ApprovalState) -> bool:
    """Whether the caller may 重新提交 the case now, by itself."""
    asked = Resubmit(**_asked(caller), version=state.version)
    return refusal_of(lambda: approval.check(state, asked)) is None


def may_resubmit_case(session: Session, caller: Caller, case: Case) -> bool:
    """The same, also where it stands in for the declarant (代理)."""
    state = approval_of(case)
    fields = _declarant(session, caller, Key(caller.account_id, "asked", "", ""), case, "")
    return refusal_of(lambda: approval.check(state, Resubmit(**fields, version=state.version))) is None


def refusal_of(check: Callable[[], object]) -> DomainError | None:
    """What a check raises, as a value."""
    try:
        check()
    except DomainError as error:
        return error
    return None


def _asked(caller: Caller) -> dict[str, Any]:
    """An act that is only asked about, never sent."""
    return act_fields(caller, Key(caller.account_id, "asked", "", ""), "")


def _on_task(
    caller: Caller, key: Key, task_id: UUID, comment: str, *, make: Callable[..., ChainAct], to: UUID | None = None
) -> Prepare:
    """An act on an open task; `to` is the person that the act names."""

    def prepare(session: Session) -> UpdateEnvelope:
        found = on_open_task(session, caller, task_id)
        fields = fields_on(session, caller, key, found, comment)
        named = {"to": target(session, found, to)} if to else {}
        return _checked(found.case, found.state, make(**fields, **named, task_id=task_id))

    return prepare


def _declarant(session: Session, caller: Caller, key: Key, case: Case, comment: str) -> dict[str, Any]:
    """Fields of a resubmission: as holder of the task that asks for it, or in place of its holder."""
    state = approval_of(case)
    waiting = next((task.task_id for task in state.tasks if task.step == approval.DECLARED), None)
    task = TaskStore(session).get(waiting) if waiting else None
    if task is None:
        return act_fields(caller, key, comment)
    return fields_on(session, caller, key, OnTask(task, case, state), comment)


def _decision(fields: dict[str, Any], task_id: UUID, judgement: Judgement) -> Decide:
    return Decide(**{**asdict(judgement), **fields, "task_id": task_id})


def _checked(case: Case, state: ApprovalState, act: ChainAct) -> UpdateEnvelope:
    approval.check(state, act)
    name = act.kind if act.kind in _OWN_UPDATES else "act"
    return UpdateEnvelope.model_validate({"kind": name, "workflow_id": case.workflow_id, "act": act})


def _operations(caller: Caller) -> None:
    if not caller.may(Action.MANAGE_OPS):
        raise DomainError(ErrorCode.NOT_ALLOWED, who="OPS")
