"""Batches of printed forms: the sheets on their way, and the file they end as; both hold personal data."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from models.tables.columns import encrypted


class BatchSheet(SQLModel, table=True):
    """One sheet of a batch: which record it prints, and its words once they were read; gone when the batch ends."""

    __tablename__ = "batch_sheet"

    job_id: UUID = Field(primary_key=True, foreign_key="job.id")
    position: int = Field(primary_key=True)
    number: int
    """附件 of the record."""
    form_id: UUID
    content: str | None = Field(default=None, sa_column=encrypted("batch_sheet.content"))


class BatchFile(SQLModel, table=True):
    """What a batch ended as: a PDF, or a ZIP of several; sealed, and deleted when it expires."""

    __tablename__ = "batch_file"

    job_id: UUID = Field(primary_key=True, foreign_key="job.id")
    name: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    sheets: int
    content: bytes = Field(sa_type=LargeBinary)
    created_at: datetime
    expires_at: datetime = Field(index=True)
