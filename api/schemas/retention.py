"""Bodies and answers of retention 留存."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from api.schemas.base import Answer, Body
from models.retention_types import RecordClass
from models.types import Source

Reason = Annotated[str, StringConstraints(max_length=500)]


class HoldBody(Body):
    """冻结 of a customer or of a case: exactly one of them, with its reason."""

    customer_no: Annotated[str, StringConstraints(max_length=32)] | None = None
    case_id: UUID | None = None
    reason: Reason


class LiftBody(Body):
    """解除冻结."""

    reason: Reason


class HoldAnswer(Answer):
    """A hold; `lifted_at` is null while it stands."""

    hold_id: UUID
    customer_no: str | None
    case_id: UUID | None
    reason: str
    placed_by: str
    placed_at: datetime
    lifted_at: datetime | None


class ClassAnswer(Answer):
    """A class of record: its term, and what would go today. `days` null: kept for good."""

    record_class: RecordClass
    days: int | None
    article: str | None
    source: Source | None
    kept_from: date | None
    rows: int
    oldest: datetime | None
    last_deleted: int | None
    last_run_at: datetime | None
    broken_off: bool
    """Whether the last deletion did not come to its end: the next one carries it on."""


class RetentionAnswer(Answer):
    """What would go, and the holds that stand, the newest first."""

    classes: list[ClassAnswer]
    holds: list[HoldAnswer]
