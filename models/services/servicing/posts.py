"""Who serves: the post whose queue a case waits in, and who hears of its task, found in the tables at that instant."""

from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import OpenTask
from models.messages.service import ServiceStart, ServiceState
from models.rules.seats import HEAD_OFFICE_SCOPE
from models.rules.service.people import lead_post
from models.services.actors import is_person
from models.stores.people import PeopleStore
from models.types import Role


class Queue(NamedTuple):
    """岗位待领: a post at an institution."""

    role: Role
    institution_code: str


OPERATIONS = Queue(Role.OPS, HEAD_OFFICE_SCOPE)
"""运营: whom everything falls to that has nobody else."""


class Serving(NamedTuple):
    """岗位 that serve a case: whose queue it waits in, and who leads there, each a post at an institution."""

    role: Role
    institution_code: str
    lead_role: Role
    lead_institution_code: str


def serving_at(session: Session, role: Role, lead_role: Role, institution_code: str) -> Serving:
    """Who serves what is asked of an institution: its own post, else that of the nearest above which has one.

    Where nobody holds the post the lead has the queue, who may assign it; where there is no lead either, operations:
    never a silent pass.
    """
    lead = _nearest(session, lead_role, institution_code) or OPERATIONS
    return Serving(*queue_at(session, role, lead_role, institution_code), *lead)


def queue_at(session: Session, role: Role, lead_role: Role, institution_code: str) -> Queue:
    """The queue alone, as in `serving_at`."""
    found = _nearest(session, role, institution_code) or _nearest(session, lead_role, institution_code)
    return found or OPERATIONS


def opener(session: Session, start: ServiceStart, serving: Serving, handler: UUID | None) -> UUID:
    """Whose case it is. What the sweep starts belongs to whoever is to do it: a case has a person behind it.

    Raises NOT_FOUND where there is nobody at all.
    """
    if is_person(start.actor_id):
        return start.actor_id
    if handler is not None:
        return handler
    people = PeopleStore(session)
    posts = ((serving.role, serving.institution_code), (serving.lead_role, serving.lead_institution_code))
    holders = next((found for post in posts if (found := people.holder_ids(*post))), frozenset[UUID]())
    if not holders:
        raise DomainError(ErrorCode.NOT_FOUND, what="post", role=serving.role.value)
    return min(holders)


def who_may_act(session: Session, state: ServiceState, task: OpenTask) -> frozenset[UUID]:
    """Who may take the open task now: whom it was given to while enabled, else the post, else whoever leads it."""
    people = PeopleStore(session)
    named = people.account(task.assignee_id) if task.assignee_id else None
    if named is not None and named.disabled_at is None:
        return frozenset({named.id})
    posts = [] if task.assignee_id else [(task.role, task.institution_code)]
    for post in (*posts, lead_post(state), OPERATIONS):
        if found := people.holder_ids(*post):
            return found
    return frozenset()


def _nearest(session: Session, role: Role, institution_code: str) -> Queue | None:
    people = PeopleStore(session)
    places = (place.code for place in people.ancestry(institution_code))
    return next((Queue(role, code) for code in places if people.holder_ids(role, code)), None)
