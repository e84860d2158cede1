"""Queries of the desk around a task: people near a case, copies, comments, files, urges, snoozes, alarms."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, cast, false, or_, update
from sqlmodel import Session, SQLModel, col, func, select

from models.tables.cases import Case, Decision, Task
from models.tables.desk import CaseAttachment, CaseComment, CaseCopy, TaskAlarm, TaskSnooze, Urge
from models.tables.organisation import Account, Institution, Post
from models.types import OPEN_TASK_STATES, Role, TaskState

RowT = TypeVar("RowT", CaseComment, CaseCopy, Urge)
Position = tuple[datetime, UUID]
"""Keyset position: instant and id of the last row seen."""


def shown_to(case_id: Any, account_id: UUID) -> ColumnElement[bool]:
    """The condition that the case (a column) was shown to a person: by a copy, a mention, a question or an act."""
    of_case = col(CaseComment.case_id) == case_id
    mentioned = cast(col(CaseComment.mentions), String).contains(str(account_id), autoescape=True)
    acted = or_(col(Decision.actor_id) == account_id, col(Decision.on_behalf_of) == account_id)
    return or_(
        select(CaseCopy.id).where(col(CaseCopy.case_id) == case_id, CaseCopy.account_id == account_id).exists(),
        select(CaseComment.id).where(of_case, or_(col(CaseComment.asked_id) == account_id, mentioned)).exists(),
        select(Decision.id).where(col(Decision.case_id) == case_id, acted).exists(),
    )


class DeskStore:
    """What stands around a case: never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def shown_case(self, case_id: UUID, account_id: UUID) -> Case | None:
        """The case, when it was shown to the person."""
        return self.session.exec(select(Case).where(Case.id == case_id, shown_to(Case.id, account_id))).first()

    def shown_task(self, task_id: UUID, account_id: UUID) -> Task | None:
        """The task, when its case was shown to the person."""
        return self.session.exec(select(Task).where(Task.id == task_id, shown_to(Task.case_id, account_id))).first()

    def posts_near(self, ancestry: list[Institution], roles: Iterable[Role]) -> list[tuple[Account, Role, Institution]]:
        """Enabled people with one of the roles at an institution of the same branch, or at one above; by name."""
        own = col(Institution.code).in_([place.code for place in ancestry])
        # Of a case of head office, head office alone: not the whole company.
        branch = col(Institution.path).startswith(ancestry[-2].path, autoescape=True) if ancestry[1:] else false()
        statement = (
            select(Account, Post.role, Institution)
            .join(Post, col(Post.account_id) == Account.id)
            .join(Institution, col(Institution.code) == Post.institution_code)
            .where(or_(own, branch), col(Post.role).in_(list(roles)), col(Account.disabled_at).is_(None))
            .order_by(Account.name, Account.login, col(Post.id))
        )
        return [(account, Role(role), place) for account, role, place in self.session.exec(statement)]

    def open_tasks(self, case_id: UUID) -> list[Task]:
        """Tasks of the case that somebody has to do now, the most pressing first."""
        statement = select(Task).where(Task.case_id == case_id, col(Task.state).in_(OPEN_TASK_STATES))
        return list(self.session.exec(statement.order_by(col(Task.due_at), col(Task.id))))

    def claim(self, task_id: UUID, account_id: UUID, at: datetime) -> bool:
        """Take a task that waits for its post, in one conditional statement; False when somebody was faster."""
        waiting = (col(Task.id) == task_id, col(Task.state) == TaskState.OPEN, col(Task.assignee_id).is_(None))
        taken = update(Task).where(*waiting).values(state=TaskState.CLAIMED, assignee_id=account_id, claimed_at=at)
        return self._one(taken)

    def release(self, task_id: UUID, account_id: UUID) -> bool:
        """Give a claimed task back to its post; False when it is not the person's claim any more."""
        mine = (col(Task.id) == task_id, col(Task.state) == TaskState.CLAIMED, col(Task.assignee_id) == account_id)
        return self._one(update(Task).where(*mine).values(state=TaskState.OPEN, assignee_id=None, claimed_at=None))

    def snooze(self, account_id: UUID, task_id: UUID) -> TaskSnooze | None:
        """Until when the person put the task off."""
        return self.session.get(TaskSnooze, (account_id, task_id))

    def snoozed(self, account_id: UUID, task_ids: Collection[UUID]) -> dict[UUID, datetime]:
        """Until when the person put off each of the tasks."""
        mine = (col(TaskSnooze.account_id) == account_id, col(TaskSnooze.task_id).in_(task_ids))
        return dict(self.session.exec(select(TaskSnooze.task_id, TaskSnooze.until).where(*mine)).all())

    def copies(self, case_id: UUID, account_ids: Collection[UUID]) -> dict[UUID, CaseCopy]:
        """Copies of the case by person, of these people."""
        statement = select(CaseCopy).where(CaseCopy.case_id == case_id, col(CaseCopy.account_id).in_(account_ids))
        return {copy.account_id: copy for copy in self.session.exec(statement)}

    def mark_read(self, case_id: UUID, account_id: UUID, at: datetime) -> bool:
        """Note that the person opened its copy; False when it had none, or opened it before."""
        unread = (
            col(CaseCopy.case_id) == case_id,
            col(CaseCopy.account_id) == account_id,
            col(CaseCopy.read_at).is_(None),
        )
        return self._one(update(CaseCopy).where(*unread).values(read_at=at))

    def comment(self, comment_id: UUID) -> CaseComment | None:
        """A comment, question or answer by its id."""
        return self.session.get(CaseComment, comment_id)

    def questions_to(self, account_id: UUID, limit: int) -> list[CaseComment]:
        """征询 that this person has not answered yet, oldest first, of cases that are still open."""
        statement = (
            select(CaseComment)
            .join(Case, col(Case.id) == CaseComment.case_id)
            .where(CaseComment.asked_id == account_id, col(CaseComment.answered_at).is_(None))
            .where(col(Case.outcome).is_(None))
            .order_by(col(CaseComment.at), col(CaseComment.id))
        )
        return list(self.session.exec(statement.limit(limit)))

    def answer_open(self, question_id: UUID, at: datetime) -> bool:
        """Mark a question as answered, once; False when it was answered already."""
        unanswered = (col(CaseComment.id) == question_id, col(CaseComment.answered_at).is_(None))
        return self._one(update(CaseComment).where(*unanswered).values(answered_at=at))

    def comments(self, case_id: UUID, after: Position | None, limit: int) -> list[CaseComment]:
        """What was said on the case, oldest first, from a keyset position on."""
        return self._in_order(CaseComment, case_id, after, limit)

    def copies_of(self, case_id: UUID, after: Position | None, limit: int) -> list[CaseCopy]:
        """To whom the case was copied, oldest first."""
        return self._in_order(CaseCopy, case_id, after, limit)

    def urges(self, case_id: UUID, after: Position | None, limit: int) -> list[Urge]:
        """Who urged on the case, oldest first."""
        return self._in_order(Urge, case_id, after, limit)

    def last_urges(self, task_ids: Collection[UUID]) -> dict[UUID, datetime]:
        """When each of the tasks was urged last."""
        statement = (
            select(Urge.task_id, func.max(col(Urge.at)))
            .where(col(Urge.task_id).in_(task_ids))
            .group_by(col(Urge.task_id))
        )
        return dict(self.session.exec(statement).all())

    def attachments(self, comment_ids: Collection[UUID]) -> list[CaseAttachment]:
        """Files of these comments, in the order they were sent."""
        statement = select(CaseAttachment).where(col(CaseAttachment.comment_id).in_(comment_ids))
        return list(self.session.exec(statement.order_by(col(CaseAttachment.at), col(CaseAttachment.id))))

    def attachments_by_task(self, case_id: UUID) -> dict[UUID, list[CaseAttachment]]:
        """Files of the comments on single tasks of a case, by task, in the order they were sent."""
        statement = (
            select(CaseComment.task_id, CaseAttachment)
            .join(CaseAttachment, col(CaseAttachment.comment_id) == CaseComment.id)
            .where(CaseComment.case_id == case_id, col(CaseComment.task_id).is_not(None))
            .order_by(col(CaseAttachment.at), col(CaseAttachment.id))
        )
        found: dict[UUID, list[CaseAttachment]] = {}
        for task_id, file in self.session.exec(statement):
            if task_id is not None:
                found.setdefault(task_id, []).append(file)
        return found

    def attachment(self, case_id: UUID, attachment_id: UUID) -> CaseAttachment | None:
        """A file of the case."""
        statement = select(CaseAttachment).where(CaseAttachment.case_id == case_id, CaseAttachment.id == attachment_id)
        return self.session.exec(statement).first()

    def alarms(self, task_id: UUID) -> list[TaskAlarm]:
        """Reminders, breaches and escalations of the task that went off, oldest first."""
        statement = select(TaskAlarm).where(TaskAlarm.task_id == task_id)
        return list(self.session.exec(statement.order_by(col(TaskAlarm.at), col(TaskAlarm.key))))

    def names(self, account_ids: Collection[UUID]) -> dict[UUID, str]:
        """Names of people by id."""
        statement = select(Account.id, Account.name).where(col(Account.id).in_(account_ids))
        return dict(self.session.exec(statement).all())

    def add(self, row: SQLModel) -> None:
        """Insert or change a row at once: the rows that follow refer to it."""
        self.session.add(row)
        self.session.flush()

    def delete(self, row: SQLModel) -> None:
        """Forget a row."""
        self.session.delete(row)
        self.session.flush()

    def _in_order(self, table: type[RowT], case_id: UUID, after: Position | None, limit: int) -> list[RowT]:
        statement = select(table).where(col(table.case_id) == case_id)
        if after is not None:
            later = or_(col(table.at) > after[0], and_(col(table.at) == after[0], col(table.id) > after[1]))
            statement = statement.where(later)
        return list(self.session.exec(statement.order_by(col(table.at), col(table.id)).limit(limit)))

    def _one(self, statement: Any) -> bool:
        """Whether a conditional update met its row; what the session knows of the row is read again."""
        changed = self.session.exec(statement.execution_options(synchronize_session="fetch")).rowcount
        return bool(changed)
