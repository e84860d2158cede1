"""Facts of a quarterly summary 附件二: who was a VIP in a span of days, what was owed to each, done and spent."""

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from models.rules.calendar import ONE_DAY, instant, local_date
from models.rules.quarter import Promise, Spent, Vip
from models.service_types import ComplaintSheet
from models.stores.service_counts import COMPLAINT_CODE, INQUIRY_CODE
from models.tables.book import Customer
from models.tables.care import Touchpoint
from models.tables.cases import Case, Membership
from models.tables.organisation import Account
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.types import Outcome, Stage, Tier

_NOT_DUE = (Stage.SKIPPED, Stage.CANCELLED)
"""Dropped by somebody with a reason, or fallen away: neither is owed."""


class QuarterFactsStore:
    """Reads the records of customers from `first` to `last`, both included."""

    def __init__(self, session: Session, first: date, last: date) -> None:
        self.session = session
        self._first, self._last = first, last

    def vips(self, codes: Collection[str]) -> list[Vip]:
        """Customers of these institutions with a membership in the span; of several the latest term, gold first."""
        ended = col(Membership.ended_on)
        statement = (
            select(Membership, Customer.name, Account.name)
            .join(Customer, col(Customer.customer_no) == Membership.customer_no)
            .join(Account, col(Account.id) == Membership.manager_id)
            .where(
                col(Membership.institution_code).in_(codes),
                Membership.valid_from <= self._last,
                Membership.valid_to >= self._first,
                or_(ended.is_(None), ended >= self._first),
            )
            .order_by(col(Membership.valid_from), col(Membership.created_at))
        )
        found: dict[str, tuple[Membership, Vip]] = {}
        for member, name, manager in self.session.exec(statement):
            held = found.get(member.customer_no)
            if held is None or held[0].valid_from < member.valid_from or held[0].tier is not Tier.GOLD:
                vip = Vip(member.customer_no, name, member.certificate_no, member.tier, manager)
                found[member.customer_no] = (member, vip)
        return [vip for _, vip in found.values()]

    def promises(self, numbers: Collection[str]) -> list[Promise]:
        """Everything owed to these customers that may belong to the span."""
        return [*self._care(numbers), *self._green_channel(numbers), *self._complaints(numbers)]

    def spent(self, numbers: Collection[str]) -> list[Spent]:
        """What touchpoints cost that were done in the span: the service itself and the gift with it."""
        rows = self.session.exec(
            select(Touchpoint).where(
                col(Touchpoint.customer_no).in_(numbers),
                Touchpoint.stage == Stage.DONE,
                col(Touchpoint.done_on).between(self._first, self._last),
            )
        )
        return [
            Spent(row.customer_no, row.done_on, (row.cost or Decimal(0)) + (row.gift_value or Decimal(0)))
            for row in rows
            if row.done_on is not None and (row.cost or row.gift_value)
        ]

    def _care(self, numbers: Collection[str]) -> Iterator[Promise]:
        statement = select(Touchpoint).where(
            col(Touchpoint.customer_no).in_(numbers),
            col(Touchpoint.due_on).between(self._first, self._last),
            col(Touchpoint.stage).not_in(_NOT_DUE),
        )
        for row in self.session.exec(statement):
            done_on = row.done_on if row.stage is Stage.DONE else None
            yield Promise(row.customer_no, row.code, "care", row.due_on, done_on, row.in_time if done_on else None)

    def _green_channel(self, numbers: Collection[str]) -> Iterator[Promise]:
        row = GreenChannelRecord
        touched = or_(self._within(row.received_at), self._within(row.due_at), self._within(row.finished_at))
        statement = select(row, Case.outcome).join(Case, col(Case.id) == row.case_id)
        for record, outcome in self.session.exec(statement.where(col(row.customer_no).in_(numbers), touched)):
            if outcome is Outcome.TERMINATED or (record.finished_at is None and outcome is Outcome.CANCELLED):
                continue
            yield Promise(
                record.customer_no,
                record.code,
                "green_channel",
                local_date(record.due_at),
                local_date(record.finished_at) if record.finished_at else None,
                record.in_time,
                local_date(record.received_at),
            )

    def _complaints(self, numbers: Collection[str]) -> Iterator[Promise]:
        row = ComplaintRecord
        due = or_(self._within(row.close_due_at), self._within(row.reply_due_at))
        touched = or_(self._within(row.received_at), self._within(row.closed_at), due)
        for record in self.session.exec(select(row).where(col(row.customer_no).in_(numbers), touched)):
            inquiry = record.sheet is ComplaintSheet.INQUIRY
            late = record.reply_in_time is False or record.closed_in_time is False
            yield Promise(
                record.customer_no,
                INQUIRY_CODE if inquiry else COMPLAINT_CODE,
                "inquiry" if inquiry else "complaint",
                local_date(record.close_due_at or record.reply_due_at),
                local_date(record.closed_at) if record.closed_at else None,
                not late if record.closed_at else None,
                local_date(record.received_at),
                record.justified,
            )

    def _within(self, column: Any) -> ColumnElement[bool]:
        first, after = instant(self._first), instant(self._last + ONE_DAY)
        return and_(col(column) >= first, col(column) < after)
