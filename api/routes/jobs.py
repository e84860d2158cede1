"""`/jobs/{job_id}`: how far an import or an evaluation is."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from api.deps import Action, Caller, DatabaseDep, require
from api.schemas.evaluations import JobAnswer
from models.errors import DomainError, ErrorCode
from models.stores.jobs import JobStore
from models.tables.jobs import Job

router = APIRouter(prefix="/jobs", tags=["imports"])


def job_fields(job: Job) -> dict[str, object]:
    """A job as JSON."""
    return {**job.model_dump(include=set(JobAnswer.model_fields) - {"job_id"}), "job_id": job.id}


@router.get("/{job_id}")
def read_job(job_id: UUID, database: DatabaseDep, caller: Annotated[Caller, require(Action.READ_IMPORTS)]) -> JobAnswer:
    """A job of the caller's institutions."""
    with database.read() as session:
        store = JobStore(session)
        job = store.get(job_id) if store.is_within(job_id, caller.scope(Action.READ_IMPORTS)) else None
    if job is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return JobAnswer.model_validate(job_fields(job))
