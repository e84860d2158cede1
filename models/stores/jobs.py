"""Queries of jobs and of what an import leaves behind."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Update, and_, or_, update
from sqlmodel import Session, col, select

from models.stores.scope import Scope, scoped
from models.tables.jobs import ImportChange, ImportFile, ImportRejection, Job
from models.types import JobState

_NO_SYNC = {"synchronize_session": False}
UNFINISHED = (JobState.QUEUED, JobState.RUNNING)


class JobStore:
    """Jobs, their files and their reports; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, row: Job | ImportFile) -> None:
        """Insert a new job or one file of it."""
        self.session.add(row)
        self.session.flush()

    def get(self, job_id: UUID) -> Job | None:
        """A job, fresh from the table."""
        return self.session.get(Job, job_id, populate_existing=True)

    def next_free(self, lost_before: datetime, kinds: Sequence[str]) -> UUID | None:
        """The oldest job that waits, or whose worker has not been heard of since `lost_before`."""
        statement = select(Job.id).where(_free(lost_before), col(Job.kind).in_(kinds)).order_by(col(Job.created_at))
        return self.session.exec(statement.limit(1)).first()

    def claim(self, job_id: UUID, lost_before: datetime, now: datetime) -> bool:
        """Take a free job; False when another worker was faster."""
        job = Job.__table__.c  # type: ignore[attr-defined]
        change = (
            update(Job)
            .where(col(Job.id) == job_id, _free(lost_before))
            .values(state=JobState.RUNNING, heartbeat_at=now, attempts=job.attempts + 1)
        )
        if not self._changed(change):
            return False
        self.session.execute(
            update(Job).where(col(Job.id) == job_id, col(Job.started_at).is_(None)).values(started_at=now)
        )
        return True

    def progress(self, job_id: UUID, done: int, now: datetime) -> bool:
        """Add rows done and a sign of life; False when the job is no longer running."""
        running = (col(Job.id) == job_id, col(Job.state) == JobState.RUNNING)
        return self._changed(update(Job).where(*running).values(done=col(Job.done) + done, heartbeat_at=now))

    def finish(self, job_id: UUID, state: JobState, now: datetime, **values: Any) -> bool:
        """End a running job; False when it had ended already."""
        running = (col(Job.id) == job_id, col(Job.state).in_(UNFINISHED))
        return self._changed(update(Job).where(*running).values(state=state, finished_at=now, **values))

    def in_states(self, kind: str, states: Sequence[JobState]) -> list[Job]:
        """Jobs of a kind in one of these states, newest first."""
        statement = select(Job).where(Job.kind == kind, col(Job.state).in_(states))
        return list(self.session.exec(statement.order_by(col(Job.created_at).desc())))

    def newest_done(self, kind: str, limit: int) -> list[Job]:
        """The last jobs of a kind that ended well, newest first."""
        statement = select(Job).where(Job.kind == kind, Job.state == JobState.DONE)
        return list(self.session.exec(statement.order_by(col(Job.created_at).desc()).limit(limit)))

    def is_within(self, job_id: UUID, scope: Scope) -> bool:
        """Whether a job belongs to an institution in the scope; one without an institution only to all of them."""
        statement = scoped(select(Job.id).where(Job.id == job_id), Job.institution_code, scope)
        return self.session.exec(statement).first() is not None

    def recent(self, kind: str, scope: Scope, before: UUID | None, limit: int) -> list[Job]:
        """Jobs of a kind in the scope, newest first, below a cursor."""
        statement = scoped(select(Job).where(Job.kind == kind), Job.institution_code, scope)
        if before is not None:
            statement = statement.where(col(Job.id) < before)
        return list(self.session.exec(statement.order_by(col(Job.id).desc()).limit(limit)))

    def files(self, job_id: UUID) -> list[ImportFile]:
        """The files of an import in loading order."""
        statement = select(ImportFile).where(ImportFile.job_id == job_id).order_by(col(ImportFile.id))
        return list(self.session.exec(statement.execution_options(populate_existing=True)))

    def advance(self, file_id: UUID, start: int, counts: dict[str, int], end: int) -> bool:
        """Move a file from row `start` to `end`; False when another worker has moved it."""
        added = {name: getattr(ImportFile, name) + count for name, count in counts.items()}
        change = update(ImportFile).where(col(ImportFile.id) == file_id, col(ImportFile.next_row) == start)
        return self._changed(change.values(next_row=end, **added))

    def drop_contents(self, job_id: UUID) -> None:
        """Forget the uploaded bytes of a job that ended."""
        self.session.execute(update(ImportFile).where(col(ImportFile.job_id) == job_id).values(content=None))

    def add_report(self, lines: Sequence[ImportRejection | ImportChange]) -> None:
        """Add lines to the report of an import."""
        self.session.add_all(lines)
        self.session.flush()

    def rejections(self, job_id: UUID, after: UUID | None = None, limit: int | None = None) -> list[ImportRejection]:
        """Rows that were not loaded, in loading order."""
        statement = select(ImportRejection).where(ImportRejection.job_id == job_id)
        if after is not None:
            statement = statement.where(col(ImportRejection.id) > after)
        return list(self.session.exec(statement.order_by(col(ImportRejection.id)).limit(limit)))

    def changes(self, job_id: UUID, after: UUID | None = None, limit: int | None = None) -> list[ImportChange]:
        """Stored rows that were changed, in loading order."""
        statement = select(ImportChange).where(ImportChange.job_id == job_id)
        if after is not None:
            statement = statement.where(col(ImportChange.id) > after)
        return list(self.session.exec(statement.order_by(col(ImportChange.id)).limit(limit)))

    def _changed(self, statement: Update) -> bool:
        return cast("CursorResult[Any]", self.session.execute(statement, execution_options=_NO_SYNC)).rowcount > 0


def _free(lost_before: datetime) -> Any:
    lost = and_(col(Job.state) == JobState.RUNNING, col(Job.heartbeat_at) < lost_before)
    return or_(col(Job.state) == JobState.QUEUED, lost)
