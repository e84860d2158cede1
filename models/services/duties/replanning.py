"""Years to be planned: those that never were, then those whose plan no longer stands on what the records say now.

Last come members whose year was planned before there were estimates 服务投入测算: they get theirs.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlmodel import Session

from models.messages.calendar import CalendarSnapshot
from models.messages.membership import PlanCause
from models.messages.sweep import RecordOrder, SweepDone
from models.services.care.basis import Basis, basis_of, calendar_of
from models.services.care.pinned import pinned_book
from models.services.care.planning import cause_key, granted_key, plan_membership
from models.services.duties.branches import swept_with
from models.services.rulebooks import rulebook_of
from models.services.spend import estimating
from models.stores.care import BasisStore, StandingPlan
from models.stores.spend import SpendStore
from models.stores.sweeps import SweepStore

_NEW, _STALE, _SPEND = "new", "stale", "spend"


def plan_members(session: Session, order: RecordOrder) -> SweepDone:
    """One chunk: memberships that no plan was ever made for first, then those whose plan is stale."""
    phase, _, after = (order.after or f"{_NEW}|").partition("|")
    behind = UUID(after) if after else None
    return _PHASES[phase](session, order, behind)


def _plan_missing(session: Session, order: RecordOrder, after: UUID | None) -> SweepDone:
    codes = swept_with(session, order.institution_code)
    rows = SweepStore(session).unplanned(codes, order.day, after, order.limit)
    made = [plan_membership(session, row, cause="granted", cause_key=granted_key(row.id), at=order.at) for row in rows]
    following = f"{_NEW}|{rows[-1].id}" if len(rows) == order.limit else f"{_STALE}|"
    return SweepDone(after=following, counts={"plans": sum(1 for plan in made if plan is not None)})


def _plan_stale(session: Session, order: RecordOrder, after: UUID | None) -> SweepDone:
    """Planned anew once per change: the key names the plan that is replaced, so that a change back is a change too."""
    codes = swept_with(session, order.institution_code)
    plans = BasisStore(session).newest_plans(codes, order.day, after, order.limit)
    made = 0
    for plan, now in list(_stale(session, order, plans)):
        cause, row = _cause(plan, now), plan.membership
        key = cause_key(cause, row.id, f"{plan.number}:{now}")
        made += plan_membership(session, row, cause=cause, cause_key=key, at=order.at) is not None
    following = f"{_STALE}|{plans[-1].membership.id}" if len(plans) == order.limit else f"{_SPEND}|"
    return SweepDone(after=following, counts={"replanned": made})


def _estimate_missing(session: Session, order: RecordOrder, after: UUID | None) -> SweepDone:
    codes = swept_with(session, order.institution_code)
    rows = SpendStore(session).unplanned(codes, order.day, after, order.limit)
    for row in rows:
        estimating.catch_up(session, estimating.estimate(session, row, pinned_book(session, row), order.at))
    following = f"{_SPEND}|{rows[-1].id}" if len(rows) == order.limit else None
    return SweepDone(after=following, counts={"estimates": len(rows)})


_PHASES = {_NEW: _plan_missing, _STALE: _plan_stale, _SPEND: _estimate_missing}


def _cause(plan: StandingPlan, now: Basis) -> PlanCause:
    if plan.tier is not plan.membership.tier:
        return "tier_changed"
    if plan.manager_changed:
        return "manager_changed"
    return "calendar" if Basis.parse(plan.basis).people == now.people else "contacts_changed"


def _stale(session: Session, order: RecordOrder, plans: Sequence[StandingPlan]) -> Iterator[tuple[StandingPlan, Basis]]:
    """Plans of a chunk that stand on something else by now, each with what that is; contacts read once for all."""
    store = BasisStore(session)
    people = store.people({plan.membership.customer_no for plan in plans})
    served = store.served({plan.membership.id for plan in plans})
    books = {version: rulebook_of(session, version).rulebook for version in {plan.version_id for plan in plans}}
    calendars: dict[tuple[str, UUID, int], CalendarSnapshot] = {}
    for plan in plans:
        row, book = plan.membership, books[plan.version_id]
        place = (row.institution_code, plan.version_id, row.valid_from.year)
        calendar = calendars.get(place) or calendars.setdefault(place, calendar_of(session, row, book, order.at))
        now = basis_of(row, book, people.get(row.customer_no, []), served.get(row.id, set()), calendar)
        if plan.tier is not row.tier or plan.manager_changed or plan.basis != str(now):
            yield plan, now
