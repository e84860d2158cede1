"""代理 at an instant: who acts for whom, on which tasks, and whether this act of theirs is covered.

Every question is answered from the periods in the records, so a stand-in begins and ends by itself.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.messages.approval import NOBODY_TO_ACT, ApprovalState
from models.rulebook import Desk
from models.rules import approval
from models.rules.calendar import local_date
from models.rules.stand_ins import Appointment, Mandate, Reach, StoodFor, Subject, effective, mandates
from models.services.authority import is_authorised
from models.services.rulebooks import rulebook_in_force
from models.stores.institutions import InstitutionStore
from models.stores.people import PeopleStore
from models.stores.scope import EVERYTHING
from models.stores.stand_ins import PlacedStandIn, StandInStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Task
from models.tables.desk import StandIn
from models.types import KINDS_WITHOUT_APPROVAL, UNDECLARED_KINDS, CaseKind, Role, Stage, Tier

__all__ = [
    "StoodFor",
    "acting_for",
    "appointment",
    "chain_from",
    "covers",
    "may_act_for",
    "offered",
    "standing_for",
    "subject_of",
    "who_hears",
]

_ROOT = "/"


def covers(session: Session, principal_id: UUID, stand_in_id: UUID, case: Case, at: datetime) -> bool:
    """Whether `stand_in_id` is the one who acts for the principal on the case at the instant.

    Along the chain: whoever is away itself does not. Never for a case that the stand-in declared itself.
    """
    if _is_declarant(case, stand_in_id):
        return False
    chain = chain_from(session, principal_id, at, at)
    return effective(chain, principal_id, subject_of(session, case), at) == stand_in_id


def may_act_for(
    session: Session, principal_id: UUID, stand_in_id: UUID, task: Task, *, case: Case, at: datetime
) -> bool:
    """`covers`, and the stand-in may decide the task by posts of its own (rulebook `desk.take_over`)."""
    if not covers(session, principal_id, stand_in_id, case, at):
        return False
    return is_authorised(session, _desk(session, at), stand_in_id, Role(task.role), task.institution_code)


def who_hears(session: Session, case: Case, people: Collection[UUID], at: datetime) -> frozenset[UUID]:
    """Who hears of a task that these people may act on: they, and whoever stands in for one of them on the case.

    A principal that is away hears of it all the same. Never told in place of another: the declarant.
    """
    if not people or not StandInStore(session).onward(people, at, at):  # mostly nobody is away: one question
        return frozenset(people)
    subject = subject_of(session, case)
    found = (effective(chain_from(session, person, at, at), person, subject, at) for person in people)
    return frozenset(people) | {person for person in found if person and not _is_declarant(case, person)}


def acting_for(session: Session, account_id: UUID, task: Task, case: Case, at: datetime) -> StoodFor | None:
    """For whom the person may act on the task; None when it acts for itself or for nobody.

    Not offered where 四眼原则 bars the stand-in or everybody it stands in for.
    """
    if _is_own(session, account_id, task) or _is_declarant(case, account_id):
        return None
    subject = subject_of(session, case)
    found = [item for item in standing_for(session, account_id, at) if offered(item, task, subject)]
    barred = _barred(task, case) if found else frozenset()
    if account_id in barred:
        return None
    return next((item for item in found if item.principal_id not in barred), None)


def standing_for(session: Session, account_id: UUID, at: datetime) -> tuple[StoodFor, ...]:
    """Everybody the person acts for at the instant, by name, with what of their work it may decide."""
    found: dict[UUID, list[Mandate]] = {}
    for mandate in mandates(_chain_to(session, account_id, at), account_id, at):
        found.setdefault(mandate.principal_id, []).append(mandate)
    if not found:
        return ()
    may = _authority(session, account_id, at)
    people = (_stood_for(session, principal_id, parts, may) for principal_id, parts in found.items())
    return tuple(sorted((item for item in people if item), key=lambda item: (item.principal_name, item.principal_id)))


def offered(stood_for: StoodFor, task: Task, subject: Subject) -> bool:
    """Whether the task is one that the stand-in is given: the principal's by name or by post, and within scope."""
    post = (Role(task.role), task.institution_code)
    given = post in stood_for.assigned if task.assignee_id == stood_for.principal_id else False
    posted = task.assignee_id is None and post in stood_for.posts
    return (given or posted) and stood_for.covers(subject)


def chain_from(session: Session, principal_id: UUID, starts_at: datetime, ends_at: datetime) -> list[Appointment]:
    """Every appointment of the period on the way on from a person."""
    store = StandInStore(session)

    def onward(people: set[UUID]) -> list[PlacedStandIn]:
        return store.onward(people, starts_at, ends_at)

    return _walk(onward, principal_id, lambda row: row.stand_in_id)


def subject_of(session: Session, case: Case) -> Subject:
    """The case as scopes see it."""
    institution = InstitutionStore(session).get(case.institution_code, EVERYTHING)
    return Subject(CaseKind(case.kind), Tier(case.tier), institution.path if institution else _ROOT)


def appointment(placed: PlacedStandIn) -> Appointment:
    """The stored row as the rules see it; ending by hand cuts the period."""
    row = placed.row
    ends_at = row.ends_at if row.ended_at is None else min(row.ends_at, row.ended_at)
    reach = Reach(frozenset(map(CaseKind, row.kinds)), frozenset(map(Tier, row.tiers)), placed.path or _ROOT)
    return Appointment(row.principal_id, row.stand_in_id, row.starts_at, ends_at, reach)


def _chain_to(session: Session, account_id: UUID, at: datetime) -> list[Appointment]:
    store = StandInStore(session)
    found = _walk(lambda people: store.towards(people, at), account_id, lambda row: row.principal_id)
    away = store.onward({account_id}, at, at) if found else []
    return [*found, *map(appointment, away)]


def _walk(
    step: Callable[[set[UUID]], list[PlacedStandIn]], start: UUID, following: Callable[[StandIn], UUID]
) -> list[Appointment]:
    found: list[Appointment] = []
    seen, people = {start}, {start}
    while people:
        placed = step(people)
        found += map(appointment, placed)
        people = {following(item.row) for item in placed} - seen
        seen |= people
    return found


_May = Callable[[Iterable[tuple[Role, str]]], tuple[tuple[Role, str], ...]]


def _authority(session: Session, account_id: UUID, at: datetime) -> _May:
    """Which of some (role, institution) the person may decide by posts of its own."""
    desk = _desk(session, at)

    def may(posts: Iterable[tuple[Role, str]]) -> tuple[tuple[Role, str], ...]:
        asked = sorted(set(posts))
        return tuple(post for post in asked if is_authorised(session, desk, account_id, *post))

    return may


def _stood_for(session: Session, principal_id: UUID, parts: list[Mandate], may: _May) -> StoodFor | None:
    people = PeopleStore(session)
    principal = people.account(principal_id)
    if principal is None or principal.disabled_at is not None:
        return None
    posts = may((role, place.code) for role, place in people.posts(principal_id))
    assigned = may(TaskStore(session).assigned_posts(principal_id))
    return StoodFor(principal_id, principal.name, posts, tuple(parts), assigned)


def _is_own(session: Session, account_id: UUID, task: Task) -> bool:
    if task.assignee_id is not None:
        return task.assignee_id == account_id
    return PeopleStore(session).holds(account_id, Role(task.role), task.institution_code)


def _is_declarant(case: Case, account_id: UUID) -> bool:
    """四眼原则 keeps a declarant off its own declaration; who took a customer's request in may serve it."""
    return case.declared_by == account_id and case.kind not in UNDECLARED_KINDS


def _barred(task: Task, case: Case) -> frozenset[UUID]:
    if task.step in {NOBODY_TO_ACT, Stage.DECLARED.value} or case.kind in KINDS_WITHOUT_APPROVAL:
        return frozenset()
    return approval.barred_people(ApprovalState.model_validate(case.state))


def _desk(session: Session, at: datetime) -> Desk:
    return rulebook_in_force(session, local_date(at)).rulebook.desk
