"""Loading a job chunk by chunk: each chunk is one transaction, so a killed run carries on at the next row."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from models.database import Database
from models.encryption import keyring
from models.services import audit, jobs
from models.services.collection import without_collection
from models.services.importing.checking import Errand
from models.services.importing.kinds import LAYOUTS, BookKind
from models.services.importing.parsing import Row, parse_sheet, settle_repeats
from models.services.importing.reading import Part, read_sheet
from models.services.importing.receiving import CONTENT_CONTEXT
from models.services.importing.writing import Chunk, write_chunk
from models.services.jobs import JobLostError
from models.stores.institutions import InstitutionStore
from models.stores.jobs import JobStore
from models.stores.scope import Scope
from models.tables.jobs import ImportFile
from models.types import Door

CHUNK_ROWS = 500
Progress = Callable[[int], None]
COUNTERS = ("accepted", "changed", "unchanged", "rejected")


@dataclass(frozen=True)
class _Load:
    """Everything a run needs: parsing is repeated after a crash and gives the same rows in the same order."""

    errand: Errand
    files: list[tuple[ImportFile, list[Row]]]

    def chunks(self) -> Iterator[Chunk]:
        """What is not committed yet, in loading order."""
        for file, rows in self.files:
            for start in range(file.next_row, len(rows), CHUNK_ROWS):
                yield Chunk(file.id, file.name, BookKind(file.kind), start, rows[start : start + CHUNK_ROWS])


def run_import(database: Database, job_id: UUID, progress: Progress | None = None) -> None:
    """Load what is left of a claimed job and finish it; `progress` hears of rows done.

    Raises JobLostError when another worker has taken the job over; nothing is loaded twice then.
    """
    with database.read() as session, without_collection():
        load = _prepare(session, job_id)
    for chunk in load.chunks():
        with database.write() as session:
            write_chunk(session, load.errand, chunk, datetime.now(UTC))
        if progress:
            progress(len(chunk.rows))
    with database.write() as session:
        _finish(session, load.errand)


def _prepare(session: Session, job_id: UUID) -> _Load:
    job = jobs.get(session, job_id)
    scope = Scope(tuple(job.params["scope"]))
    errand = Errand(job_id, job.params["actor"], scope, job.params["manages_people"])
    files = [(file, _rows(file)) for file in JobStore(session).files(job_id)]
    for kind in BookKind:
        settle_repeats(LAYOUTS[kind], [(file.name, rows) for file, rows in files if file.kind == kind])
    return _Load(errand, files)


def _rows(file: ImportFile) -> list[Row]:
    if file.content is None:
        raise JobLostError(str(file.job_id))
    return parse_sheet(read_sheet(Part(file.name, keyring().open(file.content, CONTENT_CONTEXT))))


def _finish(session: Session, errand: Errand) -> None:
    files = JobStore(session).files(errand.job_id)
    totals = {name: sum(getattr(file, name) for file in files) for name in COUNTERS}
    jobs.finish(session, errand.job_id, totals)
    _belong_somewhere(session, errand.job_id)
    if totals["accepted"] or totals["changed"]:
        audit.append(
            session,
            actor=errand.actor,
            action="import.finished",
            object_kind="job",
            object_id=str(errand.job_id),
            door=Door.IMPORT,
            after=totals,
            request_id=str(errand.job_id),
        )


def _belong_somewhere(session: Session, job_id: UUID) -> None:
    """An import by command is head office's, so that somebody finds its report; before it there may be no tree."""
    job, head_office = jobs.get(session, job_id), InstitutionStore(session).head_office()
    if job.institution_code is None and head_office is not None:
        job.institution_code = head_office.code
        session.add(job)
