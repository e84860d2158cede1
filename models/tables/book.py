"""The book: customers, key contacts, policies and yearly experience, as imported."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import LargeBinary, Numeric, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.tables.columns import enum_type, new_id, personal
from models.types import BirthdayCalendar, ContactKind, PayMode, PolicyStatus, ProductClass


class Customer(SQLModel, table=True):
    """团险客户, article 4. `flags` holds CustomerFlag values separated by `;`."""

    customer_no: str = Field(primary_key=True, max_length=32)
    name: str = Field(index=True, max_length=200)
    institution_code: str = Field(foreign_key="institution.code", index=True, max_length=32)
    industry: str = Field(max_length=100)
    employees: int
    insured_lives: int
    uscc: str | None = Field(default=None, max_length=18)
    flags: str = Field(default="", max_length=100)
    overdue_days: int = 0


class Contact(SQLModel, table=True):
    """重点服务对象, article 16. Personal data is sealed under the contact's own key (`PersonKey`), of which nobody who
    reads or writes a `Contact` need know; `name_index` finds a contact again by name."""

    __table_args__ = (UniqueConstraint("customer_no", "kind", "name_index"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    customer_no: str = Field(foreign_key="customer.customer_no", index=True, max_length=32)
    kind: ContactKind = Field(sa_type=enum_type(ContactKind))
    name: str = Field(sa_column=personal("contact.name", person="id", nullable=False))
    name_index: str = Field(max_length=64)
    title: str = Field(default="", max_length=100)
    gender: str = Field(default="", max_length=16)
    birthday: str | None = Field(default=None, sa_column=personal("contact.birthday", person="id"))
    birthday_calendar: BirthdayCalendar = Field(
        default=BirthdayCalendar.SOLAR,
        sa_type=enum_type(BirthdayCalendar),
    )
    mobile: str | None = Field(default=None, sa_column=personal("contact.mobile", person="id"))
    email: str | None = Field(default=None, sa_column=personal("contact.email", person="id"))
    consent: bool = False
    left_on: date | None = None
    """The person left the unit: from then on nothing is planned for it, and nothing is sent."""


class PersonKey(SQLModel, table=True):
    """The key of one contact, wrapped by the ring. Without its row the person is erased 已删除, for good."""

    __tablename__ = "person_key"

    contact_id: UUID = Field(primary_key=True, foreign_key="contact.id")
    sealed_key: bytes = Field(sa_type=LargeBinary)


class Policy(SQLModel, table=True):
    """保单. Both dates are inclusive calendar dates."""

    policy_no: str = Field(primary_key=True, max_length=64)
    customer_no: str = Field(foreign_key="customer.customer_no", index=True, max_length=32)
    product_class: ProductClass = Field(sa_type=enum_type(ProductClass))
    pay_mode: PayMode = Field(sa_type=enum_type(PayMode))
    pay_term_years: int
    effective_on: date
    expires_on: date
    status: PolicyStatus = Field(sa_type=enum_type(PolicyStatus))
    ended_on: date | None = None


class Experience(SQLModel, table=True):
    """经验数据 of one policy and year, in yuan. `late_correction_at` marks a row that came after the freeze."""

    policy_no: str = Field(primary_key=True, foreign_key="policy.policy_no", max_length=64)
    year: int = Field(primary_key=True, index=True)
    premium_received: Decimal = Field(sa_type=Numeric(18, 2))
    earned_premium: Decimal = Field(sa_type=Numeric(18, 2))
    incurred_claims: Decimal = Field(sa_type=Numeric(18, 2))
    late_correction_at: datetime | None = None
