"""取消 and 降级 of a running membership, each in one transaction, insert-or-adopt by the act's update id."""

from datetime import date, datetime, timedelta

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.membership import (
    CancelMembership,
    ChangeContacts,
    ChangeManager,
    ContactLeft,
    DowngradeMembership,
    EndBuffer,
    MembershipAct,
    MembershipAnswered,
    RecordMembershipAct,
)
from models.rulebook import Procedure
from models.rules.calendar import instant, local_date
from models.rules.membership import (
    MemberFacts,
    PolicyFacts,
    buffer_until,
    check_cancellation,
    check_reason,
    shown_causes,
)
from models.services import audit
from models.services.care import contact_acts, managers
from models.services.idempotency import settle_by_update
from models.services.notifications import notify
from models.services.qualification.freed_seats import free_seat, take_silver
from models.services.rulebooks import rulebook_of
from models.stores.cases import CaseStore
from models.stores.customers import policies_of
from models.stores.memberships import running_memberships
from models.stores.people import PeopleStore
from models.tables.book import Customer
from models.tables.cases import Membership
from models.types import SYSTEM_SCHEDULE, Door, MembershipStage, Role, SeatKind, Tier

OK = 200
MAY_END = (Role.HQ_VIP, Role.BR_LEAD)
MAY_CHANGE_MANAGER = (Role.BR_LEAD, Role.OPS)
MAY_KEEP_CONTACTS = (Role.MGR, Role.BR_SVC, Role.BR_LEAD)
_HEIGHT = {Tier.REGULAR: 0, Tier.SILVER: 1, Tier.GOLD: 2}
_DAY = timedelta(days=1)


def record_act(session: Session, message: RecordMembershipAct) -> MembershipAnswered:
    """Do what the act asks of the customer's membership, or return what the same act did before.

    Raises NOT_ALLOWED, REASON_REQUIRED, INVALID_INPUT, NOT_ELIGIBLE (the book does not show the cause), NOT_FOUND
    (another customer's contact), BAD_TRANSFER_TARGET (who may not have the customer), WRONG_STAGE (no running
    membership, no lower tier, or in its buffer already).
    """
    act, today = message.act, local_date(message.at)
    standing = _standing(session, act)
    if standing is not None:
        return standing
    rows = running_memberships(session, today, act.customer_no)
    if not rows:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=MembershipStage.EXPIRED.value)
    _refuse(session, act, rows[0])
    if isinstance(act, ChangeContacts | ContactLeft):
        contact_acts.carry_out(session, act, rows, message.at)
    elif isinstance(act, ChangeManager):
        managers.carry_out(session, act, rows, message.at)
    elif isinstance(act, CancelMembership):
        check_cancellation(procedure_of(session, rows[0]), act.cause, member_facts(session, rows[0], today))
        for row in rows:
            _cancel(session, row, act, message.at)
    else:
        _start_buffer(session, rows[0], act, message.at)
    answer = _answer(rows[0])
    settle_by_update(session, act.update_id, OK, answer.model_dump(mode="json"))
    return answer


def _standing(session: Session, act: MembershipAct) -> MembershipAnswered | None:
    for row in CaseStore(session).memberships(act.customer_no):
        if row.act_update_id == act.update_id:
            return _answer(row)
    return None


def _answer(row: Membership) -> MembershipAnswered:
    until = row.buffer_until
    return MembershipAnswered(
        membership_id=row.id,
        stage=row.stage,
        tier=row.tier,
        buffer_until=until,
        buffer_ends_at=instant(until + _DAY) if until else None,
        replans=True,
    )


def _refuse(session: Session, act: MembershipAct, row: Membership) -> None:
    people = PeopleStore(session)
    account, above = people.account(act.actor_id), {item.code for item in people.ancestry(row.institution_code)}
    posts = people.posts(act.actor_id)
    on_contacts = isinstance(act, ChangeContacts | ContactLeft)
    roles = MAY_KEEP_CONTACTS if on_contacts else MAY_CHANGE_MANAGER if isinstance(act, ChangeManager) else MAY_END
    may = any(role in roles and place.code in above for role, place in posts)
    if account is None or account.disabled_at is not None or not may:
        raise DomainError(ErrorCode.NOT_ALLOWED, who="、".join(role.value for role in roles))
    if not on_contacts:
        check_reason(act.comment)


def procedure_of(session: Session, row: Membership) -> Procedure:
    """The procedure of the rulebook version that a membership is pinned to."""
    case = CaseStore(session).get(row.case_id)
    if case is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return rulebook_of(session, case.rulebook_version_id).rulebook.procedure


def member_facts(session: Session, row: Membership, today: date) -> MemberFacts:
    """What the book says of a member now."""
    customer = session.get(Customer, row.customer_no)
    flags = frozenset(filter(None, customer.flags.split(";"))) if customer else frozenset()
    policies = [
        PolicyFacts(policy.status, policy.expires_on, policy.ended_on)
        for policy in policies_of(session, row.customer_no)
    ]
    return MemberFacts(row.year, today, flags, policies)


def _cancel(session: Session, row: Membership, act: CancelMembership, at: datetime) -> None:
    row.stage, row.ended_on = MembershipStage.CANCELLED, local_date(at)
    row.buffer_until = row.downgrade_to = None
    row.end_reason, row.act_update_id = f"{act.cause}: {act.comment.strip()}"[:500], act.update_id
    CaseStore(session).add(row)
    free_seat(session, row, at)
    _audit(session, row, act, "membership.cancelled", at)
    _tell(session, row, act, "membership_cancelled", at)


def _start_buffer(session: Session, row: Membership, act: DowngradeMembership, at: datetime) -> None:
    if row.stage is MembershipStage.DOWNGRADE_BUFFER or _HEIGHT[act.to] >= _HEIGHT[row.tier]:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=row.stage.value)
    months = procedure_of(session, row).downgrade_buffer_months
    row.stage, row.downgrade_to = MembershipStage.DOWNGRADE_BUFFER, act.to
    row.buffer_until = buffer_until(local_date(at), months, row.valid_to)
    row.end_reason, row.act_update_id = act.comment.strip()[:500], act.update_id
    CaseStore(session).add(row)
    _audit(session, row, act, "membership.downgraded", at)
    _tell(session, row, act, "membership_downgraded", at)


def end_buffer(session: Session, message: EndBuffer) -> None:
    """The buffer is over: the lower tier counts. Does nothing once the membership was cancelled or ended.

    Silver takes a seat of the branch; without a free one the membership ends, and the record says why.
    """
    row = session.get(Membership, message.membership_id)
    if row is None or row.stage is not MembershipStage.DOWNGRADE_BUFFER or row.downgrade_to is None:
        return
    before, to = row.tier, row.downgrade_to
    free_seat(session, row, message.at)
    if to is Tier.SILVER and take_silver(session, row, message.at):
        row.tier, row.seat_kind, row.stage = Tier.SILVER, SeatKind.SILVER, MembershipStage.SERVING
    else:
        row.stage, row.ended_on = MembershipStage.EXPIRED, row.buffer_until
        to = Tier.REGULAR
    row.downgrade_to = None
    CaseStore(session).add(row)
    audit.append(
        session,
        actor=SYSTEM_SCHEDULE,
        action="membership.buffer_ended",
        object_kind="membership",
        object_id=str(row.id),
        door=Door.SYSTEM,
        before={"tier": before.value},
        after={"tier": to.value, "stage": row.stage.value},
        at=message.at,
    )


def _audit(
    session: Session, row: Membership, act: CancelMembership | DowngradeMembership, action: str, at: datetime
) -> None:
    audit.append(
        session,
        actor=str(act.actor_id),
        action=action,
        object_kind="membership",
        object_id=str(row.id),
        door=act.door,
        after={
            "stage": row.stage.value,
            "cause": act.cause if isinstance(act, CancelMembership) else None,
            "buffer_until": row.buffer_until.isoformat() if row.buffer_until else None,
        },
        reason=act.comment.strip(),
        request_id=act.request_id,
        at=at,
    )


def _tell(
    session: Session, row: Membership, act: CancelMembership | DowngradeMembership, template: str, at: datetime
) -> None:
    notify(
        session,
        to=[row.manager_id],
        template=template,
        key=f"{template}:{row.id}:{act.update_id}",
        at=at,
        case_id=row.case_id,
        context={
            "customer_no": row.customer_no,
            "by": act.actor_name,
            "text": act.comment.strip(),
            "due_on": row.buffer_until.isoformat() if row.buffer_until else "",
        },
    )


def cancellation_candidates(session: Session, today: date) -> list[tuple[Membership, tuple[str, ...]]]:
    """Running memberships whose facts demand cancellation, with the causes the book shows, by customer."""
    found = []
    for row in running_memberships(session, today):
        causes = shown_causes(procedure_of(session, row), member_facts(session, row, today))
        if causes:
            found.append((row, causes))
    return found
