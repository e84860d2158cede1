"""The job runner: takes waiting jobs one after another, and those whose worker died."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError

from models.database import Database
from models.errors import DomainError
from models.services import evaluation_jobs, importing, jobs
from models.services.jobs import JobLostError

Handler = Callable[[Database, UUID], None]
HANDLERS: Mapping[str, Handler] = {
    importing.JOB_KIND: importing.run_import,
    evaluation_jobs.JOB_KIND: evaluation_jobs.run_evaluation,
}
"""What does the work of each kind of job: it runs a claimed job to its end and finishes it."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class JobRunner:
    """Runs jobs in the calling thread; the worker calls `run_pending` about once a second."""

    database: Database
    handlers: Mapping[str, Handler] = field(default_factory=lambda: HANDLERS)

    def run_pending(self) -> int:
        """Run every job that can be claimed; gives how many were taken up."""
        taken = 0
        try:
            while (job_id := self._claim()) is not None:
                taken += 1
                self._run(job_id)
        except OperationalError:
            # The records are away: the worker's workflows wait for them too, and so do the jobs.
            _log.warning("records unavailable, jobs wait")
        return taken

    def _claim(self) -> UUID | None:
        """The next job, held by this worker. Looks without a write lock first: most of the time there is none."""
        kinds = list(self.handlers)
        with self.database.read() as session:
            job_id = jobs.find_free(session, kinds)
        while job_id is not None:
            with self.database.write() as session:
                if jobs.claim(session, job_id):
                    return job_id
                job_id = jobs.find_free(session, kinds)
        return None

    def _run(self, job_id: UUID) -> None:
        """One job. Whatever goes wrong must not end the worker; the job is taken up again when its lease is over."""
        with self.database.read() as session:
            kind = jobs.get(session, job_id).kind
        try:
            self.handlers[kind](self.database, job_id)
        except JobLostError:
            _log.warning("job taken over by another worker", job_id=str(job_id))
        except DomainError as error:
            with self.database.write() as session:
                jobs.fail(session, job_id, str(error.context.get("reason") or error))
        except Exception:  # noqa: BLE001 - logged; the lease brings the job back, and MAX_ATTEMPTS ends it
            _log.exception("job broken off", job_id=str(job_id), kind=kind)
