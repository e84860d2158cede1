"""`/cases/{case_id}`: what is said around a case: comments, answers, files, urging; and what an approver saw."""

from datetime import datetime
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Path, Response
from sqlmodel import Session

from api import desk_acts
from api.act_base import now, visible_case
from api.case_answers import case_row_answer
from api.deps import Action, Caller, DatabaseDep, require
from api.paging import PagingDep
from api.routes.recording import Recording, recording
from api.schemas.base import PageAnswer
from api.schemas.cases import CaseRowAnswer
from api.schemas.desk import (
    AnswerBody,
    CommentBody,
    EvidenceAnswer,
    FileAnswer,
    FileBody,
    PersonRefAnswer,
    SaidAnswer,
    ThreadItemAnswer,
    UrgeAnswer,
    UrgeBody,
)
from models.errors import DomainError, ErrorCode
from models.services.approval.evidence import evidence_of
from models.services.desk import attachments, copying, urging
from models.services.desk.attachments import Attached
from models.services.desk.once import Facts
from models.services.desk.thread import ThreadItem, thread_of
from models.stores.cases import CaseStore

router = APIRouter(prefix="/cases", tags=["cases"])
ReaderDep = Annotated[Caller, require(Action.READ_CASES)]
SpeakerDep = Annotated[Recording, recording(Action.COMMENT_CASE)]


@router.get("/{case_id}/comments")
def list_comments(
    case_id: UUID, database: DatabaseDep, paging: PagingDep, caller: ReaderDep
) -> PageAnswer[ThreadItemAnswer]:
    """Comments, questions, answers, urges and copies, oldest first."""
    with database.read() as session:
        case = visible_case(session, caller, case_id)
        found = thread_of(session, case, after=paging.instant_and_id(), limit=paging.fetch)
    shown, cursor = paging.cut(found, lambda item: (item.at.isoformat(), str(item.id)))
    return PageAnswer(items=[_item(item) for item in shown], next_cursor=cursor)


@router.post("/{case_id}/comments", status_code=201)
def comment(case_id: UUID, body: CommentBody, by: SpeakerDep) -> SaidAnswer:
    """评论: whoever is mentioned is told and may read the case. Files are base64, 5 MB each at most."""
    return by.once(
        f"comment:{case_id}",
        body,
        lambda session, key: desk_acts.comment(
            session, by.caller, key, case_id, text=body.text, mentions=body.mentions, files=_files(body.attachments)
        ),
        lambda _, facts: _said(case_id, facts),
    )


@router.post("/{case_id}/answers", status_code=201)
def answer(case_id: UUID, body: AnswerBody, by: SpeakerDep) -> SaidAnswer:
    """答复 by the person who was asked; once."""
    return by.once(
        f"answer:{case_id}",
        body,
        lambda session, key: desk_acts.answer(
            session,
            by.caller,
            key,
            case_id,
            question_id=body.question_id,
            text=body.text,
            files=_files(body.attachments),
        ),
        lambda _, facts: _said(case_id, facts),
    )


@router.get("/{case_id}/attachments/{attachment_id}", response_class=Response)
def download(case_id: UUID, attachment_id: UUID, database: DatabaseDep, caller: ReaderDep) -> Response:
    """A file of a comment, always as a download."""
    with database.read() as session:
        visible_case(session, caller, case_id)
        return file_response(attachments.read(session, case_id, attachment_id))


def file_response(file: Attached) -> Response:
    """The file as a download that a browser neither shows nor guesses the kind of."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return Response(file.content, media_type=file.media_type, headers=headers)


@router.get("/{case_id}/evidence/{step_no}")
def read_evidence(
    case_id: UUID,
    step_no: Annotated[int, Path(ge=1, le=100_000)],
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.READ_SCORES)],
) -> EvidenceAnswer:
    """留痕快照: the form, score, rulebook version and clock that whoever took this step saw, checked by digest."""
    with database.read() as session:
        case = visible_case(session, caller, case_id)
        decision = CaseStore(session).decision_at(case.id, step_no)
        if decision is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        return EvidenceAnswer(
            case_id=case.id,
            step_no=step_no,
            digest=decision.evidence_digest or "",
            actor=decision.actor_name,
            at=decision.at,
            content=evidence_of(session, decision),
        )


@router.post("/{case_id}/urge")
def urge(case_id: UUID, body: UrgeBody, by: SpeakerDep) -> UrgeAnswer:
    """催办: the holders of the open task are told; again only after the rulebook's cool-down."""

    def answered(session: Session, facts: Facts) -> UrgeAnswer:
        urges = [UUID(urge_id) for urge_id in facts["urges"]]
        return UrgeAnswer(case_id=case_id, urges=urges, next_urge_at=_next(session, by.caller, case_id))

    return by.once(
        f"urge:{case_id}",
        body,
        lambda session, key: desk_acts.urge(session, by.caller, key, case_id, text=body.comment),
        answered,
    )


@router.post("/{case_id}/read")
def mark_read(case_id: UUID, database: DatabaseDep, caller: ReaderDep) -> CaseRowAnswer:
    """已读: the caller opened its copy of the case; to be sent any number of times."""
    with database.write() as session:
        case = visible_case(session, caller, case_id)
        copying.opened(session, case_id, caller.account_id, now())
        return case_row_answer(case)


def _next(session: Session, caller: Caller, case_id: UUID) -> datetime | None:
    return urging.next_urge(session, visible_case(session, caller, case_id), now())


def _said(case_id: UUID, facts: Facts) -> SaidAnswer:
    return SaidAnswer(case_id=case_id, comment_id=facts["comment_id"])


def _files(files: tuple[FileBody, ...]) -> list[Attached]:
    return [Attached(file.name, file.media_type, attachments.decoded(file.content)) for file in files]


def _item(item: ThreadItem) -> ThreadItemAnswer:
    return ThreadItemAnswer(
        comment_id=item.id,
        kind=item.kind,
        at=item.at,
        author_id=item.author_id,
        author=item.author,
        text=item.text,
        task_id=item.task_id,
        mentions=[PersonRefAnswer(account_id=account_id, name=name) for account_id, name in item.mentions],
        to=PersonRefAnswer(account_id=item.to_id, name=item.to_name) if item.to_id else None,
        answers_id=item.answers_id,
        answered_at=item.answered_at,
        attachments=[
            FileAnswer(attachment_id=file.id, name=file.name, media_type=file.media_type, size=file.size)
            for file in item.files
        ],
    )
