"""Long-running work: create a job, claim it, tell progress, finish it; never commits.

A worker holds a job as long as its heartbeat is young. One that dies leaves the job running without a sign of life, and
the next worker takes it over; the work itself must carry on where the last committed step stopped.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.stores.jobs import JobStore
from models.tables.jobs import Job
from models.types import JobState

LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 5
GAVE_UP = "多次中断，已停止；请检查运行日志后重新提交"


class JobLostError(RuntimeError):
    """Another worker has taken the job over; whoever gets this must stop without touching it."""


def create(
    session: Session,
    kind: str,
    params: dict[str, Any],
    *,
    total: int = 0,
    created_by: UUID | None = None,
    institution_code: str | None = None,
) -> Job:
    """A new job that waits for a worker; `total` is its rows, `institution_code` whose it is."""
    job = Job(
        kind=kind,
        params=params,
        total=total,
        created_by=created_by,
        institution_code=institution_code,
        created_at=datetime.now(UTC),
    )
    JobStore(session).add(job)
    return job


def get(session: Session, job_id: UUID) -> Job:
    """A job. Raises NOT_FOUND."""
    job = JobStore(session).get(job_id)
    if job is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return job


def find_free(session: Session, kinds: Sequence[str]) -> UUID | None:
    """A job one could claim: waiting, or left by a worker that died."""
    return JobStore(session).next_free(datetime.now(UTC) - LEASE, kinds)


def claim(session: Session, job_id: UUID) -> bool:
    """Take a job for this worker; False when another has it or it was taken up too often and is ended here."""
    now = datetime.now(UTC)
    store = JobStore(session)
    if not store.claim(job_id, now - LEASE, now):
        return False
    if get(session, job_id).attempts <= MAX_ATTEMPTS:
        return True
    fail(session, job_id, GAVE_UP)
    return False


def take_over(session: Session, job_id: UUID) -> None:
    """Take a job whoever holds it; the holder finds out at its next step (JobLostError) and stops."""
    now = datetime.now(UTC)
    JobStore(session).claim(job_id, now + LEASE, now)


def progress(session: Session, job_id: UUID, done: int) -> None:
    """Count rows done and give a sign of life. Raises JobLostError."""
    if not JobStore(session).progress(job_id, done, datetime.now(UTC)):
        raise JobLostError(str(job_id))


def finish(session: Session, job_id: UUID, result: dict[str, Any]) -> None:
    """End a job with its result. Raises JobLostError when it has ended already."""
    store = JobStore(session)
    if not store.finish(job_id, JobState.DONE, datetime.now(UTC), result=result):
        raise JobLostError(str(job_id))
    store.drop_contents(job_id)


def fail(session: Session, job_id: UUID, error: str) -> None:
    """End a job as failed, with a sentence people can act on."""
    store = JobStore(session)
    store.finish(job_id, JobState.FAILED, datetime.now(UTC), error=error[:500])
    store.drop_contents(job_id)
