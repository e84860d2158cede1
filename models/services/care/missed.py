"""What the sweep does to a row that waits: the verdict of the rules, written down and told (错过处理 included)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from models.messages.calendar import CalendarSnapshot
from models.rulebook import Rulebook
from models.rules.care.reasons import PlanReason, because
from models.rules.duties import Treatment, treatment
from models.rules.touchpoint_day import Standing, Verdict, What, Why, judge
from models.service_types import TouchpointOrigin
from models.services import audit
from models.services.calendars import snapshot
from models.services.care.hush import Hushes
from models.services.care.telling import tell_responsible
from models.services.duties.owed import is_owed
from models.services.rulebooks import rulebook_in_force, rulebook_of
from models.stores.memberships import current_memberships
from models.stores.sweeps import SweepStore
from models.tables.book import Contact, Customer, Policy
from models.tables.care import Touchpoint
from models.tables.cases import Membership
from models.types import SYSTEM_SCHEDULE, Door, Stage, Tier


@dataclass
class Around:
    """Everything that verdicts on a chunk of rows ask of the records, read at once."""

    session: Session
    day: date
    customers: dict[str, Customer]
    contacts: dict[UUID, Contact]
    served: dict[UUID, list[Contact]]
    members: dict[str, Membership]
    policies: dict[str, Policy]
    carriers: dict[UUID, Touchpoint]
    hushes: Hushes
    rules: Rulebook
    _books: dict[UUID, Rulebook] = field(default_factory=dict)
    _treatments: dict[tuple[UUID | None, str, str], Treatment] = field(default_factory=dict)
    _calendar: CalendarSnapshot | None = None

    @classmethod
    def of(cls, session: Session, rows: list[Touchpoint], day: date) -> "Around":
        """Of these rows on a day."""
        store, numbers = SweepStore(session), {row.customer_no for row in rows}
        return cls(
            session,
            day,
            store.customers(numbers),
            store.contacts({row.contact_id for row in rows if row.contact_id}),
            store.served({row.membership_id for row in rows if row.membership_id and not row.contact_id}),
            current_memberships(session, numbers, day),
            store.policies_named({row.policy_no for row in rows if row.policy_no}),
            store.touchpoints({row.merged_into for row in rows if row.merged_into}),
            Hushes(session, numbers),
            rulebook_in_force(session, day).rulebook,
        )

    def book(self, row: Touchpoint) -> Rulebook:
        """The rulebook a row was planned by."""
        if row.rulebook_version_id is None:
            return self.rules
        if row.rulebook_version_id not in self._books:
            self._books[row.rulebook_version_id] = rulebook_of(self.session, row.rulebook_version_id).rulebook
        return self._books[row.rulebook_version_id]

    def treatment(self, row: Touchpoint) -> Treatment:
        """How the row's kind is treated, by the rulebook it was planned by."""
        key = (row.rulebook_version_id, row.code, row.item)
        if key not in self._treatments:
            self._treatments[key] = treatment(self.book(row).keeping, row.code, row.item)
        return self._treatments[key]

    def recipients(self, row: Touchpoint) -> list[Contact]:
        """Whom it is for: its contact, else whoever is served under the membership; none that left."""
        found = [self.contacts[row.contact_id]] if row.contact_id in self.contacts else []
        if row.contact_id is None and row.membership_id is not None:
            found = self.served.get(row.membership_id, [])
        return [contact for contact in found if contact.left_on is None or contact.left_on > self.day]

    def judge(self, row: Touchpoint) -> Verdict:
        """The verdict on one row."""
        return judge(self._standing(row), self.treatment(row), self.day)

    def _standing(self, row: Touchpoint) -> Standing:
        carrier = self.carriers.get(row.merged_into) if row.merged_into else None
        people = self.recipients(row)
        return Standing(
            due_on=row.due_on,
            human=row.human,
            withheld=row.withheld,
            owed=row.origin is not TouchpointOrigin.DUTY or self._is_owed(row),
            contact_left=row.contact_id is not None and not people,
            consents=not people or any(contact.consent for contact in people),
            complaint=self.hushes.by(row.customer_no, row.contact_id),
            carrier=carrier.stage if carrier else None,
        )

    def _is_owed(self, row: Touchpoint) -> bool:
        duties = self.book(row).keeping.duties
        duty = next((item for item in duties if (item.code, item.item) == (row.code, row.item)), None)
        member = self.members.get(row.customer_no)
        tier = member.tier if member is not None and member.valid_from <= self.day else Tier.REGULAR
        if self._calendar is None:
            self._calendar = snapshot(self.session, self.rules.working_time, self.day)
        policy = self.policies.get(row.policy_no) if row.policy_no else None
        return duty is not None and is_owed(row, duty, tier, policy, self._calendar)


def apply(around: Around, row: Touchpoint, at: datetime) -> str | None:
    """Write the verdict on one row down; gives the name under which it counts, None when nothing changed."""
    verdict = around.judge(row)
    if verdict.loose:
        row.merged_into = None
    match verdict.what:
        case What.WAIT:
            return None
        case What.FOLLOW:
            return _follow(row, around.carriers[row.merged_into], at) if row.merged_into else None
        case What.GO:
            return _go(row)
        case What.HUSH:
            return _hush(row, around.hushes.by(row.customer_no, row.contact_id))
        case What.WITHHOLD:
            return _withhold(row, verdict.why)
        case _:
            return _end(around, row, verdict, at)


def _follow(row: Touchpoint, carrier: Touchpoint, at: datetime) -> str:
    row.stage, row.done_on, row.done_at = Stage.DONE, carrier.done_on, carrier.done_at or at
    row.done_by, row.done_by_name = carrier.done_by, carrier.done_by_name
    row.in_time = carrier.done_on is not None and carrier.done_on <= row.due_on
    return "followed"


def _go(row: Touchpoint) -> str | None:
    was_hushed, withheld = row.stage is Stage.HUSHED, row.withheld == Why.CONSENT_MISSING
    if was_hushed:  # only a rescheduled row waits with a reason
        row.stage, row.hushed_by = Stage.RESCHEDULED if row.reason else Stage.PLANNED, None
    if withheld:
        row.withheld = None
    return "unhushed" if was_hushed else "released" if withheld else None


def _hush(row: Touchpoint, complaint: UUID | None) -> str | None:
    if row.stage is Stage.HUSHED and row.hushed_by == complaint:
        return None
    row.stage, row.hushed_by = Stage.HUSHED, complaint
    return "hushed"


def _withhold(row: Touchpoint, why: Why | None) -> str | None:
    if why is None or row.withheld == why:
        return None
    row.withheld = why.value
    return "withheld"


def _end(around: Around, row: Touchpoint, verdict: Verdict, at: datetime) -> str:
    stages = {What.SKIP: Stage.SKIPPED, What.ASK: Stage.MISSED, What.CANCEL: Stage.CANCELLED}
    names = {What.SKIP: "skipped", What.ASK: "asked", What.CANCEL: "cancelled"}
    end(around.session, row, stages[verdict.what], verdict.why or Why.MISSED, at)
    if verdict.what is What.ASK:
        tell_responsible(around.session, row, around.book(row), "touchpoint_missed", at)
    return names[verdict.what]


def end(session: Session, row: Touchpoint, stage: Stage, why: Why, at: datetime) -> None:
    """Nothing more is done about a row by itself: its stage, its reason, and the audit trail."""
    row.stage, row.reason, row.hushed_by = stage, because(PlanReason.SWEPT, why.value), None
    row.updated_at = at
    if why in {Why.CONTACT_LEFT, Why.UNCONFIRMED}:
        row.withheld = why.value
    audit.append(
        session,
        actor=SYSTEM_SCHEDULE,
        action=f"touchpoint.{stage.value}",
        object_kind="touchpoint",
        object_id=str(row.id),
        door=Door.SYSTEM,
        after={"stage": stage.value, "why": why.value, "due_on": row.due_on.isoformat()},
        at=at,
    )
