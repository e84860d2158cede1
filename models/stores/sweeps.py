"""Queries of the sweep 巡检: what is due in one branch, each in the order of an index and in chunks behind a position.

The rows that wait are read through `ix_touchpoint_lead`, one institution at a time: what lies ahead, what is done and
what has its case costs a sweep nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, bindparam, or_, tuple_, update
from sqlmodel import Session, col, exists, func, select

from models.service_types import GreenService
from models.stores.memberships import OVER, moves_on
from models.stores.spend_ledger import SpendLedger
from models.tables.book import Contact, Customer, Policy
from models.tables.care import CarePlan, MembershipContact, Touchpoint
from models.tables.cases import Case, Membership
from models.tables.messages import Notification
from models.tables.organisation import Account, Institution
from models.tables.service import ComplaintRecord, DutySweep, GreenChannelRecord
from models.types import PolicyStatus, Stage

WAITING = (Stage.PLANNED, Stage.RESCHEDULED, Stage.HUSHED)
"""Stages of a touchpoint that nobody has taken up yet."""
_ENDED = (Stage.CLOSED, Stage.CANCELLED)

# Literal, not parameters: a planner cannot prove of a parameter that it is one of the stages of the partial index.
_WAITS: BindParameter[list[str]] = bindparam(
    "waiting_stages", [stage.value for stage in WAITING], expanding=True, literal_execute=True
)


class Place(NamedTuple):
    """A position among waiting rows: institution, and the last row read there."""

    institution_code: str
    lead_on: date | None = None
    touchpoint_id: UUID | None = None

    def __str__(self) -> str:
        """As it travels."""
        return f"{self.institution_code}|{self.lead_on or ''}|{self.touchpoint_id or ''}"

    @classmethod
    def parse(cls, text: str) -> "Place":
        """The position that a text stands for."""
        code, lead_on, row = text.split("|")
        return cls(code, date.fromisoformat(lead_on) if lead_on else None, UUID(row) if row else None)


class Owed(NamedTuple):
    """A policy with the customer it belongs to."""

    policy: Policy
    institution_code: str


class SweepStore:
    """What sweeps ask of the records, and their own rows."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, day: date, institution_code: str) -> DutySweep | None:
        """The sweep of a branch and day."""
        return self.session.get(DutySweep, (day, institution_code))

    def add(self, row: DutySweep | Touchpoint) -> None:
        """Insert or change a row."""
        self.session.add(row)

    def finished_on(self, day: date) -> set[str]:
        """Branches whose sweep of the day is finished."""
        done = (DutySweep.day == day, col(DutySweep.finished_at).is_not(None))
        return set(self.session.exec(select(DutySweep.institution_code).where(*done)))

    def first_day(self) -> date | None:
        """The day on which the programme went live: that of its first sweep."""
        return self.session.exec(select(func.min(DutySweep.day))).one()

    def last_before(self, day: date, institution_code: str) -> date | None:
        """The last earlier day on which the branch was swept to the end."""
        done = (DutySweep.institution_code == institution_code, col(DutySweep.finished_at).is_not(None))
        return self.session.exec(select(func.max(DutySweep.day)).where(*done, col(DutySweep.day) < day)).one()

    def institutions(self) -> Sequence[Institution]:
        """Every institution in the order of the tree."""
        return self.session.exec(select(Institution).order_by(col(Institution.path))).all()

    def waiting(self, place: Place, day: date, limit: int, *, human: bool | None = None) -> list[Touchpoint]:
        """Rows of one institution that are to be taken up by a day and have no case, behind a position."""
        statement = select(Touchpoint).where(
            Touchpoint.institution_code == place.institution_code, Touchpoint.lead_on <= day, *_waits()
        )
        if place.lead_on is not None and place.touchpoint_id is not None:
            behind = tuple_(col(Touchpoint.lead_on), col(Touchpoint.id)) > (place.lead_on, place.touchpoint_id)
            # The planner enters the index by the plain bound; the pair alone would read the institution from its start.
            statement = statement.where(col(Touchpoint.lead_on) >= place.lead_on, behind)
        if human is not None:
            statement = statement.where(col(Touchpoint.human).is_(human))
        return list(self.session.exec(statement.order_by(col(Touchpoint.lead_on), col(Touchpoint.id)).limit(limit)))

    def touchpoints(self, ids: Collection[UUID]) -> dict[UUID, Touchpoint]:
        """Touchpoints by id."""
        return {row.id: row for row in self.session.exec(select(Touchpoint).where(col(Touchpoint.id).in_(ids)))}

    def close_sent(self, changes: Sequence[dict[str, Any]]) -> None:
        """Close rows whose message is out, each unless somebody else closed it meanwhile. `row_id` names the row."""
        if not changes:
            return
        stage, withheld = col(Touchpoint.stage), col(Touchpoint.withheld)
        still = or_(
            or_(*(stage == item for item in WAITING)) & col(Touchpoint.case_id).is_(None), withheld == "unconfirmed"
        )
        columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in changes[0] if name != "row_id"}
        statement = update(Touchpoint.__table__).where(col(Touchpoint.id) == bindparam("row_id"), still)  # type: ignore[attr-defined]
        values = [{name if name == "row_id" else f"new_{name}": item for name, item in row.items()} for row in changes]
        self.session.flush()
        self.session.connection().execute(statement.values(columns), values)
        SpendLedger(self.session).follow(self._as_written([row["row_id"] for row in changes]))

    def _as_written(self, ids: Collection[UUID]) -> Sequence[Touchpoint]:
        """Rows as the database has them now, whatever the session remembers."""
        statement = select(Touchpoint).where(col(Touchpoint.id).in_(ids))
        return self.session.exec(statement.execution_options(populate_existing=True)).all()

    def claims(self, keys: Collection[str]) -> dict[str, Notification]:
        """Messages by the key under which they were claimed."""
        found = self.session.exec(select(Notification).where(col(Notification.dedupe_key).in_(keys)))
        return {note.dedupe_key: note for note in found}

    def managers(self, ids: Collection[UUID]) -> dict[UUID, str]:
        """Names of people by account."""
        return dict(self.session.exec(select(Account.id, Account.name).where(col(Account.id).in_(ids))).all())

    def keys(self, customers: Collection[str], keys: Collection[str]) -> set[tuple[str, str]]:
        """Which of these keys of customers stand already."""
        statement = select(Touchpoint.customer_no, Touchpoint.key).where(
            col(Touchpoint.customer_no).in_(customers), col(Touchpoint.key).in_(keys)
        )
        return set(self.session.exec(statement))

    def policies(self, codes: Sequence[str], since: date, until: date, after: str, limit: int) -> list[Owed]:
        """Policies of customers of these institutions that run out in a span of days, or lapsed; by number."""
        statement = (
            select(Policy, Customer.institution_code)
            .join(Customer, col(Customer.customer_no) == col(Policy.customer_no))
            .where(
                col(Customer.institution_code).in_(codes),
                col(Policy.policy_no) > after,
                col(Policy.expires_on).between(since, until) | (col(Policy.status) == PolicyStatus.LAPSED),
            )
        )
        return [Owed(*row) for row in self.session.exec(statement.order_by(Policy.policy_no).limit(limit))]

    def customers_in_force(
        self, codes: Sequence[str], first: date, last: date, after: str, limit: int
    ) -> list[Customer]:
        """Customers with a policy in force in a span of days, by number."""
        covered = exists().where(
            col(Policy.customer_no) == col(Customer.customer_no),
            col(Policy.status).in_((PolicyStatus.IN_FORCE, PolicyStatus.EXPIRED)),
            col(Policy.effective_on) <= last,
            col(Policy.expires_on) >= first,
            or_(col(Policy.ended_on).is_(None), col(Policy.ended_on) >= first),
        )
        statement = select(Customer).where(
            col(Customer.institution_code).in_(codes), col(Customer.customer_no) > after, covered
        )
        return list(self.session.exec(statement.order_by(Customer.customer_no).limit(limit)))

    def policies_named(self, numbers: Collection[str]) -> dict[str, Policy]:
        """Policies by number."""
        return {
            row.policy_no: row for row in self.session.exec(select(Policy).where(col(Policy.policy_no).in_(numbers)))
        }

    def unplanned(self, codes: Sequence[str], day: date, after: UUID | None, limit: int) -> list[Membership]:
        """Memberships that are not over and were never planned, by id."""
        statement = select(Membership).where(
            col(Membership.institution_code).in_(codes),
            Membership.valid_to >= day,
            col(Membership.stage).not_in(OVER),
            ~exists().where(col(CarePlan.membership_id) == col(Membership.id)),
        )
        if after is not None:
            statement = statement.where(col(Membership.id) > after)
        return list(self.session.exec(statement.order_by(col(Membership.id)).limit(limit)))

    def memberships_due(self, codes: Sequence[str], day: date, after: UUID | None, limit: int) -> list[Membership]:
        """Memberships that the day moves to another stage, by id."""
        statement = select(Membership).where(col(Membership.institution_code).in_(codes), moves_on(day))
        if after is not None:
            statement = statement.where(col(Membership.id) > after)
        return list(self.session.exec(statement.order_by(col(Membership.id)).limit(limit)))

    def running(self, codes: Sequence[str], day: date, after: UUID | None, limit: int) -> list[Membership]:
        """Memberships that are not over, by id."""
        statement = select(Membership).where(
            col(Membership.institution_code).in_(codes),
            Membership.valid_to >= day,
            col(Membership.stage).not_in(OVER),
        )
        if after is not None:
            statement = statement.where(col(Membership.id) > after)
        return list(self.session.exec(statement.order_by(col(Membership.id)).limit(limit)))

    def members(self, ids: Collection[UUID]) -> dict[UUID, Membership]:
        """Memberships by id."""
        return {row.id: row for row in self.session.exec(select(Membership).where(col(Membership.id).in_(ids)))}

    def customers(self, numbers: Collection[str]) -> dict[str, Customer]:
        """Customers by number."""
        found = self.session.exec(select(Customer).where(col(Customer.customer_no).in_(numbers)))
        return {row.customer_no: row for row in found}

    def policies_of(self, numbers: Collection[str]) -> dict[str, list[Policy]]:
        """Policies of customers, by customer."""
        found: dict[str, list[Policy]] = {}
        for row in self.session.exec(select(Policy).where(col(Policy.customer_no).in_(numbers))):
            found.setdefault(row.customer_no, []).append(row)
        return found

    def contacts(self, ids: Collection[UUID]) -> dict[UUID, Contact]:
        """Contacts by id."""
        return {row.id: row for row in self.session.exec(select(Contact).where(col(Contact.id).in_(ids)))}

    def served(self, membership_ids: Collection[UUID]) -> dict[UUID, list[Contact]]:
        """Who is served under memberships now, by membership: 重点服务对象 of article 16."""
        statement = (
            select(MembershipContact.membership_id, Contact)
            .join(Contact, col(Contact.id) == col(MembershipContact.contact_id))
            .where(col(MembershipContact.membership_id).in_(membership_ids), col(MembershipContact.until).is_(None))
        )
        found: dict[UUID, list[Contact]] = {}
        for membership_id, contact in self.session.exec(statement.order_by(col(Contact.id))):
            found.setdefault(membership_id, []).append(contact)
        return found

    def open_complaints(self, numbers: Collection[str]) -> list[ComplaintRecord]:
        """Complaints of customers that are not closed, oldest first."""
        statement = (
            select(ComplaintRecord)
            .join(Case, col(Case.id) == col(ComplaintRecord.case_id))
            .where(col(ComplaintRecord.customer_no).in_(numbers), col(Case.stage).not_in(_ENDED))
        )
        return list(self.session.exec(statement.order_by(col(ComplaintRecord.received_at))))

    def cases(self, ids: Collection[UUID]) -> dict[UUID, Case]:
        """Cases by id."""
        return {row.id: row for row in self.session.exec(select(Case).where(col(Case.id).in_(ids)))}

    def of_case(self, case_id: UUID) -> list[Touchpoint]:
        """Touchpoints that a case is done for."""
        return list(self.session.exec(select(Touchpoint).where(Touchpoint.case_id == case_id)))

    def request(self, service: GreenService, reference_no: str, since: datetime) -> Case | None:
        """The newest request on the green channel for a reference that was received since and not cancelled."""
        statement = (
            select(Case)
            .join(GreenChannelRecord, col(GreenChannelRecord.case_id) == col(Case.id))
            .where(
                GreenChannelRecord.service == service,
                GreenChannelRecord.reference_no == reference_no,
                GreenChannelRecord.received_at >= since,
                col(Case.stage) != Stage.CANCELLED,
            )
        )
        return self.session.exec(statement.order_by(col(GreenChannelRecord.received_at).desc())).first()

    def withdraw(self, row: Notification) -> None:
        """Forget the claim of a message that did not leave."""
        self.session.delete(row)

    def commit_rows(self, rows: Iterable[Touchpoint], at: datetime) -> None:
        """Keep changes of rows, with when they were made."""
        for row in rows:
            row.updated_at = at
            self.session.add(row)


def _waits() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The condition of the partial index."""
    return col(Touchpoint.stage).in_(_WAITS), col(Touchpoint.case_id).is_(None)
