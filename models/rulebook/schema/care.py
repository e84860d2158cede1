"""Care, gifts and personal data, regulation 2.6; amounts in yuan."""

from typing import Annotated

from pydantic import Field

from models.rulebook.schema.common import Count, MonthDay, NamedEntry, NonNegative, Section, Text
from models.types import Role


class Festival(NamedEntry):
    """节日 of the festival greeting: a lunar or solar month and day."""

    code: Text
    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]
    lunar: bool


class GiftCap(Section):
    """礼品限额; above it a compliance sign-off 合规审批 is needed."""

    per_time: NonNegative
    per_person_and_year: NonNegative
    signoff_role: Role


class PersonalData(Section):
    """个人信息: consent and purpose, masking, and deletion after the VIP status ended."""

    consent_required: bool
    masked_by_default: bool
    deletion_after_years: Count


class Care(Section):
    """Rules around the daily-care items."""

    gift_cap: GiftCap
    personal_data: PersonalData
    festivals: Annotated[tuple[Festival, ...], Field(min_length=1)]
    leap_day_birthday: MonthDay = MonthDay("02-28")
    """When a birthday on 29 February is kept in a common year."""
