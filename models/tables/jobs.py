"""Long-running work as rows: the worker picks a job up, reports progress, and carries on after a crash."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.tables.columns import enum_type, json_column, new_id
from models.types import JobState


class Job(SQLModel, table=True):
    """An import or an evaluation. `done`/`total` are rows; `result` is what the caller reads at the end.

    `attempts` counts the times a worker took the job up, so that one that kills its worker ends as failed.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str = Field(index=True, max_length=32)
    state: JobState = Field(default=JobState.QUEUED, sa_type=enum_type(JobState), index=True)
    params: dict[str, Any] = Field(sa_column=json_column())
    result: dict[str, Any] | None = Field(default=None, sa_column=json_column(nullable=True))
    done: int = 0
    total: int = 0
    attempts: int = 0
    error: str | None = Field(default=None, max_length=500)
    created_by: UUID | None = Field(default=None, foreign_key="account.id")
    institution_code: str | None = Field(default=None, max_length=32)
    created_at: datetime
    started_at: datetime | None = None
    heartbeat_at: datetime | None = None
    finished_at: datetime | None = None


class ImportFile(SQLModel, table=True):
    """One uploaded file (or sheet) of an import job, sealed and kept until the job ends.

    `digest` tells the file from another; `next_row` is the first row not yet committed (0: the one below the header).
    """

    __tablename__ = "import_file"
    __table_args__ = (UniqueConstraint("job_id", "name"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    job_id: UUID = Field(foreign_key="job.id", index=True)
    name: str = Field(max_length=200)
    kind: str = Field(default="", max_length=32)
    digest: str = Field(max_length=64)
    content: bytes | None = Field(default=None, sa_type=LargeBinary)
    next_row: int = 0
    accepted: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0


class ImportRejection(SQLModel, table=True):
    """A row that was not loaded: where it stands and why; `column` is the first one at fault."""

    __tablename__ = "import_rejection"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    job_id: UUID = Field(foreign_key="job.id", index=True)
    file: str = Field(max_length=200)
    line: int
    column: str = Field(max_length=64)
    reason: str = Field(max_length=300)


class ImportChange(SQLModel, table=True):
    """A stored row that a load changed; old and new values stand in the audit trail under the job's id."""

    __tablename__ = "import_change"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    job_id: UUID = Field(foreign_key="job.id", index=True)
    file: str = Field(max_length=200)
    line: int
    key: str = Field(max_length=150)
    columns: str = Field(max_length=300)
