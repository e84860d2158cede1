"""May this person still do this, by the tables: asked in the record transaction itself (decisions.md 7).

The rule is asked again, with only those of the posts that are still held; claims, stand-ins and accounts besides.
"""

from datetime import datetime

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
from models.services.still import posts_still_held, refuse_claimed, refuse_disabled, refuse_stand_in
from models.stores.people import PeopleStore
from models.stores.services import ConfirmationLinkStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Task
from models.types import CUSTOMER_ID, OPEN_TASK_STATES, Door, Role


def check_still_allowed(session: Session, case: Case, before: ServiceState, act: ServiceAct, at: datetime) -> None:
    """Raises NOT_YOUR_TASK, ALREADY_CLAIMED with who, BAD_TRANSFER_TARGET, LINK_USED_OR_EXPIRED."""
    if act.actor_id == CUSTOMER_ID:
        _spend_link(session, before, at)
    if not is_person(act.actor_id):
        return
    row = _open_row(session, before)
    refuse_disabled(session, act.actor_id, act.actor_name)
    if act.door is Door.OVERRIDE:
        _check_operations(session, case, act)
    else:
        refuse_stand_in(session, case, act, row, at)
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


def _check_operations(session: Session, case: Case, act: ServiceAct) -> None:
    people = PeopleStore(session)
    above = {place.code for place in people.ancestry(case.institution_code)}
    if not any(role is Role.OPS and place.code in above for role, place in people.posts(act.actor_id)):
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=Role.OPS.value)


def _check_claim(session: Session, row: Task | None, before: ServiceState, act: ServiceAct) -> None:
    """领取: whoever leads the post may step in."""
    if not any(post.role is before.lead_role for post in act.posts):
        refuse_claimed(session, row, act)


def _check_rule(session: Session, before: ServiceState, act: ServiceAct) -> None:
    """The same rule as the validator asked, on the posts as they are now."""
    now = posts_still_held(session, act)
    if now is not act:
        service.check(before, now)


def _check_target(session: Session, case: Case, before: ServiceState, act: AssignService) -> None:
    desk = rulebook_of(session, case.rulebook_version_id).rulebook.desk
    task = before.tasks[0] if before.tasks else None
    role, place = (task.role, task.institution_code) if task else (before.role, before.institution_code)
    if not is_authorised(session, desk, act.to.account_id, role, place):
        raise DomainError(ErrorCode.BAD_TRANSFER_TARGET, who=act.to.name)
