"""评论 on a case, with people mentioned 提及 and files; whoever is mentioned may read the case."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from models.services.desk import attachments
from models.services.desk.acting import Actor, about, note
from models.services.desk.attachments import Attached
from models.services.notifications import notify
from models.stores.desk import DeskStore
from models.tables.cases import Case
from models.tables.desk import CaseComment
from models.tables.organisation import Account

COMMENT, ASK, ANSWER = "comment", "ask", "answer"


def comment(
    session: Session,
    case: Case,
    actor: Actor,
    text: str,
    *,
    mentions: Sequence[Account] = (),
    files: Sequence[Attached] = (),
    task_id: UUID | None = None,
) -> CaseComment:
    """Say something about the case, or a task of it; each person mentioned is told. Text and people are checked by the
    caller.

    Raises FILE_TOO_LARGE and INVALID_INPUT for files that are not taken.
    """
    taken = attachments.checked(list(files))
    row = CaseComment(
        case_id=case.id,
        task_id=task_id,
        kind=COMMENT,
        author_id=actor.account_id,
        author_name=actor.shown_name,
        text=text,
        mentions=[str(account.id) for account in mentions],
        at=actor.at,
    )
    DeskStore(session).add(row)
    attachments.keep(session, row, taken)
    note(session, actor, "comment", case.id, comment_id=row.id, files=len(taken), mentions=len(mentions))
    told = [account.id for account in mentions if account.id != actor.account_id]
    context = about(session, case, None, actor, text)
    notify(
        session, to=told, template="mentioned", key=f"mentioned:{row.id}", at=actor.at, case_id=case.id, context=context
    )
    return row


def take_out(session: Session, comment_id: UUID, actor: Actor) -> None:
    """Forget a comment and its files, kept for an act that was refused; the audit says both."""
    store = DeskStore(session)
    row = store.comment(comment_id)
    if row is None:
        return
    for file in store.attachments([row.id]):
        store.delete(file)
    store.delete(row)
    note(session, actor, "comment_taken_out", row.case_id, comment_id=row.id)
