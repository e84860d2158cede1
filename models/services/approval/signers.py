"""Who signs a step: the specifications of the route, resolved from the tables when the step opens.

A seat that nobody can fill is opened all the same: it stays empty and operations is told, never a silent pass.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.messages.approval import ApprovalState, OpenTask, RouteStep, Signer, SignerSpec, StepState
from models.messages.calendar import CalendarSnapshot, Deadline
from models.rules import approval
from models.rules.calendar import due_on_date
from models.services.task_ids import new_task_id
from models.stores.accounts import AccountStore
from models.stores.people import PeopleStore
from models.tables.organisation import Account
from models.types import Role, Stage

NOWHERE = ""
"""Institution of a seat without anybody: no post is there, so nobody can take it but whom operations names."""


@dataclass(frozen=True)
class Seating:
    """What resolving asks of a case: its institution, the declarant's choice, and who may not sign now."""

    institution_code: str
    chosen: tuple[UUID, ...] = ()
    barred: frozenset[UUID] = frozenset()


def with_open_tasks(
    session: Session, state: ApprovalState, at: datetime, calendar: Callable[[], CalendarSnapshot]
) -> ApprovalState:
    """The state with the step it moved to, if it did, and a task for every seat whose turn it is.

    The calendar is asked for only when a step opens.
    """
    if state.outcome is not None:
        return state
    if approval.awaits_resubmission(state):
        return approval.with_tasks(state, (_resubmission(state, at, calendar()),))
    route = approval.step_to_open(state)
    if route is not None:
        state = approval.with_step(state, _opened(session, state, route, at, calendar()))
    seats = approval.signers_without_task(state)
    if state.step is None or not seats:
        return state
    deadline = state.step.deadline
    return approval.with_tasks(state, tuple(_task(state, signer, deadline, at) for signer in seats))


def resolve(session: Session, step: RouteStep, seating: Seating) -> tuple[Signer, ...]:
    """The seats of a step, numbered from 1. A person named twice in the same group holds one seat."""
    if not step.signers:
        return (Signer(signer_id="1", role=step.role, institution_code=step.institution_code or NOWHERE),)
    places = _places(session, step, seating.institution_code)
    found = [seat for spec in step.signers for seat in _seats(session, step, spec, places, seating)]
    kept = dict.fromkeys(_without_repeats(found))
    return tuple(seat.model_copy(update={"signer_id": str(number)}) for number, seat in enumerate(kept, start=1))


def names_of(session: Session, signer: Signer) -> tuple[str, ...]:
    """Whom a seat means now: the named person, or everybody who holds the post."""
    if signer.account_id is not None:
        return (signer.name,)
    if signer.role is None:
        return ()
    return tuple(account.name for account in PeopleStore(session).holders(signer.role, signer.institution_code))


def _opened(
    session: Session, state: ApprovalState, step: RouteStep, at: datetime, calendar: CalendarSnapshot
) -> StepState:
    seating = Seating(state.declarant_institution, state.chosen_signers, approval.barred_people(state))
    return StepState(
        stage=step.stage,
        round=state.round,
        rule=step.rule,
        needed=step.needed,
        percent=step.percent,
        signers=resolve(session, step, seating),
        opened_at=at,
        deadline=due_on_date(calendar, step.due_on, at, state.min_allowance_working_days),
    )


def _task(state: ApprovalState, signer: Signer, deadline: Deadline, at: datetime) -> OpenTask:
    step = approval.step_of(state, state.stage)
    return OpenTask(
        task_id=new_task_id(),
        step=step.stage.value,
        role=signer.role or step.role,
        institution_code=signer.institution_code,
        assignee_id=signer.account_id,
        opened_at=at,
        deadline=deadline,
        signer_id=signer.signer_id,
    )


def _resubmission(state: ApprovalState, at: datetime, calendar: CalendarSnapshot) -> OpenTask:
    """The declarant's task after a return, due when the first step would be."""
    first = approval.steps_taken(state)[0]
    return OpenTask(
        task_id=new_task_id(),
        step=Stage.DECLARED.value,
        role=Role.MGR,
        institution_code=state.declarant_institution,
        assignee_id=state.declared_by,
        opened_at=at,
        deadline=due_on_date(calendar, first.due_on, at, state.min_allowance_working_days),
    )


def _places(session: Session, step: RouteStep, institution_code: str) -> dict[str, str]:
    """Institution codes by how a specification names them; what has nothing above it is its own parent."""
    above = [item.code for item in PeopleStore(session).ancestry(institution_code)] or [institution_code]
    return {
        "level": step.institution_code or NOWHERE,
        "institution": institution_code,
        "parent": above[min(1, len(above) - 1)],
        "root": above[-1],
    }


def _seats(
    session: Session, step: RouteStep, spec: SignerSpec, places: dict[str, str], seating: Seating
) -> Iterator[Signer]:
    people = PeopleStore(session)
    nobody = Signer(signer_id="", role=step.role, institution_code=NOWHERE, group=spec.group)
    if spec.role is not None:
        code = places[spec.at]
        post = Signer(signer_id="", role=spec.role, institution_code=code, group=spec.group)
        if not spec.each:
            yield post
            return
        named = [person for person in people.holders(spec.role, code) if person.id not in seating.barred]
        yield from _named(named, spec, role=spec.role, code=code, otherwise=post)
    elif spec.login is not None:
        person = AccountStore(session).by_login(spec.login)
        yield from _named([person] if person else [], spec, role=step.role, code=places["level"], otherwise=nobody)
    else:
        chosen = (people.account(account_id) for account_id in seating.chosen)
        found = [person for person in chosen if person is not None]
        yield from _named(found, spec, role=step.role, code=places["level"], otherwise=nobody)


def _named(
    people: Iterable[Account], spec: SignerSpec, *, role: Role, code: str, otherwise: Signer
) -> Iterator[Signer]:
    found = [
        Signer(
            signer_id="",
            role=role,
            institution_code=code,
            account_id=person.id,
            name=person.name,
            group=spec.group,
        )
        for person in people
    ]
    yield from found or [otherwise]


def _without_repeats(seats: Iterable[Signer]) -> Iterator[Signer]:
    """Same person twice: one seat in each group, for nobody signs twice."""
    taken: set[tuple[UUID | None, str | None]] = set()
    for seat in seats:
        person = (seat.account_id, seat.group)
        if seat.account_id is None or person not in taken:
            taken.add(person)
            yield seat
