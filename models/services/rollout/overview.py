"""A launch as people read it: every piece of work with its parts, as far as the reader may see them."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Self
from uuid import UUID

from sqlmodel import Session

from models.messages.calendar import CalendarSnapshot
from models.messages.rollout import Part, PartDone, PartTask, RolloutState
from models.rulebook import RolloutTask
from models.rules import rollout
from models.rules.rollout import ItemStanding, Progress
from models.rules.seats import HEAD_OFFICE_SCOPE
from models.services.calendars import case_calendar
from models.services.case_state import launch_of
from models.services.rulebooks import rulebook_of
from models.stores.desk import DeskStore
from models.stores.institutions import InstitutionStore
from models.stores.people import PeopleStore
from models.stores.rollout import RolloutStore
from models.stores.scope import EVERYTHING, Scope
from models.tables.cases import Case, Decision, Task
from models.tables.desk import CaseAttachment
from models.tables.organisation import Institution


@dataclass(frozen=True)
class PartRow:
    """One part: open with its task, done with its result, or neither yet. `holder` is whom it was given to."""

    part: Part
    place: str
    task: Task | None = None
    version: int = 0
    holder: str = ""
    late: bool = False
    done: Decision | None = None
    files: tuple[CaseAttachment, ...] = ()


@dataclass(frozen=True)
class ItemRow:
    """One piece of work: what the rulebook says of it, where it stands, and its parts in the reader's scope."""

    entry: RolloutTask
    standing: ItemStanding
    parts: tuple[PartRow, ...]


@dataclass(frozen=True)
class Overview:
    """The whole launch."""

    case: Case
    state: RolloutState
    calendar: CalendarSnapshot
    items: tuple[ItemRow, ...]
    progress: Progress
    places: Mapping[str, Institution]

    @property
    def late_first(self) -> tuple[ItemRow, ...]:
        """Late work first, then by number."""
        return tuple(sorted(self.items, key=lambda row: (not row.standing.late, row.entry.number)))


def overview_of(session: Session, case: Case, scope: Scope, now: datetime) -> Overview | None:
    """The launch as the scope sees it: the plan of work whole, the parts of head office and of its own branches.

    None for who has nothing to do with it: no branch of the scope takes part.
    """
    state, places = launch_of(case), {row.code: row for row in InstitutionStore(session).all(EVERYTHING)}
    seen = _seen(state, places, scope)
    if not seen:
        return None
    calendar = case_calendar(session, case, now)
    reading = _Reading.of(session, case, seen | {HEAD_OFFICE_SCOPE}, places, now)
    template = rulebook_of(session, case.rulebook_version_id).rulebook.rollout
    rows = tuple(
        ItemRow(template.task(found.item.number), found, reading.parts(found))
        for found in rollout.standing(state, now, calendar)
    )
    return Overview(case, state, calendar, rows, rollout.progress(state), places)


def _seen(state: RolloutState, places: Mapping[str, Institution], scope: Scope) -> set[str]:
    """Codes of the branches that the reader sees: those in its scope, and the one that it belongs to itself."""
    paths = {code: places[code].path for code in state.branches if code in places}
    return {
        code for code, path in paths.items() if scope.covers(path) or any(own.startswith(path) for own in scope.paths)
    }


@dataclass(frozen=True)
class _Reading:
    """Everything the parts are made from, loaded at once."""

    session: Session
    state: RolloutState
    now: datetime
    seen: Set[str]
    places: Mapping[str, Institution]
    tasks: Mapping[UUID, Task]
    results: Mapping[UUID, Decision]
    files: Mapping[UUID, Sequence[CaseAttachment]]

    @classmethod
    def of(cls, session: Session, case: Case, seen: Set[str], places: Mapping[str, Institution], now: datetime) -> Self:
        """Four queries, however many parts there are."""
        store, state = RolloutStore(session), launch_of(case)
        files = DeskStore(session).attachments_by_task(case.id)
        return cls(session, state, now, seen, places, store.tasks(case.id), store.results(case.id), files)

    @cached_property
    def open(self) -> Mapping[Part, PartTask]:
        """Open tasks by part."""
        return {task.part: task for task in self.state.tasks}

    @cached_property
    def done(self) -> Mapping[Part, PartDone]:
        """What is done, by part."""
        return {entry.part: entry for entry in self.state.done}

    def parts(self, found: ItemStanding) -> tuple[PartRow, ...]:
        """The parts of one item that the reader sees."""
        parts = rollout.parts_of(found.item, self.state.branches)
        return tuple(self._row(part) for part in parts if part.institution_code in self.seen)

    def _row(self, part: Part) -> PartRow:
        place = self.places.get(part.institution_code)
        name = place.name if place else part.institution_code
        if part in self.done:
            task_id = self.done[part].task_id
            files = tuple(self.files.get(task_id, ()))
            return PartRow(part, name, self.tasks.get(task_id), done=self.results.get(task_id), files=files)
        task = self.open.get(part)
        if task is None:
            return PartRow(part, name)
        row, late = self.tasks.get(task.task_id), task.deadline.due_at < self.now
        return PartRow(part, name, row, version=task.version, holder=self._holder(row), late=late)

    def _holder(self, row: Task | None) -> str:
        account = PeopleStore(self.session).account(row.assignee_id) if row and row.assignee_id else None
        return account.name if account else ""
