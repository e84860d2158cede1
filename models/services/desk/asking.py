"""征询 / 答复: a question to one person while the task stays where it is, and that person's answer."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.services.desk import attachments
from models.services.desk.acting import Actor, about, note
from models.services.desk.attachments import Attached
from models.services.desk.comments import ANSWER, ASK
from models.services.notifications import notify
from models.stores.desk import DeskStore
from models.stores.people import PeopleStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Task
from models.tables.desk import CaseComment
from models.tables.organisation import Account


def ask(session: Session, case: Case, task: Task, asked: Account, actor: Actor, *, text: str) -> CaseComment:
    """Ask a person about the case; the right to read comes with the question. The person is checked by the caller."""
    row = CaseComment(
        case_id=case.id,
        task_id=task.id,
        kind=ASK,
        author_id=actor.account_id,
        author_name=actor.shown_name,
        text=text,
        asked_id=asked.id,
        at=actor.at,
    )
    DeskStore(session).add(row)
    note(session, actor, "ask", case.id, task_id=task.id, comment_id=row.id, asked=asked.id)
    _tell(session, asked.id, "asked", row, about(session, case, task, actor, text))
    return row


def answer(
    session: Session, case: Case, question_id: UUID, actor: Actor, *, text: str, files: Sequence[Attached] = ()
) -> CaseComment:
    """答复 by the person who was asked, and nobody else; once.

    Raises NOT_FOUND, NOT_YOUR_TASK with who was asked, ALREADY_DECIDED, and what files raise.
    """
    store, taken = DeskStore(session), attachments.checked(list(files))
    question = store.comment(question_id)
    if question is None or question.case_id != case.id or question.kind != ASK or question.asked_id is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    _check_asked(session, question, actor)
    row = CaseComment(
        case_id=case.id,
        task_id=question.task_id,
        kind=ANSWER,
        author_id=actor.account_id,
        author_name=actor.shown_name,
        text=text,
        answers_id=question.id,
        at=actor.at,
    )
    store.add(row)
    attachments.keep(session, row, taken)
    note(session, actor, "answer", case.id, comment_id=row.id, question_id=question.id)
    task = TaskStore(session).get(question.task_id) if question.task_id else None
    _tell(session, question.author_id, "answered", row, about(session, case, task, actor, text))
    return row


def _check_asked(session: Session, question: CaseComment, actor: Actor) -> None:
    asked = PeopleStore(session).account(question.asked_id) if question.asked_id else None
    who = asked.name if asked else ""
    if question.asked_id != actor.account_id:
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=who)
    if not DeskStore(session).answer_open(question.id, actor.at):
        when = (question.answered_at or actor.at).isoformat()
        raise DomainError(ErrorCode.ALREADY_DECIDED, who=who, when=when, verb=ANSWER)


def _tell(session: Session, account_id: UUID, template: str, row: CaseComment, context: dict[str, str]) -> None:
    notify(
        session,
        to=[account_id],
        template=template,
        key=f"{template}:{row.id}",
        at=row.at,
        case_id=row.case_id,
        task_id=row.task_id,
        context=context,
    )
