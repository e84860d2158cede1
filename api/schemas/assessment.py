"""Bodies and answers about assessments 考核 and duties 岗位职责. Points and values are decimal text."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.base import Answer, Body, PageAnswer
from api.schemas.evaluations import Reason
from models.messages.assessment import IndicatorState
from models.service_types import AssessmentCause, FactKind
from models.types import Outcome, Role, Tier

Code = Annotated[str, StringConstraints(min_length=1, max_length=32)]


class ConfirmBody(Body):
    """Which version is confirmed: the newest one."""

    version: Annotated[int, Field(ge=1)]


class VetoBody(Body):
    """一票否决 by the code of the rulebook, with the case it rests on."""

    code: Code
    case_id: UUID
    reason: Reason
    evidence: Reason


class AssessmentAppealBody(Body):
    """申诉 about an indicator or `deduction`: the value it should have."""

    item: Code
    asked: Decimal
    reason: Reason


class IndicatorAnswer(Answer):
    """One indicator; `good` of `of` facts, listed under `facts_url`."""

    code: str
    name: str
    state: IndicatorState
    base_weight: Decimal
    weight: Decimal
    actual: Decimal | None
    target: Decimal | None
    points: Decimal
    corrected: bool
    good: Decimal
    of: int
    facts_url: str


class AssessmentLineAnswer(Answer):
    """One branch of a year. Without a version it is reckoned from the records at this moment."""

    institution_code: str
    name: str
    total: Decimal | None
    grade: str | None
    version: int | None
    confirmed_at: datetime | None


class AssessmentYearAnswer(Answer):
    """Every branch within the caller's institutions, best first."""

    year: int
    items: list[AssessmentLineAnswer]


class VersionAnswer(Answer):
    """One kept version."""

    period: str
    version: int
    cause: AssessmentCause
    reason: str
    total: Decimal | None
    grade: str | None
    digest: str
    reckoned_at: datetime
    confirmed_at: datetime | None
    confirmed_by_name: str | None
    appeals_until: datetime | None
    case_id: UUID | None


class VetoAnswer(Answer):
    """A veto, withdrawn or not."""

    veto_id: UUID
    code: str
    case_id: UUID
    reason: str
    evidence: str
    recorded_by_name: str
    recorded_at: datetime
    withdrawn_by_name: str | None
    withdrawn_at: datetime | None
    withdrawn_reason: str


class AppealRowAnswer(Answer):
    """An appeal with what it asks for and what came of it."""

    case_id: UUID
    item: str
    old: Decimal
    new: Decimal
    outcome: Outcome | None


class AssessmentBranchAnswer(AssessmentLineAnswer):
    """One branch with everything its total stands on."""

    indicators: list[IndicatorAnswer]
    justified_complaints: int
    deduction: Decimal
    vetoes: list[VetoAnswer]
    versions: list[VersionAnswer]
    quarters: list[VersionAnswer]
    appeals: list[AppealRowAnswer]
    appealable: list[str]


class FactAnswer(Answer):
    """One fact: the record, and whether it counts as kept; `url` is its page."""

    kind: FactKind
    ref: str
    customer_no: str | None
    institution_code: str
    tier: Tier | None
    on: date
    good: bool
    value: Decimal | None
    url: str | None


class FactsAnswer(PageAnswer[FactAnswer]):
    """A page of the facts behind a figure."""


class DutyAnswer(Answer):
    """One duty of a post in a month; `due` and `done` are null where the system keeps no record of it."""

    role: Role
    number: int
    text: str
    article: str
    due: int | None
    done: int | None
    facts_url: str | None


class DutiesAnswer(Answer):
    """Duties of the posts asked for."""

    month: str
    items: list[DutyAnswer]
