"""May this person still do this, by the tables: asked in the record transaction itself (decisions.md 7).

The rule is asked again, with only those of the posts that are still held; claims, stand-ins and accounts besides.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.service import ServiceState
from models.messages.service_acts import AssignService, ServiceAct
from models.rules import service
from models.services.actors import is_person
from models.services.approval.diverged import RecordDivergedError
from models.services.authority import is_authorised
from models.services.rulebooks import rulebook_of
from models.services.servicing import confirmation
from models.services.stand_ins import covers, may_act_for
from models.stores.people import PeopleStore
from models.stores.services import ConfirmationLinkStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Task
from models.types import CUSTOMER_ID, OPEN_TASK_STATES, Door, Role, TaskState


def check_still_allowed(session: Session, case: Case, before: ServiceState, act: ServiceAct, at: datetime) -> None:
    """Raises NOT_YOUR_TASK, ALREADY_CLAIMED with who, BAD_TRANSFER_TARGET, LINK_USED_OR_EXPIRED."""
    if act.actor_id == CUSTOMER_ID:
        _spend_link(session, before, at)
    if not is_person(act.actor_id):
        return
    row = _open_row(session, before)
    _check_enabled(session, act.actor_id, act.actor_name)
    if act.door is Door.OVERRIDE:
        _check_operations(session, case, act)
    else:
        _check_stand_in(session, case, act, row, at)
        _check_claim(session, row, before, act)
    _check_rule(session, before, act)
    if isinstance(act, AssignService):
        _check_target(session, case, before, act)


def _spend_link(session: Session, before: ServiceState, at: datetime) -> None:
    """A customer's link confirms once; the case is held, so of two at once one gets it."""
    found = confirmation.usable(session, confirmation.secret_of(before), at)
    if not ConfirmationLinkStore(session).spend(found.token_hash, at):
        raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)


def _open_row(session: Session, before: ServiceState) -> Task | None:
    """The row of the open task, held; None for a closed case, which only a reopening finds."""
    if not before.tasks:
        return None
    row = TaskStore(session).locked(before.tasks[0].task_id)
    if row is None or row.state not in OPEN_TASK_STATES:
        raise RecordDivergedError(f"task {before.tasks[0].task_id} is not open in the records")
    return row


def _check_enabled(session: Session, account_id: UUID, name: str) -> None:
    account = PeopleStore(session).account(account_id)
    if account is None or account.disabled_at is not None:
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=name)


def _check_operations(session: Session, case: Case, act: ServiceAct) -> None:
    people = PeopleStore(session)
    above = {place.code for place in people.ancestry(case.institution_code)}
    if not any(role is Role.OPS and place.code in above for role, place in people.posts(act.actor_id)):
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=Role.OPS.value)


def _check_stand_in(session: Session, case: Case, act: ServiceAct, row: Task | None, at: datetime) -> None:
    """代理: in force at this instant, covering this case, within the stand-in's own authority for the task."""
    principal = act.on_behalf_of
    if principal is None:
        return
    if row is None:
        allowed = covers(session, principal, act.actor_id, case, at)
    else:
        allowed = may_act_for(session, principal, act.actor_id, row, case=case, at=at)
    if not allowed:
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=act.on_behalf_of_name or act.actor_name)
    _check_enabled(session, principal, act.on_behalf_of_name or "")


def _check_claim(session: Session, row: Task | None, before: ServiceState, act: ServiceAct) -> None:
    """领取: a task taken from the queue is that person's, and its stand-in's; whoever leads the post may step in."""
    leads = any(post.role is before.lead_role for post in act.posts)
    if row is None or row.state is not TaskState.CLAIMED or leads:
        return
    if row.assignee_id not in {act.actor_id, act.on_behalf_of}:
        holder = PeopleStore(session).account(row.assignee_id) if row.assignee_id else None
        raise DomainError(ErrorCode.ALREADY_CLAIMED, who=holder.name if holder else "")


def _check_rule(session: Session, before: ServiceState, act: ServiceAct) -> None:
    """The same rule as the validator asked, on the posts as they are now."""
    held = {(role, place.code) for role, place in PeopleStore(session).posts(act.on_behalf_of or act.actor_id)}
    still = tuple(post for post in act.posts if (post.role, post.institution_code) in held)
    if still != act.posts:
        service.check(before, act.model_copy(update={"posts": still}))


def _check_target(session: Session, case: Case, before: ServiceState, act: AssignService) -> None:
    desk = rulebook_of(session, case.rulebook_version_id).rulebook.desk
    task = before.tasks[0] if before.tasks else None
    role, place = (task.role, task.institution_code) if task else (before.role, before.institution_code)
    if not is_authorised(session, desk, act.to.account_id, role, place):
        raise DomainError(ErrorCode.BAD_TRANSFER_TARGET, who=act.to.name)
