"""Uploads -> a job: every file is checked and recognised before anything is stored."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models.encryption import keyring
from models.errors import DomainError
from models.services import jobs
from models.services.importing.kinds import BookKind
from models.services.importing.reading import Part, Sheet, read_sheet, split
from models.stores.jobs import JobStore
from models.stores.scope import EVERYTHING, Scope
from models.tables.jobs import ImportFile, Job
from models.types import SYSTEM_IMPORT, JobState

JOB_KIND = "import"
CONTENT_CONTEXT = b"import_file.content"
_ORDER = list(BookKind)


@dataclass(frozen=True)
class Upload:
    """A file as it came in; `name` is what the person called it."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Readable:
    """A part that can be loaded, and what is in it."""

    part: Part
    sheet: Sheet

    @property
    def digest(self) -> str:
        """Tells the content from another."""
        return hashlib.sha256(self.part.content).hexdigest()


@dataclass(frozen=True)
class Received:
    """Parts that can be loaded, in loading order, and the refusals of the files that cannot be read."""

    readable: tuple[Readable, ...]
    refused: tuple[DomainError, ...]


@dataclass(frozen=True)
class Sender:
    """Who loads: the account (None on the command line), its institution, its reach and its power over posts."""

    account_id: UUID | None = None
    institution_code: str | None = None
    scope: Scope = EVERYTHING
    manages_people: bool = True

    def params(self) -> dict[str, Any]:
        """As a job stores it."""
        return {
            "actor": str(self.account_id) if self.account_id else SYSTEM_IMPORT,
            "scope": list(self.scope.paths),
            "manages_people": self.manages_people,
        }


def receive(uploads: Iterable[Upload], limit: int) -> Received:
    """Check and recognise files of at most `limit` bytes each. Touches no database; may take a second."""
    readable: list[Readable] = []
    refused: list[DomainError] = []
    taken: set[str] = set()
    for upload in uploads:
        try:
            found = [Readable(part, read_sheet(part)) for part in split(upload.name, upload.data, limit)]
        except DomainError as error:
            refused.append(error)
            continue
        readable += [_renamed(item, taken) for item in found]
    readable.sort(key=lambda item: _ORDER.index(item.sheet.layout.kind))
    return Received(tuple(readable), tuple(refused))


def _renamed(item: Readable, taken: set[str]) -> Readable:
    """Two files of one name are told apart by a number."""
    name, number = item.part.name[-180:], 1
    while name in taken:
        number += 1
        name = f"{item.part.name[-180:]} ({number})"
    taken.add(name)
    return Readable(Part(name, item.part.content), item.sheet)


def create_job(session: Session, received: Sequence[Readable], sender: Sender) -> Job:
    """A waiting import job with its files, which are kept sealed until it ends."""
    total = sum(len(item.sheet.rows) for item in received)
    job = jobs.create(
        session,
        JOB_KIND,
        sender.params(),
        total=total,
        created_by=sender.account_id,
        institution_code=sender.institution_code,
    )
    for item in received:
        JobStore(session).add(
            ImportFile(
                job_id=job.id,
                name=item.part.name,
                kind=item.sheet.layout.kind.value,
                digest=item.digest,
                content=keyring().seal(item.part.content, CONTENT_CONTEXT),
            )
        )
    return job


def find_job(session: Session, received: Sequence[Readable], sender: Sender, *states: JobState) -> Job | None:
    """The newest import of exactly these files by the same sender that is in one of `states`."""
    store = JobStore(session)
    wanted = [(item.part.name, item.digest) for item in received]
    for job in store.in_states(JOB_KIND, states):
        if job.params == sender.params() and [(file.name, file.digest) for file in store.files(job.id)] == wanted:
            return job
    return None
