"""设置代理: a stand-in for some days, for oneself or for somebody of one's branch; ending one before its time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rules.calendar import instant, local_date
from models.rules.stand_ins import Appointment, closes_loop, overlapping
from models.services import audit
from models.services.accounts import invalid
from models.services.by import By
from models.services.notifications import notify
from models.services.stand_ins import appointment, chain_from
from models.stores.accounts import AccountStore
from models.stores.audit import AuditStore
from models.stores.institutions import InstitutionStore
from models.stores.people import PeopleStore
from models.stores.scope import EVERYTHING, Scope
from models.stores.stand_ins import PlacedStandIn, StandInStore
from models.tables.desk import StandIn
from models.tables.organisation import Account
from models.types import CaseKind, Role, Tier

LONGEST = timedelta(days=366)
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is asked for, people by login. Days are business days of Asia/Shanghai, both included; empty means all."""

    principal: str
    stand_in: str
    starts_on: date
    ends_on: date
    kinds: frozenset[CaseKind] = frozenset()
    tiers: frozenset[Tier] = frozenset()
    institution_code: str | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Setter:
    """Who asks: for itself, or for people of the scope (分公司负责人 for its branch). `sees`: whose staff it reads."""

    account_id: UUID
    scope: Scope
    sees: Scope
    by: By
    now: datetime


@dataclass(frozen=True)
class Planned:
    """A stand-in that was checked and is not stored: the row, its people, and how the rules see it."""

    row: StandIn
    principal: Account
    stand_in: Account
    appointment: Appointment


def plan(session: Session, wish: Wish, setter: Setter) -> Planned:
    """Check a wish without storing anything.

    Raises INVALID_INPUT (unknown person or institution, days, another stand-in of the principal for the same cases),
    NOT_ALLOWED for somebody else's principal, STAND_IN_LOOP when work could come back to the principal.
    """
    principal = _principal(session, wish, setter)
    stand_in = _person(session, wish.stand_in, "stand_in")
    starts_at, ends_at = _period(wish, setter.now)
    row = StandIn(
        principal_id=principal.id,
        stand_in_id=stand_in.id,
        starts_at=starts_at,
        ends_at=ends_at,
        kinds=sorted(kind.value for kind in wish.kinds),
        tiers=sorted(tier.value for tier in wish.tiers),
        institution_code=wish.institution_code,
        reason=wish.reason,
        created_by=setter.account_id,
        created_at=setter.now,
    )
    planned = appointment(PlacedStandIn(row, _path(session, wish.institution_code)))
    _refuse_loop(session, planned)
    return Planned(row, principal, stand_in, planned)


def set_stand_in(session: Session, wish: Wish, setter: Setter) -> StandIn:
    """Store a stand-in, in force by itself from its first day on; both people are told. Raises as `plan` does."""
    # Taken first: of two stand-ins set at the same moment, the second must see the first, or both could make a loop.
    AuditStore(session).lock_head()
    planned = plan(session, wish, setter)
    StandInStore(session).add(planned.row)
    _note(session, planned.row, setter, "stand_in_set")
    _tell(session, planned.row, setter, "stand_in_set")
    return planned.row


def end_stand_in(session: Session, stand_in_id: UUID, setter: Setter) -> StandIn:
    """End it now; one that is over already stays as it is.

    Raises NOT_FOUND for a stranger, NOT_ALLOWED for the stand-in itself and for colleagues: only who set it, the
    principal and its branch lead take it back.
    """
    row = StandInStore(session).get(stand_in_id)
    principal = PeopleStore(session).account(row.principal_id) if row else None
    if row is None or principal is None or not _concerns(session, row, principal, setter):
        raise DomainError(ErrorCode.NOT_FOUND)
    if not may_end(session, row, setter):
        raise DomainError(ErrorCode.NOT_ALLOWED, who=principal.name)
    if is_over(row, setter.now):
        return row
    row.ended_at = setter.now
    StandInStore(session).add(row)
    _note(session, row, setter, "stand_in_ended")
    _tell(session, row, setter, "stand_in_ended")
    return row


def may_end(session: Session, row: StandIn, setter: Setter) -> bool:
    """Whether it is the person's own, set by it, or of somebody of its branch."""
    principal = PeopleStore(session).account(row.principal_id)
    own = setter.account_id in {row.principal_id, row.created_by}
    return own or (principal is not None and _works_in(session, principal, setter.scope))


def is_over(row: StandIn, now: datetime) -> bool:
    """Whether it ended, by hand or by itself."""
    return row.ended_at is not None or row.ends_at <= now


def _concerns(session: Session, row: StandIn, principal: Account, setter: Setter) -> bool:
    people = {row.principal_id, row.stand_in_id, row.created_by}
    seen = _works_in(session, principal, setter.sees) or _works_in(session, principal, setter.scope)
    return setter.account_id in people or seen


def _works_in(session: Session, account: Account, scope: Scope) -> bool:
    return InstitutionStore(session).get(account.institution_code, scope) is not None


def _principal(session: Session, wish: Wish, setter: Setter) -> Account:
    principal = _person(session, wish.principal, "principal")
    if principal.id != setter.account_id and not _works_in(session, principal, setter.scope):
        raise DomainError(ErrorCode.NOT_ALLOWED, who=Role.BR_LEAD.value)
    return principal


def _person(session: Session, login: str, field: str) -> Account:
    account = AccountStore(session).by_login(login)
    if account is None or account.disabled_at is not None:
        raise invalid(**{field: "unknown_person"})
    return account


def _period(wish: Wish, now: datetime) -> tuple[datetime, datetime]:
    """From the first moment of the first day, or from now on, to the end of the last day."""
    if wish.starts_on < local_date(now):
        raise invalid(starts_on="in_the_past")
    if wish.ends_on < wish.starts_on:
        raise invalid(ends_on="ends_before_it_starts")
    if wish.ends_on - wish.starts_on >= LONGEST:
        raise invalid(ends_on="longer_than_a_year")
    return max(instant(wish.starts_on), now), instant(wish.ends_on + _DAY)


def _path(session: Session, institution_code: str | None) -> str | None:
    if institution_code is None:
        return None
    institution = InstitutionStore(session).get(institution_code, EVERYTHING)
    if institution is None:
        raise invalid(institution_code="unknown_institution")
    return institution.path


def _refuse_loop(session: Session, new: Appointment) -> None:
    others = chain_from(session, new.principal_id, new.starts_at, new.ends_at)
    onward = chain_from(session, new.stand_in_id, new.starts_at, new.ends_at)
    if closes_loop(onward, new):
        raise DomainError(ErrorCode.STAND_IN_LOOP)
    if overlapping(others, new):
        raise invalid(stand_in="another_stand_in_then")


def _note(session: Session, row: StandIn, setter: Setter, action: str) -> None:
    audit.append(
        session,
        actor=setter.by.actor,
        action=action,
        object_kind="stand_in",
        object_id=str(row.id),
        door=setter.by.door,
        after={
            "principal": str(row.principal_id),
            "stand_in": str(row.stand_in_id),
            "starts_at": row.starts_at.isoformat(),
            "ends_at": (row.ended_at or row.ends_at).isoformat(),
            "kinds": list(row.kinds),
            "tiers": list(row.tiers),
            "institution_code": row.institution_code,
        },
        reason=row.reason or None,
        request_id=setter.by.request_id,
        at=setter.now,
    )


def _tell(session: Session, row: StandIn, setter: Setter, template: str) -> None:
    people = PeopleStore(session)
    names = {"principal": row.principal_id, "stand_in": row.stand_in_id, "by": setter.account_id}
    found = {name: people.account(account_id) for name, account_id in names.items()}
    context = {name: account.name for name, account in found.items() if account is not None}
    notify(
        session,
        to=(row.principal_id, row.stand_in_id),
        template=template,
        key=f"{template}:{row.id}",
        at=setter.now,
        context={
            **context,
            "starts_on": local_date(row.starts_at).isoformat(),
            "ends_on": last_day(row).isoformat(),
        },
    )


def last_day(row: StandIn) -> date:
    """The last day on which it holds: the day it was ended by hand, else the last of its period."""
    return local_date(row.ended_at) if row.ended_at else local_date(row.ends_at) - _DAY
