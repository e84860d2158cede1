"""Answers about imports."""

from datetime import datetime
from uuid import UUID

from api.schemas.base import Answer
from models.services.importing import ImportReport
from models.tables.jobs import Job
from models.types import JobState


class ImportFileAnswer(Answer):
    """One file or sheet with its rows: new, changed, as stored, refused."""

    name: str
    kind: str
    accepted: int
    changed: int
    unchanged: int
    rejected: int


class RejectionAnswer(Answer):
    """A row that was not loaded; `line` counts as a person sees it, the header is line 1."""

    file: str
    line: int
    column: str
    reason: str


class ChangeAnswer(Answer):
    """A stored row that the load changed; old and new values stand in the audit trail."""

    file: str
    line: int
    key: str
    columns: str


class ImportAnswer(Answer):
    """An import: `done` of `total` rows; `nothing_changed` once it ended without writing a row of the book."""

    import_id: UUID
    state: JobState
    done: int
    total: int
    created_at: datetime
    finished_at: datetime | None
    error: str | None


class ImportReportAnswer(ImportAnswer):
    """An import with what became of its rows; at most 200 refused and changed rows, all of them by their own lists."""

    nothing_changed: bool
    accepted: int
    changed: int
    unchanged: int
    rejected: int
    files: list[ImportFileAnswer]
    rejections: list[RejectionAnswer]
    changes: list[ChangeAnswer]


def import_answer(job: Job) -> ImportAnswer:
    """A job as JSON."""
    return ImportAnswer.model_validate(_facts(job))


def report_answer(report: ImportReport) -> ImportReportAnswer:
    """A report as JSON."""
    return ImportReportAnswer.model_validate(
        {
            **_facts(report.job),
            "nothing_changed": report.nothing_new,
            **{name: sum(getattr(file, name) for file in report.files) for name in COUNTERS},
            "files": report.files,
            "rejections": report.rejections,
            "changes": report.changes,
        }
    )


COUNTERS = ("accepted", "changed", "unchanged", "rejected")


def _facts(job: Job) -> dict[str, object]:
    names = ("state", "done", "total", "created_at", "finished_at", "error")
    return {"import_id": job.id, **{name: getattr(job, name) for name in names}}
