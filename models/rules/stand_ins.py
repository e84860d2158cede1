"""代理: who acts for whom at an instant. Chains are followed, loops are refused, scopes are cut out exactly.

An appointment sends what a principal has to do to a stand-in, for a period and a reach. Whoever is away itself passes
the work on along the chain; the last one of the chain is the effective stand-in.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from models.types import CaseKind, Role, Tier

MemberT = TypeVar("MemberT")


class Subject(NamedTuple):
    """What a case is to a reach: kind, tier, and the path `/HQ/BJ/BJ01/` of its institution."""

    kind: CaseKind
    tier: Tier
    path: str


class Reach(NamedTuple):
    """The scope of an appointment; an empty set means all, `path` is the root of an institution subtree."""

    kinds: frozenset[CaseKind] = frozenset()
    tiers: frozenset[Tier] = frozenset()
    path: str = "/"

    def covers(self, subject: Subject) -> bool:
        """Whether the case lies within."""
        kind = not self.kinds or subject.kind in self.kinds
        tier = not self.tiers or subject.tier in self.tiers
        return kind and tier and subject.path.startswith(self.path)

    def meet(self, other: "Reach") -> "Reach | None":
        """What lies within both; None when nothing does."""
        kinds, tiers = _common(self.kinds, other.kinds), _common(self.tiers, other.tiers)
        nested = self.path.startswith(other.path) or other.path.startswith(self.path)
        if kinds is None or tiers is None or not nested:
            return None
        return Reach(kinds, tiers, max(self.path, other.path, key=len))


class Appointment(NamedTuple):
    """`stand_in_id` acts for `principal_id` in [starts_at, ends_at), inside the reach."""

    principal_id: UUID
    stand_in_id: UUID
    starts_at: datetime
    ends_at: datetime
    reach: Reach = Reach()

    def in_force(self, at: datetime) -> bool:
        """Whether the instant lies in the period."""
        return self.starts_at <= at < self.ends_at


class Mandate(NamedTuple):
    """What one person does for another at an instant: cases within `reach` and within none of `without`."""

    principal_id: UUID
    reach: Reach
    without: tuple[Reach, ...] = ()

    def covers(self, subject: Subject) -> bool:
        """Whether the case is part of it."""
        return self.reach.covers(subject) and not any(part.covers(subject) for part in self.without)


class StoodFor(NamedTuple):
    """A principal as its stand-in sees it: only the posts whose tasks the stand-in may decide by posts of its own.

    `assigned`: (role, institution) of tasks given to the principal by name that the stand-in may decide.
    """

    principal_id: UUID
    principal_name: str
    posts: tuple[tuple[Role, str], ...]
    mandates: tuple[Mandate, ...] = ()
    assigned: tuple[tuple[Role, str], ...] = ()

    def covers(self, subject: Subject) -> bool:
        """Whether the case is within what the stand-in does for the principal."""
        return any(mandate.covers(subject) for mandate in self.mandates)


def effective(appointments: Iterable[Appointment], principal_id: UUID, subject: Subject, at: datetime) -> UUID | None:
    """Who acts for the principal on the case at the instant: the end of the chain; None when nobody does."""
    following = {
        item.principal_id: item.stand_in_id for item in appointments if item.in_force(at) and item.reach.covers(subject)
    }
    seen, person = {principal_id}, following.get(principal_id)
    while person in following:
        if person in seen:
            return None
        seen.add(person)
        person = following[person]
    return person


def mandates(appointments: Iterable[Appointment], account_id: UUID, at: datetime) -> tuple[Mandate, ...]:
    """Everything the person does for others at the instant, directly or along a chain.

    Says the same as `effective` for every principal and case, in a form that a query can be narrowed by.
    """
    standing = [item for item in appointments if item.in_force(at)]
    towards: dict[UUID, list[Appointment]] = defaultdict(list)
    for item in standing:
        towards[item.stand_in_id].append(item)
    without = tuple(item.reach for item in standing if item.principal_id == account_id)
    found = _upstream(towards, account_id, Reach(), frozenset({account_id}))
    return tuple(Mandate(principal_id, reach, without) for principal_id, reach in found)


def _upstream(
    towards: Mapping[UUID, Sequence[Appointment]], person: UUID, reach: Reach, seen: frozenset[UUID]
) -> Iterator[tuple[UUID, Reach]]:
    for item in towards.get(person, ()):
        common = item.reach.meet(reach)
        if common is not None and item.principal_id not in seen:
            yield item.principal_id, common
            yield from _upstream(towards, item.principal_id, common, seen | {item.principal_id})


def closes_loop(appointments: Iterable[Appointment], new: Appointment) -> bool:
    """Whether at any instant any case could come back to the principal of the new appointment."""
    onward: dict[UUID, list[Appointment]] = defaultdict(list)
    for item in appointments:
        onward[item.principal_id].append(item)
    return new.principal_id == new.stand_in_id or _leads_back(onward, new, new.principal_id, frozenset())


def _leads_back(
    onward: Mapping[UUID, Sequence[Appointment]], so_far: Appointment, goal: UUID, seen: frozenset[UUID]
) -> bool:
    person = so_far.stand_in_id
    if person == goal:
        return True
    if person in seen:
        return False
    steps = (_together(so_far, item) for item in onward.get(person, ()))
    return any(_leads_back(onward, step, goal, seen | {person}) for step in steps if step is not None)


def overlapping(appointments: Iterable[Appointment], new: Appointment) -> tuple[Appointment, ...]:
    """Appointments of the same principal that would leave it open who acts."""
    own = (item for item in appointments if item.principal_id == new.principal_id)
    return tuple(item for item in own if _together(new, item) is not None)


def _together(first: Appointment, second: Appointment) -> Appointment | None:
    """One after the other, as long and as far as both hold; None when they never do."""
    starts_at, ends_at = max(first.starts_at, second.starts_at), min(first.ends_at, second.ends_at)
    reach = first.reach.meet(second.reach)
    if reach is None or starts_at >= ends_at:
        return None
    return Appointment(first.principal_id, second.stand_in_id, starts_at, ends_at, reach)


def _common(first: frozenset[MemberT], second: frozenset[MemberT]) -> frozenset[MemberT] | None:
    """Intersection of two sets of which an empty one means all; None when it is truly empty."""
    if not first or not second:
        return first or second
    return (first & second) or None
