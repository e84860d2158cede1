"""May this person still do this, by the tables: asked in the record transaction itself (decisions.md 7).

The validator judged by what the request knew; posts, stand-ins, claims and accounts may have changed since.
"""

from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import Act, ApprovalState, Correct, Decide, OpenTask, Resubmit, Withdraw
from models.messages.handing import (
    AddSigner,
    Delegate,
    HandBack,
    PauseClock,
    Reassign,
    RemoveSigner,
    ResumeClock,
    TakeBack,
    Target,
    Transfer,
)
from models.messages.qualification import RecordStep
from models.rules.approval import DECLARED, task_of
from models.services.approval.diverged import RecordDivergedError
from models.services.approval.tasks import holder_of
from models.services.authority import is_authorised
from models.services.rulebooks import rulebook_of
from models.services.stand_ins import covers, may_act_for
from models.stores.people import PeopleStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Task
from models.types import OPEN_TASK_STATES, SYSTEM_SLA_ID, Door, Role, TaskState

OnTask = (
    Decide | Correct | Transfer | Delegate | HandBack | AddSigner | RemoveSigner | Reassign | PauseClock | ResumeClock
)
_HANDS_ON = (Transfer, Delegate, AddSigner, Reassign)


def check_still_allowed(session: Session, case: Case, message: RecordStep) -> None:
    """Raises NOT_YOUR_TASK, ALREADY_CLAIMED with who, BAD_TRANSFER_TARGET; RecordDivergedError for an unknown task."""
    act = message.act
    if act.actor_id == SYSTEM_SLA_ID:
        return
    _check_enabled(session, act)
    if isinstance(act, Resubmit):
        _check_declarant(session, case, message)
    elif isinstance(act, Withdraw) and act.door is Door.OVERRIDE:
        _check_operations(session, case, act)
    elif isinstance(act, TakeBack | Withdraw):
        _check_stand_in(session, case, message, None)
    else:
        _check_on_task(session, case, message, act)


def _check_on_task(session: Session, case: Case, message: RecordStep, act: OnTask) -> None:
    task, row = task_of(message.before, act.task_id), TaskStore(session).locked(act.task_id)
    if row is None or row.state not in OPEN_TASK_STATES:
        raise RecordDivergedError(f"task {act.task_id} is not open in the records")
    if _steps_in(session, case, act):
        _check_operations(session, case, act)
    else:
        _check_stand_in(session, case, message, row)
        _check_claim(session, row, act)
        _check_holder(session, task, act)
    if isinstance(act, _HANDS_ON):
        _check_target(session, case, task, act.to)


def _steps_in(session: Session, case: Case, act: OnTask) -> bool:
    """Operations: overriding, reassigning, or letting a clock run again that somebody left paused."""
    if isinstance(act, ResumeClock):
        return _is_operations(session, case, act.actor_id)
    return isinstance(act, Reassign) or act.door is Door.OVERRIDE


def _check_operations(session: Session, case: Case, act: Act) -> None:
    if not _is_operations(session, case, act.actor_id):
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=Role.OPS.value)


def _is_operations(session: Session, case: Case, account_id: UUID) -> bool:
    people = PeopleStore(session)
    above = {item.code for item in people.ancestry(case.institution_code)}
    return any(role is Role.OPS and place.code in above for role, place in people.posts(account_id))


def _check_enabled(session: Session, act: Act) -> None:
    account = PeopleStore(session).account(act.actor_id)
    if account is None or account.disabled_at is not None:
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=act.actor_name)


def _check_stand_in(session: Session, case: Case, message: RecordStep, row: Task | None) -> None:
    """代理: in force at this instant, covering this case, within the stand-in's own authority for the task."""
    act = message.act
    if act.on_behalf_of is None:
        return
    if row is None:
        allowed = covers(session, act.on_behalf_of, act.actor_id, case, message.at)
    else:
        allowed = may_act_for(session, act.on_behalf_of, act.actor_id, row, case=case, at=message.at)
    if not allowed:
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=act.on_behalf_of_name or act.actor_name)


def _check_claim(session: Session, row: Task, act: OnTask) -> None:
    """领取: a task taken from the queue is that person's, and its stand-in's."""
    if row.state is TaskState.CLAIMED and row.assignee_id not in {act.actor_id, act.on_behalf_of}:
        holder = PeopleStore(session).account(row.assignee_id) if row.assignee_id else None
        raise DomainError(ErrorCode.ALREADY_CLAIMED, who=holder.name if holder else "")


def _check_holder(session: Session, task: OpenTask, act: OnTask) -> None:
    """The person it lies with (the rule asked that already), still enabled; or a holder of the post, still holding."""
    people, own = PeopleStore(session), act.on_behalf_of or act.actor_id
    if holder_of(task) is None and not isinstance(act, RemoveSigner):
        if not people.holds(own, task.role, task.institution_code):
            raise DomainError(ErrorCode.NOT_YOUR_TASK, who=task.role.value)
        return
    account = people.account(own)
    if account is None or account.disabled_at is not None:
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=task.role.value)


def _check_target(session: Session, case: Case, task: OpenTask, to: Target) -> None:
    account = PeopleStore(session).account(to.account_id)
    enabled = account is not None and account.disabled_at is None
    if enabled and to.authorised:
        desk = rulebook_of(session, case.rulebook_version_id).rulebook.desk
        enabled = is_authorised(session, desk, to.account_id, task.role, task.institution_code)
    if not enabled:
        raise DomainError(ErrorCode.BAD_TRANSFER_TARGET, who=to.name)


def _check_declarant(session: Session, case: Case, message: RecordStep) -> None:
    """The declarant, its stand-in, whom operations gave the task, or a colleague once the post has the task back."""
    before, act = message.before, message.act
    own = act.on_behalf_of or act.actor_id
    _check_stand_in(session, case, message, None)
    task = next((item for item in before.tasks if item.step == DECLARED), None)
    if own == before.declared_by or (task is not None and task.assignee_id == own):
        return
    if task is None or not _is_heir(session, before, task, own):
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=before.acts[0].actor_name)


def _is_heir(session: Session, before: ApprovalState, task: OpenTask, account_id: UUID) -> bool:
    row = TaskStore(session).get(task.task_id)
    released = row is not None and row.assignee_id is None
    return released and PeopleStore(session).holds(account_id, Role.MGR, before.declarant_institution)
