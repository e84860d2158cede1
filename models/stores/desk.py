"""Queries of the desk around a task: people near a case, copies, comments, files, urges, snoozes, alarms."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, or_
from sqlmodel import Session, col, select

from models.tables.cases import Case, Decision, Task
from models.tables.desk import CaseComment, CaseCopy
from models.tables.organisation import Account, Institution, Post
from models.types import OPEN_TASK_STATES, Role


def shown_to(case_id: Any, account_id: UUID) -> ColumnElement[bool]:
    """The condition that the case (a column) was shown to a person: by a copy, a mention or a question, by a task of
    it that is or was the person's, or by an act of the person on it."""
    of_case = col(CaseComment.case_id) == case_id
    mentioned = cast(col(CaseComment.mentions), String).contains(str(account_id), autoescape=True)
    given = or_(col(Task.assignee_id) == account_id, col(Task.delegated_by) == account_id)
    acted = or_(col(Decision.actor_id) == account_id, col(Decision.on_behalf_of) == account_id)
    return or_(
        select(CaseCopy.id).where(col(CaseCopy.case_id) == case_id, CaseCopy.account_id == account_id).exists(),
        select(CaseComment.id).where(of_case, or_(col(CaseComment.asked_id) == account_id, mentioned)).exists(),
        select(Task.id).where(col(Task.case_id) == case_id, col(Task.state).in_(OPEN_TASK_STATES), given).exists(),
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
        near = [col(Institution.code).in_([place.code for place in ancestry])]
        if len(ancestry) > 1:  # of a case of head office, head office alone: not the whole company
            near.append(col(Institution.path).startswith(ancestry[-2].path, autoescape=True))
        statement = (
            select(Account, Post.role, Institution)
            .join(Post, col(Post.account_id) == Account.id)
            .join(Institution, col(Institution.code) == Post.institution_code)
            .where(or_(*near), col(Post.role).in_(list(roles)), col(Account.disabled_at).is_(None))
            .order_by(Account.name, Account.login, col(Post.id))
        )
        return [(account, Role(role), place) for account, role, place in self.session.exec(statement)]
