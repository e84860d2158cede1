"""Queries of gifts 礼品: what a person was given in a year, and the sign-offs 合规审批 of a touchpoint."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select as sql_select
from sqlmodel import Session, col, exists, func, select

from models.stores.spend import Reader, seen_by
from models.tables.book import Customer
from models.tables.care import GiftClearance, Touchpoint
from models.types import Stage


class Given(NamedTuple):
    """A gift of a touchpoint that is done, in yuan; `cleared`: a sign-off covers its value."""

    customer_no: str
    contact_id: UUID | None
    value: Decimal
    cleared: bool


class GiftStore:
    """Gifts of touchpoints that are done; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def hold(self, customer_no: str) -> None:
        """Let nobody else reckon this customer's gifts until the transaction ends."""
        self.session.exec(select(Customer.customer_no).where(Customer.customer_no == customer_no).with_for_update())

    def given(self, customer_no: str, contact_id: UUID | None, year: int, *, beside: UUID | None = None) -> Decimal:
        """Yuan given to the person in the calendar year; without a contact, to the unit. `beside` is left out."""
        statement = select(func.sum(Touchpoint.gift_value)).where(
            Touchpoint.customer_no == customer_no,
            Touchpoint.stage == Stage.DONE,
            col(Touchpoint.done_on).between(date(year, 1, 1), date(year, 12, 31)),
        )
        person = col(Touchpoint.contact_id)
        statement = statement.where(person.is_(None) if contact_id is None else person == contact_id)
        if beside is not None:
            statement = statement.where(Touchpoint.id != beside)
        return Decimal(self.session.exec(statement).one() or 0)

    def of_year(self, year: int, reader: Reader) -> list[Given]:
        """Every gift of a calendar year to customers that the reader sees, in the order they were given."""
        cleared = exists().where(
            col(GiftClearance.touchpoint_id) == col(Touchpoint.id),
            col(GiftClearance.cleared_at).is_not(None),
            col(GiftClearance.gift_value) >= col(Touchpoint.gift_value),
        )
        statement = (
            sql_select(col(Touchpoint.customer_no), col(Touchpoint.contact_id), col(Touchpoint.gift_value), cleared)
            .join(Customer, col(Customer.customer_no) == col(Touchpoint.customer_no))
            .where(
                seen_by(reader, Customer),
                col(Touchpoint.stage) == Stage.DONE,
                col(Touchpoint.done_on).between(date(year, 1, 1), date(year, 12, 31)),
                col(Touchpoint.gift_value) > 0,
            )
        )
        found = self.session.execute(statement.order_by(col(Touchpoint.done_on), col(Touchpoint.id)))
        return [Given(*row) for row in found]

    def clearance(self, case_id: UUID) -> GiftClearance | None:
        """The sign-off that a case asks for."""
        return self.session.get(GiftClearance, case_id)

    def clearances(self, touchpoint_id: UUID) -> list[GiftClearance]:
        """Every sign-off asked for a touchpoint, oldest first."""
        statement = select(GiftClearance).where(GiftClearance.touchpoint_id == touchpoint_id)
        return list(self.session.exec(statement.order_by(col(GiftClearance.case_id))))

    def add(self, row: GiftClearance) -> None:
        """Insert or change a sign-off."""
        self.session.add(row)
        self.session.flush()
