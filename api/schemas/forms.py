"""Bodies and answers of batches of printed forms."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.base import Answer, Body
from models.types import JobState


class BatchBody(Body):
    """A quarter of a branch; `full` with its reason: personal data in clear."""

    institution_code: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    year: Annotated[int, Field(ge=1990, le=2100)]
    quarter: Annotated[int, Field(ge=1, le=4)]
    full: bool = False
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


class BatchAnswer(Answer):
    """How far a batch is; `kept_until` is set while its file can be fetched at `/forms/batches/{job_id}/file`."""

    job_id: UUID
    state: JobState
    institution_code: str
    year: int
    quarter: int
    full: bool
    done: int
    total: int
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    kept_until: datetime | None
