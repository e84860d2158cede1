"""Batches of forms: asked for, listed and fetched, the same for JSON and pages."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID

from sqlmodel import Session
from starlette.responses import Response

from api.deps import Action, Caller
from api.pages.i18n import language
from api.schemas.forms import BatchAnswer, BatchBody
from models.errors import DomainError, ErrorCode
from models.services import batches
from models.services.batches import JOB_KIND, Made, Sender, Wanted
from models.services.by import By
from models.stores.batches import BatchStore
from models.stores.jobs import JobStore
from models.tables.jobs import Job


def sender_of(caller: Caller) -> Sender:
    """Who asks, as the batch and the audit name it."""
    by = By(str(caller.account_id), caller.door, caller.request_id)
    return Sender(caller.account_id, caller.name, by)


def start(session: Session, caller: Caller, body: BatchBody) -> Job:
    """Ask for a batch. Raises NOT_ALLOWED for a full one by who may not open forms, and as `batches.create`."""
    if body.full and not caller.may(Action.OPEN_FORMS):
        raise DomainError(ErrorCode.NOT_ALLOWED, who="")
    wanted = Wanted(
        institution_code=body.institution_code,
        year=body.year,
        quarter=body.quarter,
        full=body.full,
        reason=body.reason,
        language=language(),
    )
    return batches.create(session, wanted, caller.scope(Action.PRINT_FORMS), sender_of(caller))


def visible_batch(session: Session, caller: Caller, job_id: UUID) -> Job:
    """A batch of the caller's institutions. Raises NOT_FOUND."""
    return batches.batch_in(session, job_id, caller.scope(Action.PRINT_FORMS))


def recent(session: Session, caller: Caller, before: UUID | None, limit: int) -> Sequence[Job]:
    """Batches of the caller's institutions, newest first."""
    return JobStore(session).recent(JOB_KIND, caller.scope(Action.PRINT_FORMS), before, limit)


def answers(session: Session, jobs: Sequence[Job]) -> list[BatchAnswer]:
    """Batches as JSON."""
    kept = BatchStore(session).kept_until([job.id for job in jobs], datetime.now(UTC))
    return [_answer(job, kept.get(job.id)) for job in jobs]


def file_of(session: Session, caller: Caller, job_id: UUID) -> Response:
    """The file of a batch as a download. Raises NOT_FOUND before it is made and once it expired."""
    made: Made = batches.fetch(session, visible_batch(session, caller, job_id), sender_of(caller))
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(made.name, safe='')}",
        "Cache-Control": "private, no-store",
    }
    return Response(made.content, media_type=made.media_type, headers=headers)


def _answer(job: Job, kept_until: datetime | None) -> BatchAnswer:
    known = {key: job.params[key] for key in ("institution_code", "year", "quarter", "full")}
    fields = job.model_dump(include={"state", "done", "total", "error", "created_at", "finished_at"})
    return BatchAnswer(job_id=job.id, kept_until=kept_until, **known, **fields)
