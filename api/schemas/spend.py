"""Answers about service spend 服务投入, 附件七. Money is decimal text in yuan."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.base import Answer, Body
from models.service_types import SpendKind, SpendState
from models.types import InstitutionLevel, Stage, Tier


class OverLimitBody(Body):
    """报超限审批: up to which total of the year, and why."""

    total: Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class AccountAnswer(Answer):
    """Plan, additions, reserve, actual: left = planned + extra - reserved - committed."""

    planned: Decimal
    extra: Decimal
    reserved: Decimal
    committed: Decimal
    left: Decimal


class InstitutionSpendAnswer(AccountAnswer):
    """Added up by owning institution."""

    institution_code: str
    name: str


class ItemSpendAnswer(AccountAnswer):
    """Added up by item of the catalogue."""

    code: str
    name_zh: str
    name_en: str


class CustomerSpendAnswer(AccountAnswer):
    """One customer's year against its limit; `over` is what it is above limit and approval."""

    customer_no: str
    name: str
    institution_code: str
    tier: Tier
    value: Decimal
    standard_premium: Decimal
    persons: int
    share: Decimal | None
    """Plan / standard premium."""
    limit: Decimal
    approved_total: Decimal | None
    over: Decimal
    deviation: Decimal
    state: SpendState


class SpendReportAnswer(Answer):
    """A year within the reader's institutions: totals are those of every customer, `items` one page of them."""

    year: int
    total: AccountAnswer
    over_limit: int
    by_institution: list[InstitutionSpendAnswer]
    by_item: list[ItemSpendAnswer]
    items: list[CustomerSpendAnswer]
    next_cursor: str | None


class SpendLineAnswer(ItemSpendAnswer):
    """One line of 附件七 with what became of it; null where something was spent beside the estimate."""

    persons: int | None
    frequency: int | None
    unit_cost: Decimal | None
    payer: InstitutionLevel | None


class SpendEntryAnswer(Answer):
    """One entry of the ledger, and the touchpoint it is about."""

    touchpoint_id: UUID
    code: str
    kind: SpendKind
    yuan: Decimal
    day: date
    at: datetime
    stage: Stage
    extra: bool


class SpendDetailAnswer(CustomerSpendAnswer):
    """One customer's year, line by line, down to the ledger."""

    year: int
    first_on: date
    last_on: date
    approved_by: str | None
    approved_at: datetime | None
    case_id: UUID | None
    lines: list[SpendLineAnswer]
    entries: list[SpendEntryAnswer]


class BenefitAnswer(Answer):
    """Gifts to one person in a calendar year against the cap; a null contact is the unit as a whole."""

    customer_no: str
    customer: str
    contact_id: UUID | None
    contact: str
    gifts: int
    largest: Decimal
    given: Decimal
    cap: Decimal
    left: Decimal
    signed_off: int
    """Gifts above a cap that were signed off 合规审批."""
    unsigned: int
    """Gifts above the cap a time without a sign-off: there should be none."""
