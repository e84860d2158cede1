"""What became of every row of an import."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.services import jobs
from models.services.importing.receiving import JOB_KIND
from models.stores.jobs import JobStore
from models.stores.scope import EVERYTHING, Scope
from models.tables.jobs import ImportChange, ImportFile, ImportRejection, Job
from models.types import JobState

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class ImportReport:
    """An import with its files, the rows that were not loaded and the stored rows that changed."""

    job: Job
    files: list[ImportFile]
    rejections: list[ImportRejection]
    changes: list[ImportChange]

    @property
    def nothing_new(self) -> bool:
        """Whether the import ended without writing a row of the book."""
        done = self.job.state is JobState.DONE
        return done and not any(file.accepted or file.changed for file in self.files)


def import_job(session: Session, job_id: UUID, scope: Scope = EVERYTHING) -> Job:
    """An import within the scope. Raises NOT_FOUND."""
    job = jobs.get(session, job_id)
    if job.kind != JOB_KIND or not JobStore(session).is_within(job.id, scope):
        raise DomainError(ErrorCode.NOT_FOUND)
    return job


def report_of(session: Session, job_id: UUID, scope: Scope = EVERYTHING, *, limit: int | None = None) -> ImportReport:
    """The report; at most `limit` rejections and changes. Raises NOT_FOUND."""
    job = import_job(session, job_id, scope)
    store = JobStore(session)
    return ImportReport(
        job,
        store.files(job.id),
        store.rejections(job.id, limit=limit),
        store.changes(job.id, limit=limit),
    )


def rejection_rows(rejections: Iterable[ImportRejection]) -> Iterator[tuple[str, ...]]:
    """Header and lines of the download; text that a spreadsheet would run as a formula is made harmless."""
    yield ("file 文件", "line 行", "column 列", "reason 原因")
    for row in rejections:
        yield (_harmless(row.file), str(row.line), _harmless(row.column), _harmless(row.reason))


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
