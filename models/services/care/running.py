"""Running touchpoint cases that the records have moved on from: what ends each, or hands it to the new manager.

Found by how things stand, not by who changed them, so that a plan, an import and the sweep all come to the same; each
act has an id of its own, so that asking again changes nothing.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.identifiers import touchpoint_workflow_id
from models.messages.handing import Target
from models.messages.service_acts import AssignService, StopTouchpoint
from models.rules.calendar import local_date
from models.rules.care.reasons import PlanReason, because
from models.service_types import TouchpointOrigin
from models.services.authority import is_authorised
from models.services.rulebooks import rulebook_in_force
from models.stores.care import CareStore
from models.stores.care_running import RunningStore
from models.stores.memberships import OVER
from models.stores.people import PeopleStore
from models.tables.book import Contact
from models.tables.care import Touchpoint
from models.tables.cases import Membership
from models.types import SYSTEM_SCHEDULE, SYSTEM_SLA_ID, Door, Role

Amend = StopTouchpoint | AssignService
_ANY_VERSION = 1
"""An act of the programme reads no page, so its version is not looked at."""


class Amendment(NamedTuple):
    """What is to be done to one running case."""

    workflow_id: str
    act: Amend


def amendments_of(session: Session, customer_no: str, at: datetime) -> list[Amendment]:
    """Of one customer."""
    return amendments(session, RunningStore(session).of_customer(customer_no), at)


def amendments(session: Session, rows: Sequence[Touchpoint], at: datetime) -> list[Amendment]:
    """Of these touchpoints, whose cases run: stopped where nobody is left to do it for, handed on with its manager."""
    store = CareStore(session)
    contacts = store.contacts({row.contact_id for row in rows if row.contact_id})
    members = {key: store.membership(key) for key in {row.membership_id for row in rows if row.membership_id}}
    found: list[Amendment] = []
    for row in rows:
        member = members.get(row.membership_id) if row.membership_id else None
        contact = contacts.get(row.contact_id) if row.contact_id else None
        act = _stop(row, _over(row, member, contact, at)) or (_hand_on(session, row, member, at) if member else None)
        if act is not None:
            found.append(Amendment(touchpoint_workflow_id(row.id), act))
    done = RunningStore(session).already_done([amendment.act.update_id for amendment in found])
    return [amendment for amendment in found if amendment.act.update_id not in done]


def has_left(contact: Contact, at: datetime) -> bool:
    """Whether a contact is with the unit no more, by the day in Shanghai."""
    return contact.left_on is not None and contact.left_on <= local_date(at)


def why_ended(row: Membership) -> str:
    """Why nothing applies any more of a membership that is over."""
    return because(PlanReason.ENDED, row.end_reason) if row.end_reason else because(PlanReason.TERM_OVER)


def former_managers(session: Session, row: Membership) -> frozenset[UUID]:
    """Who had the customer before under this membership, or under one that is over."""
    return RunningStore(session).managers(row) - {row.manager_id}


def _over(row: Touchpoint, member: Membership | None, contact: Contact | None, at: datetime) -> str | None:
    """Why nobody is left to do it for. A duty of article 17 outlives the membership."""
    if row.origin is TouchpointOrigin.DUTY:
        return None
    if contact is not None and has_left(contact, at):
        return because(PlanReason.CONTACT_LEFT)
    return why_ended(member) if member is not None and member.stage in OVER else None


def _stop(row: Touchpoint, reason: str | None) -> StopTouchpoint | None:
    return StopTouchpoint(**_by_programme(f"stop:{row.id}", reason)) if reason else None


def _hand_on(session: Session, row: Touchpoint, member: Membership, at: datetime) -> AssignService | None:
    """To the manager of now, where a former one has it and the new one may do it."""
    elsewhere = row.role is Role.MGR and row.assignee_id not in {None, member.manager_id}
    moved = elsewhere and row.assignee_id in former_managers(session, member)
    manager = PeopleStore(session).account(member.manager_id) if moved and member.stage not in OVER else None
    if manager is None:
        return None
    desk = rulebook_in_force(session, local_date(at)).rulebook.desk
    if not is_authorised(session, desk, manager.id, row.role, row.institution_code):
        return None
    to = Target(account_id=manager.id, name=manager.name, authorised=True)
    fields = _by_programme(f"manager:{row.id}:{manager.id}{_turn(session, member)}", because(PlanReason.MANAGER))
    return AssignService(**fields, to=to)


def _turn(session: Session, member: Membership) -> str:
    """Which change of manager this is: nothing for the first, so that one that comes back is handed to again, and
    what a person gave back since is not taken again."""
    in_turn = [*RunningStore(session).managers_in_turn(member), member.manager_id]
    changes = sum(before != after for before, after in pairwise(in_turn))
    return f":{changes}" if changes > 1 else ""


def _by_programme(key: str, reason: str) -> dict[str, Any]:
    return {
        "update_id": f"{SYSTEM_SCHEDULE}:{key}",
        "content_hash": hashlib.sha256(reason.encode()).hexdigest(),
        "actor_id": SYSTEM_SLA_ID,
        "actor_name": SYSTEM_SCHEDULE,
        "door": Door.SYSTEM,
        "comment": reason,
        "version": _ANY_VERSION,
    }
