"""`/reports/rollout`: a launch 启动计划 (附件八), led by head office, worked on by the posts it names."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api import rollout_acts
from api.acts import Done
from api.deps import Action, Caller, DatabaseDep, require
from api.forms.accepting import wanted_type
from api.forms.pdf import PDF_TYPE
from api.forms.xlsx import XLSX_TYPE
from api.rollout_acts import Completing, Result
from api.rollout_answers import launch_answer, launch_file, visible_launch
from api.rollout_files import launch_pdf, launch_xlsx
from api.routes.case_thread import file_response
from api.routes.sending import Sending, sending
from api.schemas.desk import FileBody
from api.schemas.rollout import (
    CompleteBody,
    OpenBody,
    PlanActBody,
    PlanBody,
    ReassignBody,
    RescheduleBody,
    RolloutAnswer,
)
from models.database import Database
from models.messages.rollout import PlannedItem
from models.services.desk import attachments
from models.services.desk.attachments import Attached

router = APIRouter(prefix="/reports/rollout", tags=["rollout"])
ReaderDep = Annotated[Caller, require(Action.READ_ROLLOUT)]


LeadingDep = Annotated[Sending, sending(Action.LEAD_ROLLOUT)]
WorkingDep = Annotated[Sending, sending(Action.ACT_ON_TASKS)]


@router.get("", response_model=RolloutAnswer)
def read_newest(request: Request, database: DatabaseDep, caller: ReaderDep) -> RolloutAnswer | Response:
    """The launch that was opened last; files by `Accept`. 404 when there is none, or no branch of the caller's takes
    part."""
    return _asked(request, database, caller, None)


@router.get(".xlsx", response_class=Response)
def newest_xlsx(database: DatabaseDep, caller: ReaderDep) -> Response:
    """The same plan as a workbook."""
    return _file(database, caller, None, XLSX_TYPE)


@router.get(".pdf", response_class=Response)
def newest_pdf(database: DatabaseDep, caller: ReaderDep) -> Response:
    """附件八 of the same launch as PDF."""
    return _file(database, caller, None, PDF_TYPE)


@router.get("/{rollout_id}.xlsx", response_class=Response)
def download_xlsx(rollout_id: UUID, database: DatabaseDep, caller: ReaderDep) -> Response:
    """The plan as a workbook."""
    return _file(database, caller, rollout_id, XLSX_TYPE)


@router.get("/{rollout_id}.pdf", response_class=Response)
def download_pdf(rollout_id: UUID, database: DatabaseDep, caller: ReaderDep) -> Response:
    """附件八 as PDF."""
    return _file(database, caller, rollout_id, PDF_TYPE)


@router.get("/{rollout_id}", response_model=RolloutAnswer)
def read_launch(
    rollout_id: UUID, request: Request, database: DatabaseDep, caller: ReaderDep
) -> RolloutAnswer | Response:
    """A launch by its case id; files by `Accept`."""
    return _asked(request, database, caller, rollout_id)


@router.get("/{rollout_id}/files/{attachment_id}", response_class=Response)
def download_file(rollout_id: UUID, attachment_id: UUID, database: DatabaseDep, caller: ReaderDep) -> Response:
    """A file handed in with a part of head office or of the caller's institutions, always as a download."""
    with database.read() as session:
        return file_response(launch_file(session, caller, rollout_id, attachment_id, datetime.now(UTC)))


@router.post("", status_code=201)
async def open_launch(body: OpenBody, response: Response, by: LeadingDep) -> RolloutAnswer:
    """A draft from the rulebook's template; 409 `duplicate_case` while another launch is open."""
    done = await by.send(
        "rollout-open",
        body,
        lambda key: rollout_acts.open_launch(
            by.caller, key, start_on=body.start_on, branches=body.branches, comment=body.comment
        ),
    )
    response.status_code = done.status
    return await _now(by, done)


@router.post("/{rollout_id}/plan")
async def replan(rollout_id: UUID, body: PlanBody, by: LeadingDep) -> RolloutAnswer:
    """The draft anew: start, branches, owners, dates, dependencies."""
    done = await by.send(
        f"rollout-plan:{rollout_id}",
        body,
        lambda key: rollout_acts.replan(
            by.caller,
            key,
            rollout_id,
            version=body.version,
            start_on=body.start_on,
            branches=body.branches,
            items=[PlannedItem.model_validate(item.model_dump()) for item in body.items],
            comment=body.comment,
        ),
    )
    return await _now(by, done)


@router.post("/{rollout_id}/launch")
async def launch(rollout_id: UUID, body: PlanActBody, by: LeadingDep) -> RolloutAnswer:
    """启动: what waits for nothing opens at once."""
    done = await by.send(
        f"rollout-launch:{rollout_id}",
        body,
        lambda key: rollout_acts.launch(by.caller, key, rollout_id, version=body.version, comment=body.comment),
    )
    return await _now(by, done)


@router.post("/{rollout_id}/reschedule")
async def reschedule(rollout_id: UUID, body: RescheduleBody, by: LeadingDep) -> RolloutAnswer:
    """改期 of one piece of work; what depends on it is put off by as many working days."""
    done = await by.send(
        f"rollout-reschedule:{rollout_id}",
        body,
        lambda key: rollout_acts.reschedule(
            by.caller,
            key,
            rollout_id,
            version=body.version,
            number=body.number,
            dates=(body.from_on, body.to_on),
            comment=body.comment,
        ),
    )
    return await _now(by, done)


@router.post("/{rollout_id}/cancel")
async def cancel(rollout_id: UUID, body: PlanActBody, by: LeadingDep) -> RolloutAnswer:
    """取消 with a reason: open tasks fall away."""
    done = await by.send(
        f"rollout-cancel:{rollout_id}",
        body,
        lambda key: rollout_acts.cancel(by.caller, key, rollout_id, version=body.version, comment=body.comment),
    )
    return await _now(by, done)


@router.post("/tasks/{part_id}/complete")
async def complete(part_id: UUID, body: CompleteBody, by: WorkingDep) -> RolloutAnswer:
    """完成 of one part with its result; files are base64, 5 MB each at most."""
    result = Result(body.version, body.comment, files_of(body.attachments))
    completing = Completing(by.database, by.caller, part_id, result)
    async with completing.files_kept_if_done():
        done = await by.send(f"rollout-complete:{part_id}", body, completing.under)
    return await _now(by, done)


@router.post("/tasks/{part_id}/reassign")
async def reassign(part_id: UUID, body: ReassignBody, by: LeadingDep) -> RolloutAnswer:
    """改派 of one part to a person who may do it."""
    done = await by.send(
        f"rollout-reassign:{part_id}",
        body,
        lambda key: rollout_acts.reassign(
            by.caller, key, part_id, version=body.version, to=body.to, comment=body.comment
        ),
    )
    return await _now(by, done)


def files_of(files: tuple[FileBody, ...]) -> list[Attached]:
    """The files of a body. Raises INVALID_INPUT, FILE_TOO_LARGE."""
    return [Attached(file.name, file.media_type, attachments.decoded(file.content)) for file in files]


async def _now(by: Sending, done: Done) -> RolloutAnswer:
    """The launch as it stands after the act."""
    return await run_in_threadpool(_read, by.database, by.caller, done.case_id)


def _asked(request: Request, database: Database, caller: Caller, case_id: UUID | None) -> RolloutAnswer | Response:
    kind = wanted_type(request, XLSX_TYPE, PDF_TYPE)
    return _file(database, caller, case_id, kind) if kind else _read(database, caller, case_id)


def _file(database: Database, caller: Caller, case_id: UUID | None, kind: str) -> Response:
    with database.read() as session:
        found = visible_launch(session, caller, case_id, datetime.now(UTC))
        return launch_xlsx(found) if kind == XLSX_TYPE else launch_pdf(session, found, caller.name)


def _read(database: Database, caller: Caller, case_id: UUID | None) -> RolloutAnswer:
    with database.read() as session:
        return launch_answer(visible_launch(session, caller, case_id, datetime.now(UTC)))
