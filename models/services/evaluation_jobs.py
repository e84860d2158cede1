"""评定 as a job that the worker picks up: created by head office, run in one transaction with its end."""

from datetime import UTC, date, datetime
from uuid import UUID

from sqlmodel import Session

from models.database import Database
from models.services import jobs
from models.services.evaluation import By, evaluate, refuse_frozen
from models.services.rulebooks import rulebook_in_force
from models.stores.evaluations import EvaluationStore
from models.stores.jobs import UNFINISHED, JobStore
from models.tables.jobs import Job
from models.types import Door, JobState

JOB_KIND = "evaluation"


def start(session: Session, year: int, *, account_id: UUID, institution_code: str, door: Door) -> Job:
    """A waiting evaluation of the year; one that has not ended yet is that one. Raises EVALUATION_FROZEN."""
    refuse_frozen(EvaluationStore(session).get(year))
    running = unfinished(session, year)
    if running is not None:
        return running
    return jobs.create(
        session,
        JOB_KIND,
        {"year": year, "actor": str(account_id), "door": door.value},
        created_by=account_id,
        institution_code=institution_code,
    )


def unfinished(session: Session, year: int) -> Job | None:
    """The evaluation of the year that waits or runs."""
    return _newest(session, year, *UNFINISHED)


def last_failure(session: Session, year: int) -> Job | None:
    """The newest evaluation of the year, if it failed."""
    newest = _newest(session, year, *JobState)
    return newest if newest is not None and newest.state is JobState.FAILED else None


def run_evaluation(database: Database, job_id: UUID) -> None:
    """Compute the list of a claimed job and finish it, in one transaction: a killed run leaves the old list.

    Raises EVALUATION_FROZEN when the year was frozen since, JobLostError when another worker took the job over.
    """
    with database.write() as session:
        job = jobs.get(session, job_id)
        year = int(job.params["year"])
        rules = rulebook_in_force(session, date(year, 12, 31))
        by = By(job.params["actor"], Door(job.params["door"]), datetime.now(UTC))
        rows = evaluate(session, year, rules.rulebook, rulebook_version_id=rules.version.id, by=by).rows
        jobs.progress(session, job_id, len(rows))
        jobs.finish(session, job_id, {"year": year, "customers": len(rows)})


def _newest(session: Session, year: int, *states: JobState) -> Job | None:
    found = JobStore(session).in_states(JOB_KIND, states)
    return next((job for job in found if job.params["year"] == year), None)
