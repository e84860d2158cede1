"""What each act on a qualification needs before it is sent: authorised, loaded and written as a message."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.acts import Prepare, Standing
from api.deps import Action, Caller
from models.errors import DomainError, ErrorCode
from models.identifiers import qualification_id
from models.messages.approval import ApprovalState, Correct, Decide, OpenTask, PostRef, Resubmit, Withdraw
from models.messages.envelope import StartEnvelope, UpdateEnvelope
from models.messages.qualification import StartQualification
from models.messages.scoring import Correction
from models.rules import approval
from models.services.idempotency import Key
from models.services.qualification.declaration import Request, check
from models.stores.cases import CaseStore
from models.stores.customers import customer_in_scope
from models.stores.tasks import Person, TaskStore
from models.tables.cases import Case, Task
from models.tables.columns import new_id
from models.types import OPEN_TASK_STATES, Stage, Tier, Verdict


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


def person_of(caller: Caller) -> Person:
    """The caller as the inbox knows it."""
    return Person(caller.account_id, tuple((post.role, post.institution_code) for post in caller.posts))


def visible_task(session: Session, caller: Caller, task_id: UUID) -> Task:
    """The task, if it is the caller's or lies in its scope. Raises NOT_FOUND."""
    task = TaskStore(session).visible(task_id, person_of(caller), caller.scope(Action.READ_CASES))
    if task is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return task


def visible_case(session: Session, caller: Caller, case_id: UUID) -> Case:
    """The case, if it lies in the caller's scope. Raises NOT_FOUND."""
    case = CaseStore(session).in_scope(case_id, caller.scope(Action.READ_CASES))
    if case is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return case


def declare(caller: Caller, key: Key, wanted: Request) -> Prepare:
    """申报. The same open declaration again answers with the case that stands (decisions.md 9)."""

    def prepare(session: Session) -> StartEnvelope | Standing:
        if customer_in_scope(session, wanted.customer_no, caller.scope(Action.DECLARE)) is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        store = CaseStore(session)
        standing = store.open_qualification(wanted.year, wanted.customer_no)
        if standing is not None and standing.content_hash == key.body_hash:
            return Standing(standing.id)
        check(session, wanted, datetime.now(UTC))
        attempt = store.attempts(wanted.year, wanted.customer_no) + 1
        return StartEnvelope(
            act=StartQualification(
                **_act(caller, key, wanted.reason),
                case_id=new_id(),
                workflow_id=qualification_id(wanted.year, wanted.customer_no, attempt),
                customer_no=wanted.customer_no,
                year=wanted.year,
                attempt=attempt,
                tier=wanted.tier,
                seat_kind=wanted.seat_kind,
                reason=wanted.reason,
                late_reason=wanted.late_reason,
            )
        )

    return prepare


def decide(caller: Caller, key: Key, task_id: UUID, judgement: Judgement) -> Prepare:
    """同意 / 驳回 / 退回. What the records can refuse is refused before the engine is asked."""

    def prepare(session: Session) -> UpdateEnvelope:
        task, case, state = _open_task(session, caller, task_id)
        act = Decide(
            **_act(caller, key, judgement.comment),
            task_id=task.id,
            version=judgement.version,
            verdict=judgement.verdict,
            return_to=judgement.return_to,
            approve_as=judgement.approve_as,
        )
        approval.check_decide(state, act)
        return UpdateEnvelope(kind="decide", workflow_id=case.workflow_id, act=act)

    return prepare


def correct(
    caller: Caller, key: Key, task_id: UUID, *, version: int, corrections: tuple[Correction, ...], comment: str
) -> Prepare:
    """更正数据 by a reviewer."""

    def prepare(session: Session) -> UpdateEnvelope:
        task, case, state = _open_task(session, caller, task_id)
        act = Correct(**_act(caller, key, comment), task_id=task.id, version=version, corrections=corrections)
        approval.check_correct(state, act)
        return UpdateEnvelope(kind="correct", workflow_id=case.workflow_id, act=act)

    return prepare


def refusal(caller: Caller, state: ApprovalState, task: OpenTask) -> DomainError | None:
    """Why the caller may not decide this open task, by the rule that the workflow applies too; None when it may."""
    asked = Decide(**_asked(caller), task_id=task.task_id, version=task.version, verdict=Verdict.APPROVE)
    return _refusal(lambda: approval.check_person(state, task, asked))


def may_withdraw(caller: Caller, state: ApprovalState) -> bool:
    """Whether the caller may 撤销 the case now."""
    asked = Withdraw(**_asked(caller), version=state.version)
    return _refusal(lambda: approval.check_withdraw(state, asked)) is None


def may_resubmit(caller: Caller, state: ApprovalState) -> bool:
    """Whether the caller may 重新提交 the case now."""
    asked = Resubmit(**_asked(caller), version=state.version)
    return _refusal(lambda: approval.check_resubmit(state, asked)) is None


def _refusal(check: Callable[[], None]) -> DomainError | None:
    try:
        check()
    except DomainError as error:
        return error
    return None


def _asked(caller: Caller) -> dict[str, Any]:
    """An act that is only asked about, never sent."""
    return _act(caller, Key(caller.account_id, "asked", "", ""), "")


def resubmit(caller: Caller, key: Key, case_id: UUID, *, version: int, comment: str) -> Prepare:
    """重新提交 by the declarant."""

    def prepare(session: Session) -> UpdateEnvelope:
        case = visible_case(session, caller, case_id)
        act = Resubmit(**_act(caller, key, comment), version=version)
        approval.check_resubmit(ApprovalState.model_validate(case.state), act)
        return UpdateEnvelope(kind="resubmit", workflow_id=case.workflow_id, act=act)

    return prepare


def withdraw(caller: Caller, key: Key, case_id: UUID, *, version: int, comment: str) -> Prepare:
    """撤销 by the declarant."""

    def prepare(session: Session) -> UpdateEnvelope:
        case = visible_case(session, caller, case_id)
        act = Withdraw(**_act(caller, key, comment), version=version)
        approval.check_withdraw(ApprovalState.model_validate(case.state), act)
        return UpdateEnvelope(kind="withdraw", workflow_id=case.workflow_id, act=act)

    return prepare


def _open_task(session: Session, caller: Caller, task_id: UUID) -> tuple[Task, Case, ApprovalState]:
    task = visible_task(session, caller, task_id)
    case = CaseStore(session).get(task.case_id)
    if case is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    state = ApprovalState.model_validate(case.state)
    if task.state not in OPEN_TASK_STATES:
        approval.task_of(state, task.id)  # raises who decided, or that the case is closed
        raise DomainError(ErrorCode.STALE_VERSION)
    return task, case, state


def _act(caller: Caller, key: Key, comment: str) -> dict[str, Any]:
    return {
        "update_id": key.update_id,
        "content_hash": key.body_hash,
        "actor_id": caller.account_id,
        "actor_name": caller.name,
        "posts": tuple(PostRef(role=post.role, institution_code=post.institution_code) for post in caller.posts),
        "door": caller.door,
        "request_id": caller.request_id,
        "comment": comment,
    }
