"""Satisfaction survey 满意度调查 (附件六): campaigns, whom they ask, and the sheets that came back."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Numeric, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.service_types import SurveyChannel, SurveyStage
from models.tables.columns import encrypted, enum_type, json_column, new_id
from models.types import ContactKind, Tier


class SurveyCampaign(SQLModel, table=True):
    """One campaign as people read it; once it is open, the workflow `survey/{id}` is the authority on its stages."""

    __tablename__ = "survey_campaign"
    __table_args__ = (Index("ix_survey_campaign_list", "created_at", "id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    workflow_id: str = Field(unique=True, max_length=128)
    title: str = Field(max_length=100)
    period: str = Field(index=True, max_length=16)
    """调查期间: `2026`, `2026-H1` or `2026-Q1`."""
    tiers: list[str] = Field(sa_column=json_column())
    """Values of `Tier`: members of these are asked."""
    institution_code: str = Field(foreign_key="institution.code", index=True, max_length=32)
    """Customers of this institution and of everything below it are asked."""
    stage: SurveyStage = Field(sa_type=enum_type(SurveyStage))
    version: int = 1
    closes_on: date
    """The day asked for; `closes_at` is the close of that day, or of the working day after it."""
    closes_at: datetime | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    published_at: datetime | None = None
    reminded_at: datetime | None = None
    rulebook_version_id: UUID | None = Field(default=None, foreign_key="rulebook_version.id")
    """The version in force at the opening: its questions are asked, its weights count."""
    created_by: UUID = Field(foreign_key="account.id")
    created_at: datetime
    state: dict[str, Any] | None = Field(default=None, sa_column=json_column(nullable=True))


class SurveyInvitation(SQLModel, table=True):
    """One respondent of a campaign with its one-use link, of which only the hash is stored.

    A message that was claimed without having been sent was broken off: whether it arrived nobody knows.
    """

    __tablename__ = "survey_invitation"
    __table_args__ = (
        UniqueConstraint("campaign_id", "key"),
        Index("ix_survey_invitation_list", "campaign_id", "customer_no", "id"),
        Index("ix_survey_invitation_customer", "customer_no", "invited_on"),
        Index("ix_survey_invitation_day", "invited_on", "institution_code"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    campaign_id: UUID = Field(foreign_key="survey_campaign.id")
    customer_no: str = Field(foreign_key="customer.customer_no", max_length=32)
    institution_code: str = Field(index=True, max_length=32)
    """The customer's own institution at the opening."""
    tier: Tier = Field(sa_type=enum_type(Tier))
    certificate_no: str = Field(default="", max_length=64)
    key: str = Field(max_length=64)
    """Contact id, or the customer number where the customer as a whole is asked."""
    contact_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    respondent: ContactKind | None = Field(default=None, sa_type=enum_type(ContactKind))
    channel: SurveyChannel = Field(sa_type=enum_type(SurveyChannel))
    """`mail` where the person agreed and has an address, else `qr`: the sheet is handed over."""
    token_hash: str = Field(unique=True, max_length=64)
    invited_on: date
    claimed_at: datetime | None = None
    sent_at: datetime | None = None
    reminder_claimed_at: datetime | None = None
    reminded_at: datetime | None = None
    answered_at: datetime | None = None


class SurveySheet(SQLModel, table=True):
    """附件六 as it was answered: one per invitation, never changed."""

    __tablename__ = "survey_sheet"
    __table_args__ = (
        Index("ix_survey_sheet_list", "campaign_id", "answered_at", "id"),
        Index("ix_survey_sheet_customer", "customer_no", "answered_on"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    invitation_id: UUID = Field(foreign_key="survey_invitation.id", unique=True)
    campaign_id: UUID = Field(foreign_key="survey_campaign.id")
    customer_no: str = Field(foreign_key="customer.customer_no", max_length=32)
    institution_code: str = Field(index=True, max_length=32)
    tier: Tier = Field(sa_type=enum_type(Tier))
    channel: SurveyChannel = Field(sa_type=enum_type(SurveyChannel))
    answered_at: datetime
    """When it was recorded."""
    answered_on: date
    """Business date of the answer; of a paper sheet the day written on it."""
    answers: dict[str, Any] = Field(sa_column=json_column())
    """By question number: 5-1 or `not_applicable`, a choice, or 0-10. Unanswered questions are absent."""
    improvement: str = Field(default="", sa_column=encrypted("survey_sheet.improvement"))
    """最需改进之处: what the respondent wrote."""
    score: Decimal | None = Field(default=None, sa_type=Numeric(6, 2))
    """0-100, two decimals; None when no weighted question was answered."""
    answered: int
    """How many of the weighted questions were answered."""
    is_valid: bool
    nps: int | None = None
    low: bool = False
    """Whether it asks for a follow-up."""
    follow_up_id: UUID | None = Field(default=None, foreign_key="touchpoint.id", index=True)
    entered_by: UUID | None = Field(default=None, foreign_key="account.id")
    """Who entered a paper sheet; None for an answer by link."""
