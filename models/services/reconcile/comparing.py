"""One case and its tasks beside its workflow: what differs, and the rows as they should be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models.messages.rollout import RolloutState
from models.ops_types import MENDABLE, DriftKind
from models.services.case_state import CaseState, state_class, state_of
from models.services.reconcile.folding import Act, Expected, Named, fold, gaps
from models.services.reconcile.rows import aligned_case, aligned_task, case_sides, closed_by, task_sides
from models.services.rollout.tasks import names_of
from models.services.rulebooks import rulebook_of
from models.stores.case_names import case_name
from models.stores.reconcile import ReconcileStore, Standing
from models.tables.cases import Case, Membership, Task
from models.tables.season import QuotaSeason
from models.tables.survey import SurveyCampaign
from models.types import TaskState


@dataclass(frozen=True)
class Difference:
    """One thing that differs. `should` is the row as it should be; None: there should be none.

    `again`: the run lacks what a start of it from the records would tell it.
    """

    kind: DriftKind
    task_id: UUID | None = None
    sides: dict[str, Any] = field(default_factory=dict)
    should: Case | Task | QuotaSeason | SurveyCampaign | Membership | None = None
    again: bool = False


@dataclass(frozen=True)
class Compared:
    """What differs of a case, and a mark of its record that moves with every act."""

    differences: tuple[Difference, ...]
    mark: tuple[int, int, int]
    state: CaseState | None = None
    """The workflow's state it was compared with."""

    @property
    def record_ahead(self) -> bool:
        """Whether the record knows an act that the workflow does not."""
        return any(found.kind is DriftKind.RECORD_AHEAD for found in self.differences)

    @property
    def mendable(self) -> tuple[Difference, ...]:
        """What a repair may rewrite: nothing while the record is ahead."""
        if self.record_ahead:
            return ()
        return tuple(found for found in self.differences if found.kind in MENDABLE)


def compare(session: Session, case: Case, now: CaseState | None) -> Compared:
    """The case beside its workflow's state; beside its own acts where the engine has no history of it any more."""
    store = ReconcileStore(session)
    standings = store.decisions(case.id)
    read = state_class(case.kind).model_validate
    acts = [Act(read(standing.effect), standing.at) for standing in standings if standing.effect]
    state = now or (acts[-1].state if acts else state_of(case))
    mark = (case.version, len(standings), len(state.acts))
    ahead = [standing.step_no for standing in standings if standing.step_no > state.step_no]
    if ahead:
        return Compared((Difference(DriftKind.RECORD_AHEAD, sides={"step_no": [ahead[-1], state.step_no]}),), mark, now)
    expected = fold(case, acts, state, _named(session, case, state))
    return Compared(tuple(_differences(store, case, expected, standings, gaps(acts, state) if acts else ())), mark, now)


def _named(session: Session, case: Case, state: CaseState) -> Named:
    """What a task is called by: its piece of work in a launch, else whom the case is about."""
    own: dict[UUID, str] = {}
    if isinstance(state, RolloutState):
        rollout = rulebook_of(session, case.rulebook_version_id).rulebook.rollout
        own = names_of(state.tasks, {task.number: task.name_zh for task in rollout.tasks})
    return lambda task_id: own.get(task_id) or case_name(session, case)


def _differences(
    store: ReconcileStore, case: Case, expected: Expected, standings: Sequence[Standing], missing: Sequence[int]
) -> Iterator[Difference]:
    if missing:
        yield Difference(DriftKind.DECISION_MISSING, sides={"step_no": [None, list(missing)]})
    should = aligned_case(case, expected.case)
    if sides := case_sides(case, should):
        yield Difference(DriftKind.CASE_DIFFERS, sides=sides, should=should)
    yield from _tasks(store, case, expected, {act.task_id: act for act in standings if act.task_id})


def _tasks(
    store: ReconcileStore, case: Case, expected: Expected, closing: dict[UUID, Standing]
) -> Iterator[Difference]:
    rows = {row.id: row for row in store.tasks(case.id)}
    breaches, redated = store.breaches(case.id), store.followed_calendar(case.id)
    for task_id, known in expected.tasks.items():
        row = rows.pop(task_id, None) or store.task(task_id)
        if row is None:
            known.breached_at = breaches.get(task_id)
            yield Difference(DriftKind.TASK_MISSING, task_id, {"state": [None, known.state.value]}, known)
            continue
        should = aligned_task(row, known, breaches.get(task_id), redated=redated)
        if sides := task_sides(row, should):
            yield Difference(DriftKind.TASK_DIFFERS, task_id, sides, should)
    for row in rows.values():
        yield from _unexpected(store, row, expected, closing.get(row.id))


def _unexpected(store: ReconcileStore, row: Task, expected: Expected, closing: Standing | None) -> Iterator[Difference]:
    """A row of a task that the workflow does not have: one too many, or left open by an act that closed it."""
    if row.state is TaskState.CANCELLED and store.is_referred_to(row.id):
        return  # one too many once, and closed since then: it cannot go, for others name it
    if closing is None:
        # Of a launch alone it is not known which parts fell away; a task that is done has the act that did it.
        if expected.whole or row.state is not TaskState.CANCELLED:
            yield Difference(DriftKind.TASK_EXTRA, row.id, {"state": [row.state.value, None]})
        return
    should = closed_by(row, closing)
    if sides := task_sides(row, should):
        yield Difference(DriftKind.TASK_DIFFERS, row.id, sides, should)
