"""A difference becomes rows: what is new is inserted, what applies no more is closed, what was done is left alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.rules.calendar import local_date
from models.rules.care.plan import PlannedTouchpoint
from models.rules.care.replan import Change, Difference, Effect
from models.service_types import TouchpointOrigin
from models.stores.care import OPEN_STAGES, TouchpointStore
from models.stores.people import PeopleStore
from models.tables.care import CarePlan, Touchpoint
from models.tables.cases import Membership
from models.types import SYSTEM_SCHEDULE, InstitutionLevel, Role, Stage

REASON_LENGTH = 500
_CLOSED = {Effect.CANCELLED: Stage.CANCELLED, Effect.MISSED: Stage.MISSED}


@dataclass(frozen=True)
class Target:
    """What the rows belong to: the membership, the plan that wrote them, the rulebook version it is pinned to."""

    membership: Membership
    plan: CarePlan
    rulebook_version_id: UUID
    at: datetime


def write(session: Session, target: Target, difference: Difference, standing: Sequence[Touchpoint]) -> None:
    """Carry a difference out. What is stopped is left to its running case, which closes the row."""
    rows = {row.key: row for row in standing}
    for change in difference.added:
        row = rows.setdefault(change.key, _row(target, change))
        row.stage, row.reason, row.withheld, row.hushed_by = Stage.PLANNED, None, None, None
        row.updated_at = target.at
    places = _places(session, target.membership)
    for change in (*difference.kept, *difference.added):
        if change.wish is not None:
            _place(rows, change.wish, target, places)
        elif rows[change.key].stage in OPEN_STAGES:
            _belongs(rows[change.key], target)
    for change in difference.cancelled:
        _close(rows[change.key], change, target.at)
    TouchpointStore(session).add(*rows.values())


def _places(session: Session, membership: Membership) -> Mapping[InstitutionLevel, str]:
    """The institution of each level above the customer's own; what it lacks falls to the one above."""
    ancestry = PeopleStore(session).ancestry(membership.institution_code)
    found = {item.level: item.code for item in ancestry}
    top = found.get(InstitutionLevel.HQ, membership.institution_code)
    return {level: found.get(level, top) for level in InstitutionLevel}


def _row(target: Target, change: Change) -> Touchpoint:
    point = _wish(change)
    return Touchpoint(
        customer_no=target.membership.customer_no,
        institution_code=target.membership.institution_code,
        key=change.key,
        code=point.code,
        item=point.item,
        article=point.article,
        origin=TouchpointOrigin.PLAN,
        tier=target.membership.tier,
        contact_id=point.contact_id,
        title=point.title,
        planned_on=point.planned_on,
        due_on=point.due_on,
        lead_on=point.lead_on,
        role=point.role,
        human=point.human,
        stage=Stage.PLANNED,
        plan_id=target.plan.id,
        created_at=target.at,
        updated_at=target.at,
    )


def _wish(change: Change) -> PlannedTouchpoint:
    if change.wish is None:
        raise ValueError(f"{change.key} is added without a wish")
    return change.wish


def _place(
    rows: Mapping[str, Touchpoint], point: PlannedTouchpoint, target: Target, places: Mapping[InstitutionLevel, str]
) -> None:
    """The day, the post and the carrier that the plan wishes for an open touchpoint."""
    row = rows[point.key]
    if (row.planned_on, row.due_on) != (point.planned_on, point.due_on):
        row.planned_on, row.due_on, row.lead_on = point.planned_on, point.due_on, point.lead_on
    row.role, row.human, row.title = point.role, point.human, point.title
    manager = point.role is Role.MGR
    row.institution_code = target.membership.institution_code if manager else places[point.level]
    row.assignee_id = target.membership.manager_id if manager else None
    row.merged_into = rows[point.merged_into].id if point.merged_into else None
    row.rulebook_version_id = target.rulebook_version_id
    _belongs(row, target)
    if point.automatic:
        _done_by_itself(row, point, target.at)


def _belongs(row: Touchpoint, target: Target) -> None:
    """What is still open belongs to the membership that counts now; what was done stays where it was done."""
    if (row.membership_id, row.tier) != (target.membership.id, target.membership.tier):
        row.membership_id, row.tier, row.updated_at = target.membership.id, target.membership.tier, target.at


def _done_by_itself(row: Touchpoint, point: PlannedTouchpoint, at: datetime) -> None:
    """Article 16: the club takes its member automatically; the record says since when."""
    row.stage, row.done_on, row.done_at = Stage.DONE, max(point.opens, local_date(at)), at
    row.done_by_name, row.in_time = SYSTEM_SCHEDULE, True


def _close(row: Touchpoint, change: Change, at: datetime) -> None:
    stage = _CLOSED.get(change.effect)
    if stage is None:
        return
    row.stage, row.reason, row.merged_into, row.updated_at = stage, change.reason[:REASON_LENGTH], None, at
    if stage is Stage.MISSED:
        row.in_time = False
