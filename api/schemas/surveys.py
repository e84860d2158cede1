"""Bodies and answers of survey campaigns 满意度调查. Scores are 0-100 as decimal text, rates are ratios."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.base import Answer, Body
from api.schemas.cases import Version
from models.service_types import SurveyChannel, SurveyStage
from models.types import ContactKind, Tier

Title = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Period = Annotated[str, StringConstraints(pattern=r"^20\d{2}(-(H[12]|Q[1-4]))?$")]
Code = Annotated[str, StringConstraints(min_length=1, max_length=32)]
Reason = Annotated[str, StringConstraints(max_length=500)]
Typed = Annotated[str, StringConstraints(max_length=20_000)] | int
"""One answer: 5-1 or `not_applicable`, the code of a choice, 0-10, or what was written."""


class SurveyBody(Body):
    """A campaign to draft: whom it asks, about which period (`2026`, `2026-H1`, `2026-Q1`), until which day."""

    title: Title
    period: Period
    tiers: Annotated[list[Tier], Field(min_length=1, max_length=3)]
    institution_code: Code
    closes_on: date


class SurveyEditBody(SurveyBody):
    """The draft as it is to be, in place of the one that was seen."""

    version: Version


class SurveyMoveBody(Body):
    """发放, 提前截止, 发布 or 删除草稿 of the campaign as it was seen; closing early asks for a reason."""

    version: Version
    reason: Reason = ""


class ExtendBody(SurveyMoveBody):
    """延期 to a later day, with a reason."""

    closes_on: date


class SheetBody(Body):
    """附件六 as it was answered: by question number. `improvement` is what should be mended most."""

    answers: Annotated[dict[Annotated[str, StringConstraints(max_length=4)], Typed], Field(max_length=50)]
    improvement: Annotated[str, StringConstraints(max_length=20_000)] = ""


class PaperBody(SheetBody):
    """录入纸质: the sheet of an invitation, with the day written on it."""

    invitation_id: UUID
    answered_on: date | None = None


class GroupAnswer(Answer):
    """Some respondents together; `mean` null: fewer valid sheets than say anything (`small`)."""

    key: str
    name: str
    sent: int
    returned: int
    return_rate: Decimal | None
    valid: int
    mean: Decimal | None
    small: bool


class QuestionAnswer(Answer):
    """One question of the scale over the valid sheets; `counts` by answer, empty where there are too few sheets."""

    number: int
    name: str
    weight: Decimal | None
    answered: int
    mean: Decimal | None
    counts: dict[str, int]


class SurveyRowAnswer(Answer):
    """A campaign in a list, with what it came to within the reader's institutions."""

    survey_id: UUID
    title: str
    period: str
    tiers: list[Tier]
    institution_code: str
    stage: SurveyStage
    version: int
    closes_on: date
    closes_at: datetime | None
    opened_at: datetime | None
    closed_at: datetime | None
    published_at: datetime | None
    sent: int
    returned: int
    return_rate: Decimal | None
    valid: int
    mean: Decimal | None
    low: int


class SurveyAnswer(SurveyRowAnswer):
    """One campaign with its results."""

    nps: Decimal | None
    unconfirmed: int
    by_question: list[QuestionAnswer]
    renewal: dict[str, int]
    by_branch: list[GroupAnswer]
    by_tier: list[GroupAnswer]
    trend: list[GroupAnswer]


class InvitationAnswer(Answer):
    """Somebody who has not answered yet; the contact is masked."""

    invitation_id: UUID
    customer_no: str
    customer_name: str
    respondent: ContactKind | None
    contact: str
    channel: SurveyChannel
    sent_at: datetime | None
    reminded_at: datetime | None


class SheetAnswer(Answer):
    """A sheet with its score; `follow_up_id` is the touchpoint that it opened."""

    sheet_id: UUID
    survey_id: UUID
    customer_no: str
    tier: Tier
    channel: SurveyChannel
    answered_on: date
    answers: dict[str, int | str]
    score: Decimal | None
    answered: int
    is_valid: bool
    nps: int | None
    low: bool
    follow_up_id: UUID | None


class LowAnswer(SheetAnswer):
    """A sheet that asks for a follow-up, with where that stands."""

    customer_name: str
    follow_up_stage: str | None
    follow_up_due_on: date | None


class AnsweredAnswer(Answer):
    """What a respondent is told: that it was received, or that it had been before."""

    received: bool
    repeated: bool


class AskedChoice(Answer):
    """One answer there is to a question."""

    value: str
    name: str


class AskedQuestion(Answer):
    """One question as it is asked."""

    number: int
    kind: str
    name: str
    choices: list[AskedChoice]


class AskedAnswer(Answer):
    """附件六 as a respondent gets it."""

    title: str
    period: str
    customer: str
    closes_at: datetime
    questions: list[AskedQuestion]
