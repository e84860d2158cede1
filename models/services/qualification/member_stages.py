"""Stages of a membership 会员周期 as the calendar moves them: serving, re-evaluation, expired; and the upgrade."""

from datetime import date, datetime

from sqlmodel import Session

from models.messages.membership import MembershipMoved, MoveMembership
from models.rules.calendar import local_date
from models.rules.membership import ALL_POLICIES_ENDED, shown_causes
from models.rules.membership_stages import OVER, replaces, stage_on
from models.services import audit
from models.services.qualification.freed_seats import free_seat
from models.services.qualification.member_acts import member_facts, procedure_of
from models.stores.care import TouchpointStore
from models.stores.cases import CaseStore
from models.stores.memberships import open_memberships
from models.tables.cases import Membership
from models.types import SYSTEM_SCHEDULE, Door, MembershipStage

EXPIRED, UPGRADED, LOWER = "会员期届满", "同一会员期内升级，由新资格接续", "同一会员期已有更高层级的资格"
ALL_ENDED = f"{ALL_POLICIES_ENDED}: 全部保单已失效或退保"


def move(session: Session, message: MoveMembership) -> MembershipMoved:
    """Bring the customer's memberships to the stage of the day; a second time changes nothing.

    A term that is over frees its seat; when all policies have ended the membership is cancelled at once (regulation
    2.4). Names every membership that is over and still has something open, so that a redelivered move answers the same.
    """
    for row in open_memberships(session, message.customer_no):
        _move(session, row, message)
    rows = CaseStore(session).memberships(message.customer_no)
    over = {row.id for row in rows if row.stage in OVER}
    unsettled = {point.membership_id for point in TouchpointStore(session).open_of(over)}
    return MembershipMoved(
        over=tuple(row.id for row in rows if row.id in unsettled), running=any(row.id not in over for row in rows)
    )


def _move(session: Session, row: Membership, message: MoveMembership) -> None:
    to = stage_on(row.stage, row.valid_from, row.valid_to, message.day)
    if to is MembershipStage.EXPIRED:
        _end(session, row, to, EXPIRED, message)
    elif _all_ended(session, row, message.day):
        _end(session, row, MembershipStage.CANCELLED, ALL_ENDED, message)
    elif to is not row.stage:
        before, row.stage = row.stage, to
        CaseStore(session).add(row)
        _audit(session, row, "membership.moved", before, message.at)


def _all_ended(session: Session, row: Membership, today: date) -> bool:
    causes = shown_causes(procedure_of(session, row), member_facts(session, row, today))
    return ALL_POLICIES_ENDED in causes


def _end(session: Session, row: Membership, stage: MembershipStage, reason: str, message: MoveMembership) -> None:
    before, row.stage = row.stage, stage
    row.ended_on = row.valid_to if stage is MembershipStage.EXPIRED else message.day
    row.end_reason, row.buffer_until, row.downgrade_to = reason, None, None
    CaseStore(session).add(row)
    free_seat(session, row, message.at)
    _audit(session, row, f"membership.{stage.value}", before, message.at)


def supersede(session: Session, newer: Membership, at: datetime) -> list[Membership]:
    """Of several memberships of one term only one counts: an upgrade ends the older one and frees its seat.

    Returns those that ended; a grant below the tier that stands ends itself.
    """
    rows = open_memberships(session, newer.customer_no)
    same = [row for row in rows if row.id != newer.id and row.valid_from <= newer.valid_to <= row.valid_to]
    ended = [row for row in same if replaces(newer.tier, row.tier)]
    for row in ended:
        _replaced(session, row, UPGRADED, at)
    if len(ended) < len(same):
        _replaced(session, newer, LOWER, at)
        ended.append(newer)
    return ended


def _replaced(session: Session, row: Membership, reason: str, at: datetime) -> None:
    before, row.stage = row.stage, MembershipStage.EXPIRED
    row.ended_on, row.end_reason, row.buffer_until, row.downgrade_to = local_date(at), reason, None, None
    row.club_contact_id = None
    CaseStore(session).add(row)
    free_seat(session, row, at)
    _audit(session, row, "membership.superseded", before, at)


def _audit(session: Session, row: Membership, action: str, before: MembershipStage, at: datetime) -> None:
    audit.append(
        session,
        actor=SYSTEM_SCHEDULE,
        action=action,
        object_kind="membership",
        object_id=str(row.id),
        door=Door.SYSTEM,
        before={"stage": before.value},
        after={"stage": row.stage.value, "ended_on": row.ended_on.isoformat() if row.ended_on else None},
        reason=row.end_reason if row.ended_on else None,
        at=at,
    )
