"""What was said around a case in one list: comments, questions, answers, urges and copies, oldest first."""

from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge
from itertools import islice
from uuid import UUID

from sqlmodel import Session

from models.services.desk.comments import ASK
from models.stores.desk import DeskStore, Position
from models.tables.cases import Case
from models.tables.desk import CaseAttachment, CaseComment, CaseCopy, Urge

URGE, COPY = "urge", "cc"


@dataclass(frozen=True)
class ThreadFile:
    """A file of a comment; its content is read on its own."""

    id: UUID
    name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class ThreadItem:
    """One thing said: `kind` is `comment`, `ask`, `answer`, `urge` or `cc`.

    `to_id` and `to_name`: who is asked or copied to. `answers_id`: the question an answer belongs to.
    """

    id: UUID
    kind: str
    at: datetime
    author_id: UUID
    author: str
    text: str = ""
    task_id: UUID | None = None
    mentions: tuple[tuple[UUID, str], ...] = ()
    to_id: UUID | None = None
    to_name: str = ""
    answers_id: UUID | None = None
    answered_at: datetime | None = None
    files: tuple[ThreadFile, ...] = field(default=())

    @property
    def open_question(self) -> bool:
        """Whether somebody still owes an answer."""
        return self.kind == ASK and self.answered_at is None


def thread_of(session: Session, case: Case, *, after: Position | None = None, limit: int = 500) -> list[ThreadItem]:
    """The thread from a keyset position on."""
    store = DeskStore(session)
    comments = store.comments(case.id, after, limit)
    urges, copies = store.urges(case.id, after, limit), store.copies_of(case.id, after, limit)
    files = _files(store.attachments([row.id for row in comments]) if comments else [])
    names = store.names(_people(comments, copies))
    parts = (
        [_said(row, files.get(row.id, ()), names) for row in comments],
        [_urged(row) for row in urges],
        [_copied(row, names) for row in copies],
    )
    return list(islice(merge(*parts, key=lambda item: (item.at, item.id)), limit))


def open_questions(session: Session, case: Case, account_id: UUID) -> list[ThreadItem]:
    """Questions on the case that the person still owes an answer to."""
    return [item for item in thread_of(session, case) if item.open_question and item.to_id == account_id]


def _people(comments: list[CaseComment], copies: list[CaseCopy]) -> set[UUID]:
    mentioned = {UUID(account_id) for row in comments for account_id in row.mentions}
    asked = {row.asked_id for row in comments if row.asked_id is not None}
    return mentioned | asked | {row.account_id for row in copies}


def _files(rows: list[CaseAttachment]) -> dict[UUID, tuple[ThreadFile, ...]]:
    found: dict[UUID, tuple[ThreadFile, ...]] = {}
    for row in rows:
        file = ThreadFile(row.id, row.name, row.media_type, row.size)
        found[row.comment_id] = (*found.get(row.comment_id, ()), file)
    return found


def _said(row: CaseComment, files: tuple[ThreadFile, ...], names: dict[UUID, str]) -> ThreadItem:
    return ThreadItem(
        id=row.id,
        kind=row.kind,
        at=row.at,
        author_id=row.author_id,
        author=row.author_name,
        text=row.text,
        task_id=row.task_id,
        mentions=tuple((UUID(account_id), names.get(UUID(account_id), "")) for account_id in row.mentions),
        to_id=row.asked_id,
        to_name=names.get(row.asked_id, "") if row.asked_id else "",
        answers_id=row.answers_id,
        answered_at=row.answered_at,
        files=files,
    )


def _urged(row: Urge) -> ThreadItem:
    return ThreadItem(
        id=row.id, kind=URGE, at=row.at, author_id=row.by_id, author=row.by_name, text=row.text, task_id=row.task_id
    )


def _copied(row: CaseCopy, names: dict[UUID, str]) -> ThreadItem:
    to_name = names.get(row.account_id, "")
    return ThreadItem(
        id=row.id, kind=COPY, at=row.at, author_id=row.by_id, author=row.by_name, to_id=row.account_id, to_name=to_name
    )
