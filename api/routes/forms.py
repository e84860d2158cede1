"""`/forms/batches`: all forms of a branch and quarter as one file, made by the worker."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel import Session

from api import form_batch_acts
from api.act_base import now
from api.deps import Action, Caller, DatabaseDep, IdempotencyKeyDep, require
from api.paging import PagingDep
from api.routes.recording import Recording, recording
from api.schemas.base import PageAnswer
from api.schemas.forms import BatchAnswer, BatchBody
from models.services.desk.once import Facts, once
from models.services.idempotency import Key

router = APIRouter(prefix="/forms/batches", tags=["forms"])
PrinterDep = Annotated[Caller, require(Action.PRINT_FORMS)]


@router.post("", status_code=202)
def start_batch(body: BatchBody, by: Annotated[Recording, recording(Action.PRINT_FORMS)]) -> BatchAnswer:
    """附件三 finished, 附件四 done and 附件五 closed in the quarter; masked unless `full` is asked for."""

    def do(session: Session, key: Key) -> Facts:
        return once(session, key, now(), lambda: {"job_id": str(form_batch_acts.start(session, by.caller, body).id)})

    def answer(session: Session, facts: Facts) -> BatchAnswer:
        job = form_batch_acts.visible_batch(session, by.caller, UUID(facts["job_id"]))
        return form_batch_acts.answers(session, [job])[0]

    return by.once("form-batch", body, do, answer)


@router.get("")
def list_batches(database: DatabaseDep, paging: PagingDep, caller: PrinterDep) -> PageAnswer[BatchAnswer]:
    """Batches of the caller's institutions, newest first."""
    with database.read() as session:
        rows = form_batch_acts.recent(session, caller, paging.id(), paging.fetch)
        shown, cursor = paging.cut(rows, lambda job: (str(job.id),))
        return PageAnswer(items=form_batch_acts.answers(session, shown), next_cursor=cursor)


@router.get("/{batch_id}")
def read_batch(batch_id: UUID, database: DatabaseDep, caller: PrinterDep) -> BatchAnswer:
    """How far a batch is."""
    with database.read() as session:
        return form_batch_acts.answers(session, [form_batch_acts.visible_batch(session, caller, batch_id)])[0]


@router.post("/{batch_id}/file", response_class=Response)
def fetch_file(batch_id: UUID, database: DatabaseDep, _key: IdempotencyKeyDep, caller: PrinterDep) -> Response:
    """The file, a PDF or a ZIP of several; fetching it is written down. 404 before it is made and once it expired."""
    with database.write() as session:
        return form_batch_acts.file_of(session, caller, batch_id)
