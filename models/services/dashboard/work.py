"""Open work: how old it is, and whose queue it waits in."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from uuid import UUID

from sqlmodel import Session, col

from models.errors import DomainError, ErrorCode
from models.rules import calendar as cal
from models.services.dashboard.figures import Found, Line, Part
from models.services.dashboard.standing import Standing
from models.stores import dashboard as store
from models.stores.dashboard import Key, Span
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING
from models.tables.cases import Task
from models.types import CaseKind, Role

AGES = (1, 3, 5, 10)
"""Working days between the groups of age: up to one, up to three... and above ten."""
AGE_MARKS = tuple(f"age{at}" for at in range(len(AGES) + 1))
MOST_QUEUES = 10
NEWEST_STEPS = 50
"""A median of handling stands on the newest steps of a queue: enough to tell, and the same cost for every span."""
_MINUTES = Decimal(60)
_TENTH = Decimal("0.1")


def ageing(session: Session, at: Standing) -> tuple[Line, ...]:
    """Open tasks by kind, and how many working days they have been open."""
    found = store.numbers(session, _open_tasks(at))
    return tuple(Line(kind.value, (kind,), found[kind,]) for kind in CaseKind if (kind,) in found)


def rows_of_ageing(at: Standing, key: str) -> Found:
    """The open tasks of one kind."""
    kind = next((kind for kind in CaseKind if kind.value == key), None)
    if kind is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return Found(_open_tasks(at), (col(Task.kind) == kind,))


def _open_tasks(at: Standing) -> store.Counted:
    bounds = [cal.subtract_working_days(at.calendar, at.now, days) for days in AGES]
    return store.open_tasks(at.ground, bounds)


def queues(session: Session, at: Standing) -> tuple[Line, ...]:
    """Whose queue is longest: most overdue first; with the median handling time in working hours of its last steps."""
    found = store.numbers(session, store.queues(at.ground, at.now))
    most = sorted(found, key=lambda key: (-found[key]["overdue"], -found[key]["waiting"], _text(key)))[:MOST_QUEUES]
    done = store.handled(at.ground)
    handled, spans = store.handled_of(session, done, most), store.newest_spans(session, done, most, NEWEST_STEPS)
    called = _names(session, most)
    return tuple(
        Line(
            _text(key),
            called[at_],
            {**found[key], "handled": handled.get(at_, 0), "median": _median(at, spans.get(at_, ()))},
        )
        for at_, key in enumerate(most)
    )


def rows_of_queues(at: Standing, key: str) -> Found:
    """The open tasks of one queue."""
    return Found(store.queues(at.ground, at.now), store.of_queue(_key(key)))


def rows_of_handled(at: Standing, key: str) -> Found:
    """The steps that one queue handled in the span."""
    return Found(store.handled(at.ground), store.of_queue(_key(key), Task.closed_by))


def _text(key: Key) -> str:
    role, institution_code, person = key
    return f"{role}.{institution_code}.{person or ''}"


def _key(text: str) -> Key:
    """What `_text` made. Raises NOT_FOUND."""
    role, _, rest = text.partition(".")
    institution_code, _, person = rest.rpartition(".")
    try:
        return Role(role), institution_code, UUID(person) if person else None
    except ValueError as error:
        raise DomainError(ErrorCode.NOT_FOUND) from error


def _names(session: Session, keys: Sequence[Key]) -> list[tuple[Part, ...]]:
    """The institution, and the person, or the post whose task nobody took yet."""
    names: dict[str, str] = {item.code: item.name for item in InstitutionStore(session).all(EVERYTHING)}
    people = store.people(session, [person for _, _, person in keys if person])
    called: list[tuple[Part, ...]] = []
    for role, code, person in keys:
        who: Part = people[person] if person else role
        called.append((names.get(code) or code, who))
    return called


def _median(at: Standing, spans: Sequence[Span]) -> Decimal | None:
    """Working hours from opening to closing, with one decimal."""
    if not spans:
        return None
    minutes = median(cal.working_minutes_between(at.calendar, span.opened, span.closed) for span in spans)
    return (Decimal(minutes) / _MINUTES).quantize(_TENTH, ROUND_HALF_UP)
