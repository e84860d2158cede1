"""`/cases/{id}`: comments, answers, urging, files, and 当时所见: what an approver saw when it decided."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path, Query, Request, UploadFile
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, desk_acts
from api.act_base import visible_case
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import checked_comment, has_own_page, usable_key
from api.pages.build_acts import TypedAct
from api.pages.build_case import ShownCase
from api.pages.build_evidence import evidence_page
from api.pages.build_task import Shown
from api.pages.build_thread import answer_name
from api.pages.cases import AtCase, case_answer_page
from api.pages.desk import desk_of
from api.pages.green_channel_acting import said_again
from api.pages.inbox_query import InboxQuery
from api.pages.render import render, see_other
from api.pages.tasks import AtTask, task_answer
from api.routes.case_thread import file_response
from api.security.redirects import local_path
from models.errors import DomainError, ErrorCode
from models.services.desk import attachments
from models.services.desk.attachments import Attached
from models.services.idempotency import Key
from models.types import CaseKind

router = APIRouter(prefix="/cases")
Text = Annotated[str, Form(max_length=100)]
ReaderDep = Annotated[Caller, require(Action.READ_CASES)]


@dataclass(frozen=True)
class Said:
    """What was sent: the words, whom they name, the files, and the page they came from."""

    at: AtCase
    to: tuple[str, ...]
    files: tuple[Attached, ...]
    back: str

    def key(self, route: str) -> Key:
        """The idempotency key of the request. Raises INVALID_INPUT for words that are too many."""
        files = [(file.name, len(file.content)) for file in self.files]
        body = {"comment": checked_comment(self.at.comment), "to": self.to, "files": files}
        return acts.key_for(self.at.caller, self.at.key, f"{route}:{self.at.case_id}", body)

    def people(self) -> tuple[UUID, ...]:
        """Whom it names. Raises INVALID_INPUT."""
        try:
            return tuple(UUID(value) for value in self.to if value)
        except ValueError as error:
            errors = [{"field": "mentions", "reason": "uuid_parsing"}]
            raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=errors) from error


async def _said(
    request: Request,
    case_id: UUID,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.COMMENT_CASE)],
    *,
    to: Annotated[list[str] | None, Form()] = None,
    comment: Annotated[str, Form(max_length=50_000)] = "",
    idempotency_key: Text = "",
    files: list[UploadFile] | None = None,
    back: Annotated[str, Query(max_length=500)] = "",
) -> Said:
    at = AtCase(request, database, caller, case_id, comment, "", usable_key(idempotency_key))
    sent = [
        Attached(file.filename, file.content_type or "", await file.read()) for file in files or () if file.filename
    ]
    return Said(at, tuple(to or ()), tuple(sent), local_path(back) if back else at.href)


SaidDep = Annotated[Said, Depends(_said)]


@router.post("/{case_id}/comments")
async def comment(said: SaidDep) -> Response:
    """评论, from the page of the case or of a task of it."""

    def do(session: Session) -> None:
        key, text = said.key("comment"), said.at.comment
        desk_acts.comment(
            session, said.at.caller, key, said.at.case_id, text=text, mentions=said.people(), files=said.files
        )

    return await _recorded(said, "comment", do)


@router.post("/{case_id}/questions/{question_id}/answer")
async def answer(said: SaidDep, question_id: UUID) -> Response:
    """答复 by whoever was asked."""

    def do(session: Session) -> None:
        key, text = said.key(f"answer:{question_id}"), said.at.comment
        desk_acts.answer(session, said.at.caller, key, said.at.case_id, question_id=question_id, text=text)

    return await _recorded(said, "answer", do, answer_name(question_id))


@router.post("/{case_id}/urge")
async def urge(said: SaidDep) -> Response:
    """催办."""

    def do(session: Session) -> None:
        desk_acts.urge(session, said.at.caller, said.key("urge"), said.at.case_id, text=said.at.comment.strip())

    return await _recorded(said, "urge", do)


async def _recorded(said: Said, name: str, do: Callable[[Session], None], form: str = "") -> Response:
    def write() -> None:
        with said.at.database.write() as session:
            do(session)

    try:
        await run_in_threadpool(write)
    except DomainError as error:
        if not has_own_page(error):
            raise
        typed = TypedAct(name=form or name, key=said.at.key, to=said.to, comment=said.at.comment, error=error)
        return await run_in_threadpool(_again, said, typed)
    joint = "&" if "?" in said.back else "?"
    return see_other(said.at.request, f"{said.back}{joint}done={name}")


def _again(said: Said, typed: TypedAct) -> Response:
    """The page it was sent from, with what was typed."""
    at, task_id, query = said.at, _task_of(said.back), InboxQuery()
    if task_id is not None:
        return task_answer(AtTask(at.request, at.database, at.caller, task_id, query), Shown(query=query, act=typed))
    with at.database.read() as session:
        kind = visible_case(session, at.caller, at.case_id).kind
    if kind is CaseKind.GREEN_CHANNEL:
        return said_again(at, typed)
    return case_answer_page(at, ShownCase(act=typed))


def _task_of(back: str) -> UUID | None:
    kind, _slash, rest = back.lstrip("/").partition("/")
    try:
        return UUID(rest.partition("?")[0]) if kind == "tasks" else None
    except ValueError:
        return None


@router.get("/{case_id}/attachments/{attachment_id}")
def download(case_id: UUID, attachment_id: UUID, database: DatabaseDep, caller: ReaderDep) -> Response:
    """A file of a comment, always as a download."""
    with database.read() as session:
        visible_case(session, caller, case_id)
        return file_response(attachments.read(session, case_id, attachment_id))


@router.get("/{case_id}/evidence/{step_no}")
def show_evidence(
    request: Request,
    case_id: UUID,
    step_no: Annotated[int, Path(ge=1, le=100_000)],
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.READ_SCORES)],
) -> Response:
    """当时所见: exactly what stood on the page when it was decided, and what is different now."""
    with database.read() as session:
        case = visible_case(session, caller, case_id)
        model = evidence_page(desk_of(request, session, caller), case, step_no)
    return render(request, "pages/evidence.html", model)
