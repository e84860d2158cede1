"""Bodies and answers of operations 运行监控."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints

from api.schemas.base import Answer, Body
from models.ops_types import DriftKind
from models.types import JobState

Reason = Annotated[str, StringConstraints(max_length=500)]


class ReconcileBody(Body):
    """立即核对. `repair`: mend what is found too."""

    repair: bool = False
    reason: Reason = ""


class RunAnswer(Answer):
    """One run of the comparison. `moving`: cases that were being worked on; `unanswered`: runs that told no state."""

    run_id: UUID
    state: JobState
    repair: bool
    by: str
    done: int
    total: int
    compared: int
    drifted: int
    repaired: int
    moving: int
    unanswered: int
    error: str | None
    created_at: datetime
    finished_at: datetime | None


class DriftAnswer(Answer):
    """One difference: by name of what differs, `[record, engine]`."""

    drift_id: UUID
    kind: DriftKind
    workflow_id: str
    case_id: UUID | None
    task_id: UUID | None
    sides: dict[str, Any]
    found_at: datetime
    repaired_at: datetime | None


class DriftPageAnswer(Answer):
    """The last run, null before the first one, and what it found."""

    run: RunAnswer | None
    items: list[DriftAnswer]
    next_cursor: str | None = None
