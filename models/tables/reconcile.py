"""What the comparison of records and engine 对账 found; the run itself is a job."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.ops_types import DriftKind
from models.tables.columns import enum_type, json_column, new_id


class Drift(SQLModel, table=True):
    """One difference that a run found. `sides`: by name of what differs, the record's value and the workflow's."""

    __tablename__ = "drift"
    __table_args__ = (Index("ix_drift_job", "job_id", "id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    job_id: UUID = Field(foreign_key="job.id")
    kind: DriftKind = Field(sa_type=enum_type(DriftKind))
    workflow_id: str = Field(max_length=128)
    case_id: UUID | None = None
    """None for a run without a record; no foreign key, for what is compared may be gone."""
    task_id: UUID | None = None
    sides: dict[str, Any] = Field(sa_column=json_column())
    found_at: datetime
    repaired_at: datetime | None = None
