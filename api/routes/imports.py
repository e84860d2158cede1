"""`/imports`: load book files, read what became of every row."""

import csv
import hashlib
import io
from datetime import UTC, datetime
from pathlib import PureWindowsPath
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Response, UploadFile
from sqlmodel import Session

from api.deps import Action, Caller, DatabaseDep, IdempotencyKeyDep, SettingsDep, require
from api.paging import PagingDep
from api.schemas.base import PageAnswer
from api.schemas.imports import (
    ImportAnswer,
    ImportReportAnswer,
    RejectionAnswer,
    import_answer,
    report_answer,
)
from models.errors import DomainError, ErrorCode
from models.services import importing, jobs
from models.services.importing import Received, Sender, Upload
from models.stores.idempotency import DONE, IdempotencyStore
from models.stores.jobs import UNFINISHED, JobStore
from models.tables.jobs import Job
from models.tables.messages import IdempotencyRecord

router = APIRouter(prefix="/imports", tags=["imports"])
LoaderDep = Annotated[Caller, require(Action.IMPORT_BOOK)]
ReaderDep = Annotated[Caller, require(Action.READ_IMPORTS)]
ROUTE = "import"
SHOWN = 200
CREATED = 201


def sender_of(caller: Caller) -> Sender:
    """Who loads, as far as the posts reach."""
    return Sender(
        account_id=caller.account_id,
        institution_code=caller.institution_code,
        scope=caller.scope(Action.IMPORT_BOOK),
        manages_people=caller.may(Action.MANAGE_STAFF),
    )


def received_or_refuse(files: list[UploadFile], limit: int) -> Received:
    """Checked uploads. Raises IMPORT_REJECTED or FILE_TOO_LARGE for the first that cannot be read; none is loaded."""
    uploads = [Upload(PureWindowsPath(file.filename or "upload").name, file.file.read()) for file in files]
    received = importing.receive(uploads, limit)
    if received.refused:
        raise received.refused[0]
    return received


def start_import(session: Session, received: Received, caller: Caller) -> Job:
    """A waiting import of these files; one of the same files that has not ended yet is that one."""
    sender = sender_of(caller)
    found = importing.find_job(session, received.readable, sender, *UNFINISHED)
    return found or importing.create_job(session, received.readable, sender)


@router.post("", status_code=CREATED)
def create_import(
    files: Annotated[list[UploadFile], File(min_length=1, max_length=20)],
    *,
    database: DatabaseDep,
    settings: SettingsDep,
    key: IdempotencyKeyDep,
    caller: LoaderDep,
) -> ImportAnswer:
    """Load CSV or XLSX files; the worker does it, and the report tells how far it is."""
    received = received_or_refuse(files, settings.max_upload_bytes)
    with database.write() as session:
        return import_answer(_once(session, received, caller, key))


def _once(session: Session, received: Received, caller: Caller, key: str) -> Job:
    """The same key gives the same import. Raises IDEMPOTENCY_CONFLICT for other files."""
    content = hashlib.sha256("".join(item.part.name + item.digest for item in received.readable).encode()).hexdigest()
    store = IdempotencyStore(session)
    row = store.find(caller.account_id, key)
    if row is not None:
        if (row.route, row.body_hash) != (ROUTE, content):
            raise DomainError(ErrorCode.IDEMPOTENCY_CONFLICT)
        return jobs.get(session, UUID((row.answer or {})["import_id"]))
    job = start_import(session, received, caller)
    store.add(
        IdempotencyRecord(
            account_id=caller.account_id,
            key=key,
            route=ROUTE,
            body_hash=content,
            state=DONE,
            status=CREATED,
            answer={"import_id": str(job.id)},
            created_at=datetime.now(UTC),
        )
    )
    return job


@router.get("")
def list_imports(database: DatabaseDep, paging: PagingDep, caller: ReaderDep) -> PageAnswer[ImportAnswer]:
    """Imports of the caller's institutions, newest first."""
    with database.read() as session:
        scope = caller.scope(Action.READ_IMPORTS)
        found = JobStore(session).recent(importing.JOB_KIND, scope, paging.id(), paging.fetch)
        shown, cursor = paging.cut(found, lambda job: (str(job.id),))
        return PageAnswer(items=[import_answer(job) for job in shown], next_cursor=cursor)


@router.get("/{import_id}")
def read_import(import_id: UUID, database: DatabaseDep, caller: ReaderDep) -> ImportReportAnswer:
    """How far an import is and what became of its rows."""
    with database.read() as session:
        return report_answer(importing.report_of(session, import_id, caller.scope(Action.READ_IMPORTS), limit=SHOWN))


@router.get("/{import_id}/rejections")
def list_rejections(
    import_id: UUID, database: DatabaseDep, paging: PagingDep, caller: ReaderDep
) -> PageAnswer[RejectionAnswer]:
    """Every row that was not loaded."""
    with database.read() as session:
        job = importing.import_job(session, import_id, caller.scope(Action.READ_IMPORTS))
        found = JobStore(session).rejections(job.id, paging.id(), paging.fetch)
        shown, cursor = paging.cut(found, lambda row: (str(row.id),))
        return PageAnswer(items=[RejectionAnswer.model_validate(row) for row in shown], next_cursor=cursor)


@router.get("/{import_id}/rejections.csv", response_class=Response)
def download_rejections(import_id: UUID, database: DatabaseDep, caller: ReaderDep) -> Response:
    """The same as a file that a spreadsheet opens."""
    with database.read() as session:
        report = importing.report_of(session, import_id, caller.scope(Action.READ_IMPORTS))
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(importing.rejection_rows(report.rejections))
    headers = {"Content-Disposition": f'attachment; filename="rejections-{import_id}.csv"'}
    return Response(buffer.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)
