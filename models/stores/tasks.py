"""The inbox in SQL: one row per task, found by who may act, never one row per person.

Every arm of an inbox (`task_arms`) is read through its own partial index in the order of the list and cut there, so
that an inbox costs the same at a thousand tasks and at a million.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from models.stores.scope import Scope
from models.stores.task_arms import (
    Person,
    Post,
    TaskFilter,
    is_open,
    narrowed,
    of_cases,
    of_customer_in,
    queue_arms,
    todo_arms,
)
from models.tables.cases import Case, Task
from models.tables.desk import CaseCopy
from models.types import CaseKind, Role, TaskState

__all__ = ["COUNT_CAP", "Copied", "Person", "Position", "TaskFilter", "TaskStore"]

COUNT_CAP = 100
"""Counts stop here: "99+" is all a person needs to know, and no list costs a million rows to count."""
Position = tuple[datetime, UUID]
"""Keyset position: sort instant and id of the last row seen."""
Arms = Sequence[ColumnElement[bool]]
_BY_THE_PROGRAMME = (CaseKind.CARE_TOUCHPOINT, CaseKind.PERIOD_CLOSE)


class Copied(NamedTuple):
    """A case that was sent to a person to read (抄送)."""

    copy: CaseCopy
    case: Case


class TaskStore:
    """Tasks by id, by box and by case."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, task_id: UUID) -> Task | None:
        """A task by its opaque id, whoever asks."""
        return self.session.get(Task, task_id)

    def locked(self, task_id: UUID) -> Task | None:
        """The task as it stands now, held against a claim beside this transaction."""
        return self.session.get(Task, task_id, with_for_update=True, populate_existing=True)

    def visible(self, task_id: UUID, person: Person, scope: Scope) -> Task | None:
        """The task, when the person has or had to do with it, or its case lies in the scope."""
        reasons = (*_concerned(person), _copied_to(person), of_customer_in(scope))
        return self.session.exec(select(Task).where(Task.id == task_id, or_(*reasons))).first()

    def concerns(self, case_id: UUID, person: Person) -> bool:
        """Whether the person reads the case whatever its scope: it has or had a task of it, or a copy."""
        mine = or_(*_concerned(person), _copied_to(person))
        return self.session.exec(select(Task.id).where(Task.case_id == case_id, mine).limit(1)).first() is not None

    def todo(self, person: Person, wanted: TaskFilter, *, after: Position | None, limit: int) -> list[Task]:
        """待我处理: open tasks the person may act on, most pressing first, from a keyset position on."""
        return self._pressing(_todo(person), person, wanted, after=after, limit=limit)

    def queue(self, person: Person, wanted: TaskFilter, *, after: Position | None, limit: int) -> list[Task]:
        """岗位待领: open tasks of the person's own posts that nobody took yet, in the same order."""
        return self._pressing(_queue(person), person, wanted, after=after, limit=limit)

    def todo_counts(self, person: Person, wanted: Mapping[str, TaskFilter], cap: int = COUNT_CAP) -> dict[str, int]:
        """How many tasks `todo` would list for each of several filters, in one statement; at most `cap` each."""
        return self._counts(_todo(person), person, wanted, cap)

    def todo_count(self, person: Person, wanted: TaskFilter, cap: int = COUNT_CAP) -> int:
        """How many tasks `todo` would list, at most `cap`."""
        return self.todo_counts(person, {"all": wanted}, cap)["all"]

    def queue_count(self, person: Person, wanted: TaskFilter, cap: int = COUNT_CAP) -> int:
        """How many tasks `queue` would list, at most `cap`."""
        return self._counts(_queue(person), person, {"all": wanted}, cap)["all"]

    def done(self, person: Person, wanted: TaskFilter, *, after: Position | None, limit: int) -> list[Task]:
        """已办: tasks this person closed, newest first."""
        statement = narrowed(select(Task).where(Task.closed_by == person.account_id), person, wanted)
        return list(self.session.exec(_newest_first(statement, Task.closed_at, Task.id, after).limit(limit)))

    def started(self, person: Person, wanted: TaskFilter, *, after: Position | None, limit: int) -> list[Case]:
        """我发起的: cases this person declared or took in, newest first."""
        statement = of_cases(select(Case).where(_started_by(person)), wanted)
        return list(self.session.exec(_newest_first(statement, Case.opened_at, Case.id, after).limit(limit)))

    def started_open(self, person: Person, cap: int = COUNT_CAP) -> int:
        """How many of the cases this person declared still run, at most `cap`."""
        running = select(Case.id).where(_started_by(person), col(Case.outcome).is_(None))
        total: int = self.session.execute(select(_counted(running, cap))).scalar_one()
        return total

    def copies(self, person: Person, wanted: TaskFilter, *, after: Position | None, limit: int) -> list[Copied]:
        """抄送我: cases sent to this person to read, newest first, read or not."""
        rows = self.session.exec(
            _newest_first(_copies_of(person, wanted), CaseCopy.at, CaseCopy.id, after).limit(limit)
        )
        return [Copied(copy, case) for copy, case in rows]

    def unread_copies(self, person: Person, cap: int = COUNT_CAP) -> int:
        """How many of them were not opened yet, at most `cap`."""
        unread = select(CaseCopy.id).where(CaseCopy.account_id == person.account_id, col(CaseCopy.read_at).is_(None))
        total: int = self.session.execute(select(_counted(unread, cap))).scalar_one()
        return total

    def assigned_posts(self, account_id: UUID) -> list[Post]:
        """(role, institution) of the open tasks that a person was given by name, each once."""
        statement = select(Task.role, Task.institution_code).where(is_open(), Task.assignee_id == account_id)
        return [(Role(role), code) for role, code in self.session.exec(statement.distinct())]

    def assigned_to(self, account_id: UUID) -> Sequence[Task]:
        """Open tasks that lie with a person, by name or by its claim, held against acts beside this transaction."""
        statement = select(Task).where(is_open(), Task.assignee_id == account_id).order_by(col(Task.id))
        return self.session.exec(statement.with_for_update()).all()

    def add(self, row: Task) -> None:
        """Insert or update a task row, with the next flush."""
        self.session.add(row)

    def _pressing(
        self, arms: Arms, person: Person, wanted: TaskFilter, *, after: Position | None, limit: int
    ) -> list[Task]:
        due, number = col(Task.due_at), col(Task.id)
        found = []
        for arm in arms:
            statement = narrowed(select(Task).where(is_open(), arm), person, wanted)
            if after is not None:
                # Not "later, or as late and then by id": only the plain bound on the instant enters the index.
                statement = statement.where(due >= after[0], or_(due > after[0], number > after[1]))
            found.append(self.session.exec(statement.order_by(due, number).limit(limit)).all())
        return list(islice(merge(*found, key=lambda task: (task.due_at, task.id)), limit))

    def _counts(self, arms: Arms, person: Person, wanted: Mapping[str, TaskFilter], cap: int) -> dict[str, int]:
        numbers = [
            _counted(narrowed(select(col(Task.id)).where(is_open(), arm), person, asked), cap)
            for asked in wanted.values()
            for arm in arms
        ]
        if not numbers:
            return dict.fromkeys(wanted, 0)
        row: Sequence[int] = self.session.execute(select(*numbers)).one()
        sums = (sum(row[start : start + len(arms)]) for start in range(0, len(row), len(arms)))
        return {name: min(cap, total) for name, total in zip(wanted, sums, strict=True)}


def _started_by(person: Person) -> ColumnElement[bool]:
    """What the programme starts by itself, such as the care of a plan or the close of a quarter, is nobody's doing."""
    return and_(col(Case.declared_by) == person.account_id, col(Case.kind).not_in(_BY_THE_PROGRAMME))


def _todo(person: Person) -> Arms:
    return list(todo_arms(person))


def _queue(person: Person) -> Arms:
    return [and_(arm, col(Task.state) == TaskState.OPEN) for arm in queue_arms(person.posts)]


def _concerned(person: Person) -> Iterator[ColumnElement[bool]]:
    """Open tasks of the person's inbox, what it gave to a delegate, and what it closed itself."""
    yield from (and_(is_open(), arm) for arm in todo_arms(person))
    yield col(Task.delegated_by) == person.account_id
    yield col(Task.closed_by) == person.account_id


def _copied_to(person: Person) -> ColumnElement[bool]:
    copy = select(CaseCopy.id).where(CaseCopy.case_id == Task.case_id, CaseCopy.account_id == person.account_id)
    return copy.exists()


def _copies_of(person: Person, wanted: TaskFilter) -> Any:
    joined = select(CaseCopy, Case).join(Case, col(Case.id) == CaseCopy.case_id)
    return of_cases(joined.where(CaseCopy.account_id == person.account_id), wanted)


def _counted(statement: SelectOfScalar[Any], cap: int) -> Any:
    return select(func.count()).select_from(statement.limit(cap).subquery()).scalar_subquery()


def _newest_first(statement: Any, at: Any, number: Any, after: Position | None) -> Any:
    if after is not None:
        statement = statement.where(col(at) <= after[0], or_(col(at) < after[0], col(number) < after[1]))
    return statement.order_by(col(at).desc(), col(number).desc())
