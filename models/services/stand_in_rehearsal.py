"""预演: before a leave, which tasks go to whom and which have nobody who may decide them.

What is open now is listed task by task; what may come is told by post, from the steps of the procedure.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.messages.approval import NOBODY_TO_ACT, ApprovalState
from models.rulebook import Rulebook
from models.rules import approval
from models.rules.calendar import local_date
from models.rules.stand_ins import Appointment, Subject, effective
from models.services.authority import is_authorised
from models.services.case_state import is_approval
from models.services.rulebooks import rulebook_in_force
from models.services.stand_in_setting import Planned
from models.services.stand_ins import chain_from, standing_for, subject_of
from models.stores.cases import CaseStore
from models.stores.people import PeopleStore
from models.stores.tasks import Person, TaskFilter, TaskStore
from models.tables.cases import Case, Task
from models.tables.organisation import Institution
from models.types import UNDECLARED_KINDS, CaseKind, Role, Stage, Tier

AT_MOST = 500
"""So many open tasks are looked at; nobody reads more, and the counts say "500+"."""


class Gap(StrEnum):
    """Why a task goes to nobody."""

    OUT_OF_SCOPE = "out_of_scope"
    NO_AUTHORITY = "no_authority"
    DECLARANT = "declarant"
    FOUR_EYES = "four_eyes"


@dataclass(frozen=True)
class Outlook:
    """An open task: the account that will have it, or why nobody; how many others of the post may do it anyway."""

    task: Task
    to: UUID | None
    to_name: str
    gap: Gap | None
    others: int


@dataclass(frozen=True)
class PostOutlook:
    """What may still come to a post of the principal: steps of the procedure, who gets them, what stays open."""

    role: Role
    institution_code: str
    institution_name: str
    stages: tuple[Stage, ...]
    to_names: tuple[str, ...]
    gaps: tuple[Gap, ...]
    others: int


@dataclass(frozen=True)
class Rehearsal:
    """The outlook at the first moment of the stand-in, by today's tasks and people."""

    tasks: tuple[Outlook, ...]
    posts: tuple[PostOutlook, ...]
    cut: bool
    """There are more open tasks than were looked at."""

    @property
    def goes(self) -> tuple[tuple[str, int], ...]:
        """How many tasks go to whom, most first."""
        return tuple(Counter(item.to_name for item in self.tasks if item.gap is None).most_common())

    def left(self, *gaps: Gap) -> int:
        """How many tasks go to nobody, for one of these reasons or for any."""
        wanted = gaps or tuple(Gap)
        return sum(item.gap in wanted for item in self.tasks)


class _Scene(NamedTuple):
    """What every question of one rehearsal is asked with."""

    session: Session
    planned: Planned
    chain: tuple[Appointment, ...]
    rulebook: Rulebook
    at: datetime


def rehearse(session: Session, planned: Planned) -> Rehearsal:
    """What the planned stand-in would do; nothing is stored."""
    at = planned.appointment.starts_at
    people = PeopleStore(session)
    posts = people.posts(planned.principal.id)
    person = Person(
        planned.principal.id,
        tuple((role, place.code) for role, place in posts),
        standing_for(session, planned.principal.id, at),
    )
    origins = (planned.principal.id, *(item.principal_id for item in person.stands_for))
    scene = _Scene(session, planned, _chain(session, planned, origins, at), _rulebook(session, at), at)
    rows = TaskStore(session).todo(person, TaskFilter(), after=None, limit=AT_MOST + 1)
    cases = CaseStore(session).by_ids({row.case_id for row in rows})
    outlooks = tuple(_outlook(scene, origins, row, cases[row.case_id]) for row in rows[:AT_MOST])
    ahead = (_post_outlook(scene, role, place) for role, place in posts)
    return Rehearsal(outlooks, tuple(item for item in ahead if item.stages), len(rows) > AT_MOST)


def _chain(session: Session, planned: Planned, origins: Sequence[UUID], at: datetime) -> tuple[Appointment, ...]:
    """Everything that sends work on at that moment, with the planned one as if it stood already."""
    starts = (*origins, planned.stand_in.id)
    found = (item for start in starts for item in chain_from(session, start, at, at))
    return tuple(dict.fromkeys((planned.appointment, *found)))


def _rulebook(session: Session, at: datetime) -> Rulebook:
    return rulebook_in_force(session, local_date(at)).rulebook


def _outlook(scene: _Scene, origins: Sequence[UUID], task: Task, case: Case) -> Outlook:
    subject = subject_of(scene.session, case)
    asked = [_whose(scene, origin, task, case, subject) for origin in _owners(scene, origins, task)]
    to, gap = next((found for found in asked if found[1] is None), asked[0])
    others = _others(scene, task, {*_barred(task, case), *origins, *([to] if to else [])})
    return Outlook(task, to if gap is None else None, _name(scene, to) if gap is None else "", gap, others)


def _owners(scene: _Scene, origins: Sequence[UUID], task: Task) -> Sequence[UUID]:
    """Whose task it is: of the one it was given to, else of the principal before those it stands in for itself."""
    own = scene.planned.principal.id
    if task.assignee_id is not None:
        return (task.assignee_id if task.assignee_id in origins else own,)
    people = PeopleStore(scene.session)
    return [one for one in origins if people.holds(one, Role(task.role), task.institution_code)] or (own,)


def _whose(scene: _Scene, origin: UUID, task: Task, case: Case, subject: Subject) -> tuple[UUID | None, Gap | None]:
    to = effective(scene.chain, origin, subject, scene.at)
    if to is None or to == scene.planned.principal.id:
        return None, Gap.OUT_OF_SCOPE
    if to == case.declared_by and case.kind not in UNDECLARED_KINDS:
        return to, Gap.DECLARANT
    if not is_authorised(scene.session, scene.rulebook.desk, to, Role(task.role), task.institution_code):
        return to, Gap.NO_AUTHORITY
    return to, Gap.FOUR_EYES if to in _barred(task, case) else None


def _barred(task: Task, case: Case) -> frozenset[UUID]:
    if not is_approval(case):
        return frozenset()
    if task.step in {NOBODY_TO_ACT, Stage.DECLARED.value}:
        return frozenset({case.declared_by})
    return approval.barred_people(ApprovalState.model_validate(case.state))


def _others(scene: _Scene, task: Task, but: set[UUID]) -> int:
    if task.assignee_id is not None:
        return 0
    return len(PeopleStore(scene.session).holder_ids(Role(task.role), task.institution_code) - but)


def _name(scene: _Scene, account_id: UUID | None) -> str:
    account = PeopleStore(scene.session).account(account_id) if account_id else None
    return account.name if account else ""


def _post_outlook(scene: _Scene, role: Role, place: Institution) -> PostOutlook:
    steps = tuple(step.stage for step in scene.rulebook.procedure.steps if step.role is role)
    found = {_coming(scene, role, place, subject) for subject in _subjects(scene, place)}
    names = sorted({_name(scene, to) for to, gap in found if gap is None})
    gaps = sorted({gap for _, gap in found if gap is not None})
    left = PeopleStore(scene.session).holder_ids(role, place.code) - {scene.planned.principal.id}
    others = len(left - {to for to, gap in found if to and gap is None})
    return PostOutlook(role, place.code, place.name, steps, tuple(names), tuple(gaps), others)


def _subjects(scene: _Scene, place: Institution) -> Iterable[Subject]:
    """Cases that may come: of every tier, of the whole subtree and of the part that the scope names."""
    within = scene.planned.appointment.reach.path
    paths = {place.path, within} if within.startswith(place.path) else {place.path}
    tiers = (Tier.SILVER, Tier.GOLD)
    return (Subject(CaseKind.QUALIFICATION, tier, path) for tier in tiers for path in paths)


def _coming(scene: _Scene, role: Role, place: Institution, subject: Subject) -> tuple[UUID | None, Gap | None]:
    to = effective(scene.chain, scene.planned.principal.id, subject, scene.at)
    if to is None:
        return None, Gap.OUT_OF_SCOPE
    fits = is_authorised(scene.session, scene.rulebook.desk, to, role, place.code)
    return to, None if fits else Gap.NO_AUTHORITY
