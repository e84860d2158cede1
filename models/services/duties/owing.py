"""常规服务 of article 17, and the renewal proposal Z07, as rows: written once each, by the key of what is owed.

A sweep looks back as far as the rulebook's `last_days` from the last day the branch was swept to its end: whatever
days an outage took, the rows are those that a sweep on every one of them would have written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session

from models.messages.calendar import CalendarSnapshot
from models.messages.sweep import RecordOrder, SweepDone
from models.rulebook.schema.keeping import Duty
from models.rules import duties as rules
from models.rules.duties import DutyDay
from models.service_types import TouchpointOrigin
from models.services.calendars import snapshot
from models.services.duties.branches import swept_with
from models.services.duties.owed import covers, policy_dates
from models.services.rulebooks import InForce, rulebook_in_force
from models.services.servicing.posts import queue_at
from models.stores.memberships import current_memberships
from models.stores.sweeps import SweepStore
from models.tables.book import Policy
from models.tables.care import Touchpoint
from models.tables.cases import Membership
from models.types import Role, Stage, Tier

AHEAD = timedelta(days=31)
"""Rows are written so long before they are taken up: the care calendar shows a month ahead."""
_SLACK = timedelta(days=40)
"""Working days, long holidays and unequal months between an event and its duty, generously."""
_MONTH = timedelta(days=31)
_POLICIES, _YEARS = "policy", "year"


@dataclass
class Ground:
    """What the rows of one chunk stand on. `anchor`: the last day swept to the end, `day` where there is none."""

    session: Session
    codes: list[str]
    day: date
    anchor: date
    rules: InForce
    calendar: CalendarSnapshot
    members: dict[str, Membership] = field(default_factory=dict)
    places: dict[tuple[Role, str], str] = field(default_factory=dict)

    def member(self, customer_no: str) -> Membership | None:
        """The membership whose term has begun."""
        row = self.members.get(customer_no)
        return row if row is not None and row.valid_from <= self.day else None

    def tier(self, customer_no: str) -> Tier:
        """层级 of a customer on the day."""
        row = self.member(customer_no)
        return row.tier if row else Tier.REGULAR

    def is_wanted(self, duty: Duty, found: DutyDay) -> bool:
        """Whether a duty is near enough to be written, and not older than the sweep looks back."""
        oldest = self.anchor - timedelta(days=duty.last_days)
        return found.lead_on <= self.day + AHEAD and found.due_on >= oldest

    def place(self, role: Role, institution_code: str) -> str:
        """The institution whose post does it: the customer's, or the nearest above that has one."""
        key = (role, institution_code)
        if key not in self.places:
            queue = queue_at(self.session, role, Role.BR_LEAD, institution_code)
            self.places[key] = queue.institution_code if queue.role is role else institution_code
        return self.places[key]


@dataclass(frozen=True)
class _Found:
    """A duty that a customer is owed."""

    duty: Duty
    day: DutyDay
    customer_no: str
    institution_code: str
    policy_no: str | None = None


def write_duties(session: Session, order: RecordOrder) -> SweepDone:
    """One chunk: policies that run out or lapsed first, then the yearly duties of customers."""
    ground = _ground(session, order)
    phase, _, after = (order.after or f"{_POLICIES}|").partition("|")
    found, behind = (
        _of_policies(ground, after, order.limit) if phase == _POLICIES else _of_years(ground, after, order.limit)
    )
    return SweepDone(after=behind, counts={"duties": _insert(ground, found, order)})


def _ground(session: Session, order: RecordOrder) -> Ground:
    found = rulebook_in_force(session, order.day)
    anchor = SweepStore(session).last_before(order.day, order.institution_code) or order.day
    calendar = snapshot(session, found.rulebook.working_time, order.day)
    return Ground(session, swept_with(session, order.institution_code), order.day, anchor, found, calendar)


def _of_policies(ground: Ground, after: str, limit: int) -> tuple[list[_Found], str]:
    duties = [duty for duty in ground.rules.rulebook.keeping.duties if duty.event != rules.YEAR]
    back = timedelta(days=max((duty.last_days for duty in duties), default=0))
    ahead = _MONTH * max((duty.months_before or 0 for duty in duties), default=0) + AHEAD + _SLACK
    span = (ground.anchor - back - _SLACK, ground.day + ahead)
    owed = SweepStore(ground.session).policies(ground.codes, *span, after, limit)
    ground.members = current_memberships(ground.session, {row.policy.customer_no for row in owed}, ground.day)
    found = [
        _Found(duty, day, row.policy.customer_no, row.institution_code, row.policy.policy_no)
        for row in owed
        for duty in duties
        if rules.is_for(duty, ground.tier(row.policy.customer_no))
        for day in rules.policy_days(duty, policy_dates(row.policy), ground.calendar, ground.day)
        if ground.is_wanted(duty, day) and not _is_too_late(duty, row.policy, ground.day)
    ]
    done = len(owed) < limit
    return found, f"{_YEARS}|" if done else f"{_POLICIES}|{owed[-1].policy.policy_no}"


def _is_too_late(duty: Duty, policy: Policy, day: date) -> bool:
    """A reminder before an end says nothing once the end is behind."""
    return duty.months_before is not None and policy.expires_on < day


def _of_years(ground: Ground, after: str, limit: int) -> tuple[list[_Found], str | None]:
    """Yearly duties of the years the sweep answers for: that of the last sweep to that of the rows written ahead."""
    years = range(ground.anchor.year, (ground.day + AHEAD).year + 1)
    duties = [
        (duty, year, day)
        for duty in ground.rules.rulebook.keeping.duties
        if duty.event == rules.YEAR
        for year in years
        for day in (rules.year_day(duty, year, ground.calendar),)
        if ground.is_wanted(duty, day)
    ]
    if not duties:
        return [], None
    first, last = date(duties[0][1], 1, 1), date(duties[-1][1], 12, 31)
    customers = SweepStore(ground.session).customers_in_force(ground.codes, first, last, after, limit)
    numbers = [row.customer_no for row in customers]
    ground.members = current_memberships(ground.session, numbers, ground.day)
    held = SweepStore(ground.session).policies_of(numbers)
    found = [
        _Found(duty, day, row.customer_no, row.institution_code)
        for row in customers
        for duty, year, day in duties
        if rules.is_for(duty, ground.tier(row.customer_no)) and covers(held.get(row.customer_no, []), year)
    ]
    return found, None if len(customers) < limit else f"{_YEARS}|{numbers[-1]}"


def _insert(ground: Ground, found: Sequence[_Found], order: RecordOrder) -> int:
    if not found:
        return 0
    store = SweepStore(ground.session)
    standing = store.keys({item.customer_no for item in found}, {item.day.key for item in found})
    rows = [_row(ground, item, order) for item in _missing(found, standing)]
    for row in rows:
        store.add(row)
    ground.session.flush()
    return len(rows)


def _missing(found: Sequence[_Found], standing: set[tuple[str, str]]) -> Iterator[_Found]:
    return (item for item in found if (item.customer_no, item.day.key) not in standing)


def _row(ground: Ground, item: _Found, order: RecordOrder) -> Touchpoint:
    member, duty = ground.member(item.customer_no), item.duty
    return Touchpoint(
        customer_no=item.customer_no,
        membership_id=member.id if member else None,
        institution_code=ground.place(duty.role, item.institution_code),
        key=item.day.key,
        code=duty.code,
        item=duty.item,
        article=duty.article,
        origin=TouchpointOrigin.DUTY,
        tier=ground.tier(item.customer_no),
        policy_no=item.policy_no,
        planned_on=item.day.planned_on,
        due_on=item.day.due_on,
        lead_on=item.day.lead_on,
        role=duty.role,
        assignee_id=_manager(member) if duty.role is Role.MGR else None,
        human=True,
        stage=Stage.PLANNED,
        rulebook_version_id=ground.rules.version.id,
        created_at=order.at,
        updated_at=order.at,
    )


def _manager(member: Membership | None) -> UUID | None:
    return member.manager_id if member else None
