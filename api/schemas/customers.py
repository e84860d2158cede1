"""Answers about customers. Money is decimal text in yuan; contacts come masked."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from api.schemas.base import Answer, Body
from api.schemas.cases import CaseRowAnswer
from models.types import ContactKind, MembershipStage, SeatKind, Tier

Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class CustomerAnswer(Answer):
    """A customer: the term is the running one, else the next one; value of the newest evaluation."""

    customer_no: str
    name: str
    institution_code: str
    tier: Tier
    seat: SeatKind | None
    value: Decimal | None
    insured_years: int | None
    loss_ratio: Decimal | None
    rank: int | None
    valid_from: date | None
    valid_to: date | None


class TermAnswer(Answer):
    """会员期: both dates included."""

    tier: Tier
    seat: SeatKind
    certificate_no: str
    valid_from: date
    valid_to: date
    manager: str
    stage: MembershipStage
    buffer_until: date | None
    """降级缓冲期: last day of this tier's services, after a downgrade."""


class ContactAnswer(Answer):
    """重点服务对象, masked."""

    kind: ContactKind
    name: str
    title: str
    mobile: str | None
    email: str | None
    consent: bool


class CustomerDetailAnswer(CustomerAnswer):
    """One customer with term, contacts and cases."""

    industry: str
    employees: int
    insured_lives: int
    evaluation_year: int
    term: TermAnswer | None
    contacts: list[ContactAnswer]
    cases: list[CaseRowAnswer]


class CancelBody(Body):
    """取消 by a cause of the rulebook: `all_policies_ended`, `fraud`, `customer_wish`."""

    cause: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    reason: Reason


class DowngradeBody(Body):
    """降级 to a lower tier."""

    tier: Literal[Tier.SILVER, Tier.REGULAR]
    reason: Reason


class ManagerBody(Body):
    """客户经理更换: to whom, an account manager near the customer's institution, and why."""

    to: UUID
    reason: Reason


class MembershipAnswer(Answer):
    """Where the membership stands after the act."""

    membership_id: UUID
    stage: MembershipStage
    tier: Tier
    buffer_until: date | None
