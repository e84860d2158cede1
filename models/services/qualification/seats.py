"""Taking a seat 席位 in the transaction of the final approval (decisions.md 8)."""

from datetime import datetime

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState
from models.rules.seats import SeatClass, seat_class
from models.services.quotas import silver_quota
from models.services.rulebooks import rulebook_of
from models.stores.cases import CaseStore
from models.stores.people import PeopleStore
from models.stores.seats import SeatStore
from models.tables.cases import Case, Seat
from models.types import InstitutionLevel, SeatKind


def branch_of(session: Session, institution_code: str) -> str:
    """The branch above an institution; head office itself for what hangs directly under it."""
    ancestry = PeopleStore(session).ancestry(institution_code)
    branch = next((item for item in ancestry if item.level is InstitutionLevel.BRANCH), None)
    return branch.code if branch else ancestry[-1].code


def pool(session: Session, case: Case, state: ApprovalState) -> SeatClass:
    """The pool this case's seat would come from, with its size."""
    rulebook = rulebook_of(session, case.rulebook_version_id).rulebook
    branch = branch_of(session, case.institution_code)
    quota = silver_quota(session, case.year, rulebook.tiers, branch)
    return seat_class(rulebook.tiers, state.tier, state.seat_kind, branch, quota)


def take(session: Session, case: Case, state: ApprovalState, at: datetime) -> int:
    """Take the lowest free seat and return its number. Raises QUOTA_EXCEEDED when none is left."""
    place, store = pool(session, case, state), SeatStore(session)
    store.release(case.year, case.customer)  # 当期升级: the seat of the lower tier is free at once
    if state.seat_kind is SeatKind.RANKED and CaseStore(session).ahead_at_head_office(case) >= place.quota:
        raise _full(place, place.quota)
    while True:
        taken = store.taken(case.year, place.tier, place.kind, place.scope_code)
        free = next((number for number in range(1, place.quota + 1) if number not in taken), None)
        if free is None:
            raise _full(place, len(taken))
        if store.try_take(_seat(case, place, free, at)):
            return free


def _full(place: SeatClass, used: int) -> DomainError:
    scope = f"{place.scope_code} {place.kind.value}"
    return DomainError(ErrorCode.QUOTA_EXCEEDED, scope=scope, used=used, quota=place.quota)


def _seat(case: Case, place: SeatClass, number: int, at: datetime) -> Seat:
    return Seat(
        year=case.year,
        tier=place.tier,
        seat_kind=place.kind,
        scope_code=place.scope_code,
        seat_no=number,
        case_id=case.id,
        customer_no=case.customer,
        taken_at=at,
    )
