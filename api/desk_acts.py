"""Acts around a task that the workflow need not know: authorised here, done by `models.services.desk`.

Each takes the open write transaction of the request and is done once under its key; JSON and pages call the same.
Facts returned are ids: what people read is loaded afterwards.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.act_base import (
    OfCase,
    OnTask,
    fields_on,
    holds,
    known_person,
    now,
    open_of_case,
    visible_case,
    visible_task,
)
from api.deps import Action, Caller
from api.security.policy import holders
from models.errors import DomainError, ErrorCode
from models.messages.approval import Decide
from models.rules import approval
from models.services.desk import asking, claiming, comments, copying, snoozing, urging
from models.services.desk.acting import Actor, invalid
from models.services.desk.attachments import Attached
from models.services.desk.once import Facts, once
from models.services.idempotency import Key
from models.stores.desk import DeskStore
from models.stores.people import PeopleStore
from models.tables.cases import Case
from models.tables.organisation import Account
from models.types import Verdict

MAX_PEOPLE = 20
__all__ = ["Actor", "Attached", "Facts", "answer", "ask", "cc", "claim", "comment", "release", "snooze", "urge"]


def claim(session: Session, caller: Caller, key: Key, task_id: UUID) -> Facts:
    """领取 from a group queue. Raises ALREADY_CLAIMED with who, WRONG_STAGE, and what four eyes refuse."""

    def do() -> Facts:
        found = open_of_case(session, caller, task_id)
        _refuse_barred(session, caller, key, found)
        claiming.claim(session, found.task, _holder(session, caller, found))
        return {"task_id": str(task_id)}

    return once(session, key, now(), do)


def release(session: Session, caller: Caller, key: Key, task_id: UUID) -> Facts:
    """放回 to the post. Raises NOT_YOUR_TASK, WRONG_STAGE for a task that nobody claimed."""

    def do() -> Facts:
        found = open_of_case(session, caller, task_id)
        claiming.release(session, found.task, _holder(session, caller, found))
        return {"task_id": str(task_id)}

    return once(session, key, now(), do)


def snooze(session: Session, caller: Caller, key: Key, task_id: UUID, *, until: datetime | None) -> Facts:
    """稍后处理 of a task in the caller's inbox; None shows it again. Raises NOT_YOUR_TASK, INVALID_INPUT."""

    def do() -> Facts:
        found = open_of_case(session, caller, task_id)
        snoozing.snooze(session, found.task, _holder(session, caller, found), until)
        return {"task_id": str(task_id)}

    return once(session, key, now(), do)


def cc(session: Session, caller: Caller, key: Key, task_id: UUID, *, people: Sequence[UUID], text: str = "") -> Facts:
    """抄送: each of the people reads the case from now on. Raises INVALID_INPUT for who may not read cases."""

    def do() -> Facts:
        task = visible_task(session, caller, task_id)
        case = visible_case(session, caller, task.case_id)
        readers = _readers(session, case, people, Action.READ_CASES, "people")
        copies = copying.copy_to(session, case, readers, actor_of(caller), task=task, text=text)
        return {"copies": [str(copy.id) for copy in copies]}

    return once(session, key, now(), do)


def ask(session: Session, caller: Caller, key: Key, task_id: UUID, *, to: UUID, text: str) -> Facts:
    """征询: the task stays where it is. Raises REASON_REQUIRED without a question, INVALID_INPUT for the person."""

    def do() -> Facts:
        found = open_of_case(session, caller, task_id)
        question = _said(text)
        asked = _readers(session, found.case, [to], Action.COMMENT_CASE, "to")[0]
        if asked.id == caller.account_id:
            raise invalid("to", "yourself")
        row = asking.ask(session, found.case, found.task, asked, actor_of(caller), text=question)
        return {"comment_id": str(row.id)}

    return once(session, key, now(), do)


def answer(
    session: Session,
    caller: Caller,
    key: Key,
    case_id: UUID,
    *,
    question_id: UUID,
    text: str,
    files: Sequence[Attached] = (),
) -> Facts:
    """答复, by whoever was asked and once. Raises NOT_YOUR_TASK, ALREADY_DECIDED, REASON_REQUIRED, FILE_TOO_LARGE."""

    def do() -> Facts:
        case = visible_case(session, caller, case_id)
        row = asking.answer(session, case, question_id, actor_of(caller), text=_said(text), files=files)
        return {"comment_id": str(row.id)}

    return once(session, key, now(), do)


def comment(
    session: Session,
    caller: Caller,
    key: Key,
    case_id: UUID,
    *,
    text: str,
    mentions: Sequence[UUID] = (),
    files: Sequence[Attached] = (),
) -> Facts:
    """评论 with people mentioned and files. Raises REASON_REQUIRED without a word, INVALID_INPUT, FILE_TOO_LARGE."""

    def do() -> Facts:
        case = visible_case(session, caller, case_id)
        told = _readers(session, case, mentions, Action.READ_CASES, "mentions")
        row = comments.comment(session, case, actor_of(caller), _said(text), mentions=told, files=files)
        return {"comment_id": str(row.id)}

    return once(session, key, now(), do)


def urge(session: Session, caller: Caller, key: Key, case_id: UUID, *, text: str = "") -> Facts:
    """催办 of whatever waits on the case. Raises URGE_TOO_SOON, WRONG_STAGE, CASE_CLOSED."""

    def do() -> Facts:
        case = visible_case(session, caller, case_id)
        return {"urges": [str(row.id) for row in urging.urge(session, case, actor_of(caller), text)]}

    return once(session, key, now(), do)


def actor_of(caller: Caller) -> Actor:
    """The caller as itself, now."""
    return Actor(caller.account_id, caller.name, caller.door, now(), caller.request_id)


def _holder(session: Session, caller: Caller, found: OfCase) -> Actor:
    """The caller as holder of the task, or in place of the one it stands in for. Raises NOT_YOUR_TASK."""
    actor = actor_of(caller)
    if holds(caller, found.task) or found.task.delegated_by == caller.account_id:
        return actor
    fields = fields_on(session, caller, Key(caller.account_id, "asked", "", ""), found, "")
    if fields.get("on_behalf_of") is None:
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=found.task.role.value)
    return actor._replace(
        on_behalf_of=fields["on_behalf_of"], on_behalf_of_name=fields["on_behalf_of_name"], door=fields["door"]
    )


def _refuse_barred(session: Session, caller: Caller, key: Key, found: OfCase) -> None:
    """Whom four eyes refuse may not take an approval away from those who could decide it."""
    if not isinstance(found, OnTask):
        return
    task = approval.task_of(found.state, found.task.id)
    fields = fields_on(session, caller, key, found, "")
    asked = Decide(**fields, task_id=task.task_id, version=task.version, verdict=Verdict.APPROVE)
    approval.check_person(found.state, task, asked)


def _said(text: str) -> str:
    if not text.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    return text.strip()


def _readers(session: Session, case: Case, people: Sequence[UUID], action: Action, field: str) -> list[Account]:
    """The people, if each is near the case with a post that may do the action: whom a picker offers too.

    Raises INVALID_INPUT, BAD_TRANSFER_TARGET for who has left.
    """
    if len(people) > MAX_PEOPLE:
        raise invalid(field, "too_many_people")
    wanted = [known_person(session, account_id, field) for account_id in dict.fromkeys(people)]
    if not wanted:
        return []
    ancestry = PeopleStore(session).ancestry(case.institution_code)
    near = {account.id for account, _, _ in DeskStore(session).posts_near(ancestry, holders(action))}
    if any(account.id not in near for account in wanted):
        raise invalid(field, "may_not_read_cases")
    return wanted
