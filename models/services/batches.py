"""批量打印: a quarter of a branch as one file, made by a job: asked for, sheet by sheet, kept for a while, fetched.

What is read into a sheet, and how a file is set from the sheets, is given by whoever draws forms; here stand who may
have what, progress, and what a worker that died had done already. Never commits.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models.encryption import keyring
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.rules.care.periods import add_months
from models.services import audit, jobs
from models.services.by import By
from models.services.rulebooks import rulebook_in_force
from models.stores.batches import BatchStore, Period
from models.stores.institutions import InstitutionStore
from models.stores.jobs import JobStore
from models.stores.scope import Scope
from models.tables.batches import BatchFile, BatchSheet
from models.tables.jobs import Job

JOB_KIND = "form_batch"
CONTENT_CONTEXT = b"batch_file|content"
MONTHS = 3


@dataclass(frozen=True)
class Wanted:
    """Which quarter of which branch, in which language; `full`: personal data in clear, with a reason."""

    institution_code: str
    year: int
    quarter: int
    full: bool = False
    reason: str = ""
    language: str = "zh"

    @property
    def days(self) -> tuple[date, date]:
        """First day of the quarter, and first day after it."""
        first = date(self.year, MONTHS * (self.quarter - 1) + 1, 1)
        return first, add_months(first, MONTHS)


@dataclass(frozen=True)
class Sender:
    """Who asks: the account, its name as it stands on every sheet, and the door."""

    account_id: UUID
    name: str
    by: By


@dataclass(frozen=True)
class Made:
    """A file set from sheets."""

    name: str
    media_type: str
    content: bytes


def create(session: Session, wanted: Wanted, scope: Scope, sender: Sender) -> Job:
    """A batch that waits for the worker, with its sheets chosen now, so that it stays what was asked for.

    Raises NOT_FOUND outside the scope, REASON_REQUIRED for a full one without a reason, INVALID_INPUT for a quarter
    of which nothing is to be printed.
    """
    place = InstitutionStore(session).get(wanted.institution_code, scope)
    if place is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    if wanted.full and not wanted.reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    store = BatchStore(session)
    store.drop_expired(datetime.now(UTC))
    chosen = list(store.records(Period(Scope((place.path,)), *wanted.days)))
    if not chosen:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "quarter", "reason": "nothing_to_print"}])
    job = jobs.create(
        session,
        JOB_KIND,
        _params(wanted, sender),
        total=len(chosen),
        created_by=sender.account_id,
        institution_code=place.code,
    )
    for position, record in enumerate(chosen, start=1):
        store.add(BatchSheet(job_id=job.id, position=position, number=record.number, form_id=record.form_id))
    _audit(session, job, "forms.exported", sender, {"sheets": len(chosen), "full": wanted.full})
    return job


def _params(wanted: Wanted, sender: Sender) -> dict[str, Any]:
    return {
        "institution_code": wanted.institution_code,
        "year": wanted.year,
        "quarter": wanted.quarter,
        "full": wanted.full,
        "language": wanted.language,
        "by": sender.name,
        "reason": wanted.reason.strip(),
    }


def keep(session: Session, job_id: UUID, made: Made) -> None:
    """The file of a batch, kept as long as the rulebook says; ends the job. Raises JobLostError."""
    now, store = datetime.now(UTC), BatchStore(session)
    job = jobs.get(session, job_id)
    days = rulebook_in_force(session, local_date(now)).rulebook.forms.batch_keep_days
    expires_at = now + timedelta(days=days)
    jobs.finish(session, job_id, {"name": made.name, "size": len(made.content), "expires_at": expires_at.isoformat()})
    store.add(
        BatchFile(
            job_id=job_id,
            name=made.name,
            media_type=made.media_type,
            size=len(made.content),
            sheets=job.total,
            content=keyring().seal(made.content, CONTENT_CONTEXT),
            created_at=now,
            expires_at=expires_at,
        )
    )
    store.drop_sheets(job_id)
    store.drop_expired(now)


def batch_in(session: Session, job_id: UUID, scope: Scope) -> Job:
    """A batch of an institution in the scope. Raises NOT_FOUND."""
    store = JobStore(session)
    job = store.get(job_id)
    if job is None or job.kind != JOB_KIND or not store.is_within(job_id, scope):
        raise DomainError(ErrorCode.NOT_FOUND)
    return job


def fetch(session: Session, job: Job, sender: Sender) -> Made:
    """The file of a batch; who fetched it stands in the audit trail.

    A full one is for whoever asked for it alone. Raises NOT_FOUND before it is made and once it expired.
    """
    row = BatchStore(session).file(job.id, datetime.now(UTC))
    if row is None or (job.params["full"] and job.created_by != sender.account_id):
        raise DomainError(ErrorCode.NOT_FOUND)
    _audit(session, job, "forms.fetched", sender, {"sheets": row.sheets, "full": job.params["full"]})
    return Made(row.name, row.media_type, keyring().open(row.content, CONTENT_CONTEXT))


def _audit(session: Session, job: Job, action: str, sender: Sender, after: dict[str, Any]) -> None:
    known = {key: job.params[key] for key in ("institution_code", "year", "quarter")}
    audit.append(
        session,
        actor=sender.by.actor,
        action=action,
        object_kind="job",
        object_id=str(job.id),
        door=sender.by.door,
        after={**known, **after},
        reason=job.params["reason"] or None,
    )
