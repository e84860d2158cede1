"""A seat that is free again: the first of the reserve list 候补 is told, and its waiting case can be approved."""

from datetime import datetime

from sqlmodel import Session

from models.rules.seats import SeatClass, seat_class
from models.services import audit
from models.services.notifications import notify
from models.services.qualification.seats import branch_of
from models.services.quotas import silver_quota
from models.services.rulebooks import rulebook_of
from models.stores.cases import CaseStore
from models.stores.desk import DeskStore
from models.stores.people import PeopleStore
from models.stores.scope import EVERYTHING
from models.stores.seats import SeatStore
from models.tables.cases import Case, Membership, Seat
from models.types import SYSTEM_SCHEDULE, Door, SeatKind, Tier


def free_seat(session: Session, row: Membership, at: datetime) -> None:
    """Free the seat of a membership and tell whoever is next; nothing when it holds none any more."""
    store = SeatStore(session)
    seat = store.of_case(row.case_id)
    if seat is None:
        return
    year, pool = seat.year, (seat.tier, seat.seat_kind, seat.scope_code)
    store.free(seat)
    waiting = CaseStore(session).reserve(year, EVERYTHING)
    first = next((case for case in waiting if _pool_of(session, case) == pool), None)
    if first is not None:
        _tell(session, first, row, at)


def _pool_of(session: Session, case: Case) -> tuple[Tier, SeatKind, str]:
    place = _place(session, case, case.tier, case.seat_kind)
    return place.tier, place.kind, place.scope_code


def _place(session: Session, case: Case, tier: Tier, kind: SeatKind) -> SeatClass:
    tiers, branch = (
        rulebook_of(session, case.rulebook_version_id).rulebook.tiers,
        branch_of(session, case.institution_code),
    )
    return seat_class(tiers, tier, kind, branch, silver_quota(session, case.year, tiers, branch))


def take_silver(session: Session, row: Membership, at: datetime) -> bool:
    """A silver seat of the branch for a gold member that falls; False when the branch has none left."""
    case, store = CaseStore(session).get(row.case_id), SeatStore(session)
    if case is None:
        return False
    place = _place(session, case, Tier.SILVER, SeatKind.SILVER)
    taken = store.taken(row.year, place.tier, place.kind, place.scope_code)
    for number in range(1, place.quota + 1):
        if number not in taken and store.try_take(_seat(row, place, number, at)):
            return True
    return False


def _seat(row: Membership, place: SeatClass, number: int, at: datetime) -> Seat:
    return Seat(
        year=row.year,
        tier=place.tier,
        seat_kind=place.kind,
        scope_code=place.scope_code,
        seat_no=number,
        case_id=row.case_id,
        customer_no=row.customer_no,
        taken_at=at,
    )


def _tell(session: Session, case: Case, freed: Membership, at: datetime) -> None:
    """The declarant, and whoever may approve the waiting case now."""
    people = PeopleStore(session)
    tasks = DeskStore(session).open_tasks(case.id)
    approvers = [person for task in tasks for person in people.holder_ids(task.role, task.institution_code)]
    assigned = [task.assignee_id for task in tasks if task.assignee_id is not None]
    notify(
        session,
        to=[case.declared_by, *assigned, *sorted(approvers)],
        template="seat_freed",
        key=f"seat-freed:{freed.id}:{case.id}",
        at=at,
        case_id=case.id,
        context={"customer_no": case.customer, "year": str(case.year), "tier": case.tier.value},
    )
    audit.append(
        session,
        actor=SYSTEM_SCHEDULE,
        action="seat_freed",
        object_kind="case",
        object_id=str(case.id),
        door=Door.SYSTEM,
        after={"freed_by": freed.customer_no},
        at=at,
    )
