"""排定与重排: the year of a membership planned from its rulebook, and planned anew when tier, contacts or term change.

Every cause makes at most one plan 关怀计划, whose difference says line by line what was kept, added and cancelled.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models.messages.membership import PlanCare, PlanCause
from models.rules.care.plan import MemberYear, wished
from models.rules.care.reasons import PlanReason, because
from models.rules.care.replan import Change, Difference, Standing, Why, replan
from models.service_types import TouchpointOrigin
from models.services import audit
from models.services.calendars import snapshot
from models.services.care import writing
from models.services.care.basis import basis_now, plans_from
from models.services.care.club import keep_club
from models.services.care.contacts import ensure_chosen
from models.services.care.pinned import pinned_book
from models.services.care.running import former_managers, has_left, why_ended
from models.services.care.served import served_contacts
from models.services.care.telling import tell_new_manager
from models.services.qualification.member_stages import supersede
from models.services.rulebooks import InForce
from models.services.spend import estimating as spend
from models.stores.care import CareStore, TouchpointStore
from models.stores.care_running import RunningStore
from models.stores.memberships import OVER, open_memberships
from models.tables.care import CarePlan, Touchpoint
from models.tables.cases import Membership
from models.types import SYSTEM_SCHEDULE, Door, Tier

_WHY = {
    "contacts_changed": (because(PlanReason.CONTACTS_ADDED), because(PlanReason.CONTACTS_DROPPED)),
    "calendar": (because(PlanReason.CALENDAR_ADDED), because(PlanReason.CALENDAR_DROPPED)),
}
_OTHERWISE = because(PlanReason.ADDED), because(PlanReason.DROPPED)
MANAGER_CHANGED: PlanCause = "manager_changed"


def granted_key(membership_id: UUID) -> str:
    """The cause key of a membership's first plan, whoever makes it: its workflow or the sweep."""
    return cause_key("granted", membership_id)


def cause_key(cause: PlanCause, membership_id: UUID, key: str = "") -> str:
    """What makes a redelivered planning find itself done; at most 200 characters."""
    return f"{cause}:{membership_id}:{key}"[:200].rstrip(":")


def plan_membership(
    session: Session, membership: Membership, *, cause: PlanCause, cause_key: str, at: datetime
) -> CarePlan | None:
    """Plan the year, or plan it anew, once per `cause_key`; the plan that this cause made before is returned again.

    None: the membership is over and nothing of it is left to settle. A first plan ends an older membership of the
    same term (upgrade) and takes over its touchpoints. Raises CALENDAR_UNKNOWN for a calendar that never opens.
    """
    store = CareStore(session)
    standing = store.plan_by_cause(cause_key)
    if standing is not None:
        return standing
    row = store.membership(membership.id) or membership
    replaced = supersede(session, row, at) if cause == "granted" else []
    if row.stage in OVER and (cause != "ended" or row in replaced):
        return None
    handed = cause == MANAGER_CHANGED or any(old.manager_id != row.manager_id for old in replaced)
    return _planned(session, row, _Cause(cause, cause_key, at, changed=bool(replaced), handed=handed))


def plan_customer(session: Session, message: PlanCare) -> list[CarePlan]:
    """Plan the one membership of the message, or every membership of the customer that is not over."""
    named = CareStore(session).membership(message.membership_id) if message.membership_id else None
    rows = [named] if named is not None else open_memberships(session, message.customer_no)
    plans = [
        plan_membership(
            session,
            row,
            cause=message.cause,
            cause_key=cause_key(message.cause, row.id, message.key),
            at=message.at,
        )
        for row in rows
    ]
    return [plan for plan in plans if plan is not None]


@dataclass(frozen=True)
class _Cause:
    """Why it is planned now; `changed`: an older membership of the term was replaced; `handed`: with its manager."""

    cause: PlanCause
    key: str
    at: datetime
    changed: bool = False
    handed: bool = False

    @property
    def shown(self) -> PlanCause:
        """The cause as the plan names it."""
        return "tier_changed" if self.changed else self.cause


def _planned(session: Session, row: Membership, cause: _Cause) -> CarePlan:
    book, estimate = pinned_book(session, row), None
    if row.stage not in OVER:
        ensure_chosen(session, row, book.rulebook, cause.at)
        keep_club(session, row, book.rulebook, cause.at)
        if row.tier is not Tier.REGULAR:
            estimate = spend.estimate(session, row, book, cause.at)
    rows = _standing_rows(session, row)
    difference = _difference(session, row, book, rows, cause)
    basis = None if row.stage in OVER else str(basis_now(session, row, book.rulebook, cause.at))
    plan = _plan_row(session, row, difference, cause, basis)
    writing.write(session, writing.Target(row, plan, book.version.id, cause.at), difference, rows)
    if estimate is not None:
        spend.catch_up(session, estimate)
    _hand_over(session, row, plan, handed=cause.handed)
    _audit(session, plan)
    return plan


def _hand_over(session: Session, row: Membership, plan: CarePlan, *, handed: bool) -> None:
    """What waited with a former manager 客户经理 is the new one's, who is told of it once; running cases follow."""
    former = former_managers(session, row) if row.stage not in OVER else frozenset()
    rows = RunningStore(session).waiting_with(row.customer_no, former) if former else []
    mine = [point for point in rows if point.membership_id in {None, row.id}]
    for point in mine:
        point.assignee_id, point.updated_at = row.manager_id, plan.at
    TouchpointStore(session).add(*mine)
    if handed or mine:
        tell_new_manager(session, row, plan)


def _difference(
    session: Session, row: Membership, book: InForce, rows: Sequence[Touchpoint], cause: _Cause
) -> Difference:
    from_on = plans_from(row, cause.at)
    calendar = snapshot(session, book.rulebook.working_time, from_on, institution_code=row.institution_code)
    ended = row.stage in OVER
    year = MemberYear(
        tier=row.tier,
        first=row.valid_from,
        last=row.valid_to,
        from_on=from_on,
        contacts=() if ended else served_contacts(session, row.id),
        club_contact_id=row.club_contact_id,
    )
    wishes = () if ended else wished(book.rulebook, year, calendar)
    return replan([_standing(point) for point in rows], wishes, from_on, calendar, _why(session, row, rows, cause))


def _standing_rows(session: Session, row: Membership) -> list[Touchpoint]:
    """Planned and added touchpoints of the term, whichever membership of it they belong to; no duties of article 17."""
    store = TouchpointStore(session)
    term = store.of_customer(row.customer_no, row.valid_from, row.valid_to)
    inside = {point.id: point for point in term if row.valid_from <= point.planned_on <= row.valid_to}
    inside |= {point.id: point for point in store.open_of([row.id])}
    return [point for point in inside.values() if point.origin is not TouchpointOrigin.DUTY]


def _standing(point: Touchpoint) -> Standing:
    return Standing(
        id=point.id,
        key=point.key,
        code=point.code,
        contact_id=point.contact_id,
        planned_on=point.planned_on,
        due_on=point.due_on,
        stage=point.stage,
        taken_up=point.case_id is not None,
        by_hand=point.origin is TouchpointOrigin.MANUAL,
        merged_into=point.merged_into,
    )


def _why(session: Session, row: Membership, rows: Iterable[Touchpoint], cause: _Cause) -> Why:
    people = CareStore(session).contacts({point.contact_id for point in rows if point.contact_id})
    gone = {contact.id: because(PlanReason.CONTACT_LEFT) for contact in people.values() if has_left(contact, cause.at)}
    if row.stage in OVER:
        renewed = any(other.valid_from > row.valid_from for other in open_memberships(session, row.customer_no))
        return Why(added="", dropped=why_ended(row), gone=gone, ended=True, settle_past=not renewed)
    added, dropped = _reasons(cause.shown, row.tier.value)
    return Why(added=added, dropped=dropped, gone=gone)


def _reasons(cause: PlanCause, tier: str) -> tuple[str, str]:
    """Why a line is new, and why one applies no more."""
    if cause == "granted":
        return because(PlanReason.GRANTED), because(PlanReason.NOT_IN_TIER, tier)
    if cause == "tier_changed":
        return because(PlanReason.TIER_ADDED, tier), because(PlanReason.TIER_DROPPED, tier)
    return _WHY.get(cause, _OTHERWISE)


def _plan_row(session: Session, row: Membership, difference: Difference, cause: _Cause, basis: str | None) -> CarePlan:
    store = CareStore(session)
    plan = CarePlan(
        membership_id=row.id,
        customer_no=row.customer_no,
        number=store.last_number(row.id) + 1,
        cause=cause.shown,
        cause_key=cause.key,
        tier=row.tier,
        manager_id=row.manager_id,
        from_on=plans_from(row, cause.at),
        until_on=row.valid_to,
        difference={
            "kept": _lines(difference.kept),
            "added": _lines(difference.added),
            "cancelled": _lines(difference.cancelled),
        },
        basis=basis,
        at=cause.at,
    )
    store.add(plan)
    return plan


def _lines(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return [
        {
            "key": change.key,
            "code": change.code,
            "due_on": change.due_on.isoformat(),
            "reason": change.reason,
            "effect": change.effect.value,
            "touchpoint_id": str(change.standing_id) if change.standing_id else None,
        }
        for change in changes
    ]


def _audit(session: Session, plan: CarePlan) -> None:
    audit.append(
        session,
        actor=SYSTEM_SCHEDULE,
        action="care.planned",
        object_kind="membership",
        object_id=str(plan.membership_id),
        door=Door.SYSTEM,
        after={
            "number": plan.number,
            "cause": plan.cause,
            **{name: len(lines) for name, lines in plan.difference.items()},
        },
        at=plan.at,
    )
