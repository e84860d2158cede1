"""代理 over random graphs of people, periods and scopes: one answer to who acts, and never a circle."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from models.rules.stand_ins import (
    Appointment,
    Reach,
    Subject,
    closes_loop,
    effective,
    mandates,
    overlapping,
)
from models.types import CaseKind, Tier

DAY = datetime(2026, 2, 2, tzinfo=UTC)
A, B, C, D = PEOPLE = [UUID(int=number) for number in range(1, 5)]
PATHS = ("/", "/HQ/", "/HQ/BJ/", "/HQ/BJ/BJ01/", "/HQ/SH/")
KINDS = (CaseKind.QUALIFICATION, CaseKind.APPROVAL)
TIERS = (Tier.SILVER, Tier.GOLD)
EVERYTHING = Reach()
EVERY_SUBJECT = [Subject(kind, tier, path) for kind in KINDS for tier in TIERS for path in PATHS[1:]]

reaches = st.builds(
    Reach, st.frozensets(st.sampled_from(KINDS)), st.frozensets(st.sampled_from(TIERS)), st.sampled_from(PATHS)
)


@st.composite
def appointments(draw: st.DrawFn) -> Appointment:
    """Somebody for somebody else, for one to six of ten days."""
    principal, stand_in = draw(st.permutations(PEOPLE))[:2]
    start, days = draw(st.integers(0, 9)), draw(st.integers(1, 6))
    starts_at = DAY + timedelta(days=start)
    return Appointment(principal, stand_in, starts_at, starts_at + timedelta(days=days), draw(reaches))


def _standing(wished: list[Appointment]) -> list[Appointment]:
    """What is stored of some wishes: each is refused as the service refuses it."""
    stored: list[Appointment] = []
    for new in wished:
        if not closes_loop(stored, new) and not overlapping(stored, new):
            stored.append(new)
    return stored


def _follow(stored: list[Appointment], person: UUID, subject: Subject, at: datetime) -> list[UUID]:
    """The chain step by step, as slowly as possible."""
    chain = [person]
    while len(chain) <= len(PEOPLE):
        found = [a for a in stored if a.principal_id == chain[-1] and a.starts_at <= at < a.ends_at]
        found = [a for a in found if a.reach.covers(subject)]
        if not found:
            return chain
        assert len(found) == 1, "two stand-ins for the same case"
        chain.append(found[0].stand_in_id)
    raise AssertionError("a circle")


@settings(max_examples=150)
@given(st.lists(appointments(), max_size=7), st.integers(0, 15), st.sampled_from(EVERY_SUBJECT))
def test_a_chain_ends_and_never_at_its_beginning(wished: list[Appointment], day: int, subject: Subject) -> None:
    stored, at = _standing(wished), DAY + timedelta(days=day)
    for person in PEOPLE:
        chain = _follow(stored, person, subject, at)
        assert len(set(chain)) == len(chain)
        assert effective(stored, person, subject, at) == (chain[-1] if len(chain) > 1 else None)


@settings(max_examples=150)
@given(st.lists(appointments(), max_size=7), st.integers(0, 15))
def test_mandates_say_what_the_chains_say(wished: list[Appointment], day: int) -> None:
    """The form a query is narrowed by and the chain that an act is checked by agree, also on graphs with circles."""
    at = DAY + timedelta(days=day)
    for graph in (wished[:4], _standing(wished)):
        if any(overlapping(graph[:number], item) for number, item in enumerate(graph)):
            continue
        for person in PEOPLE:
            given_to = mandates(graph, person, at)
            for principal in PEOPLE:
                for subject in EVERY_SUBJECT:
                    covered = any(m.principal_id == principal and m.covers(subject) for m in given_to)
                    assert covered == (effective(graph, principal, subject, at) == person)


@settings(max_examples=150)
@given(st.lists(appointments(), max_size=5), appointments())
def test_a_loop_is_refused_exactly_when_somebody_could_walk_in_a_circle(
    wished: list[Appointment], new: Appointment
) -> None:
    stored = _standing(wished)
    circles = any(
        _walks_back([*stored, new], new.principal_id, subject, DAY + timedelta(days=day))
        for day in range(16)
        for subject in EVERY_SUBJECT
    )
    assert closes_loop(stored, new) == circles


def _walks_back(graph: list[Appointment], start: UUID, subject: Subject, at: datetime) -> bool:
    reached, waiting = set[UUID](), [start]
    while waiting:
        person = waiting.pop()
        for item in graph:
            if item.principal_id == person and item.in_force(at) and item.reach.covers(subject):
                if item.stand_in_id == start:
                    return True
                if item.stand_in_id not in reached:
                    reached.add(item.stand_in_id)
                    waiting.append(item.stand_in_id)
    return False


@given(reaches, reaches)
def test_two_scopes_meet_in_what_both_cover(first: Reach, second: Reach) -> None:
    both = [subject for subject in EVERY_SUBJECT if first.covers(subject) and second.covers(subject)]
    met = first.meet(second)
    assert both == ([subject for subject in EVERY_SUBJECT if met.covers(subject)] if met else [])


def _during(principal: UUID, stand_in: UUID, start: int, end: int, reach: Reach = EVERYTHING) -> Appointment:
    return Appointment(principal, stand_in, DAY + timedelta(days=start), DAY + timedelta(days=end), reach)


CASE = Subject(CaseKind.QUALIFICATION, Tier.SILVER, "/HQ/BJ/BJ01/")


def test_work_comes_back_from_the_end_of_the_chain_as_each_link_ends() -> None:
    graph = [_during(A, B, 0, 10), _during(B, C, 2, 5)]
    on = {day: effective(graph, A, CASE, DAY + timedelta(days=day)) for day in (0, 2, 4, 5, 9, 10)}
    assert on == {0: B, 2: C, 4: C, 5: B, 9: B, 10: None}


def test_somebody_away_in_another_scope_still_stands_in() -> None:
    graph = [_during(A, B, 0, 10), _during(B, C, 0, 10, Reach(tiers=frozenset({Tier.GOLD})))]
    assert effective(graph, A, CASE, DAY) == B
    assert effective(graph, A, CASE._replace(tier=Tier.GOLD), DAY) == C


def test_a_loop_needs_one_moment_and_one_case_in_common() -> None:
    first = _during(A, B, 0, 5)
    assert closes_loop([first], _during(B, A, 4, 8))
    assert not closes_loop([first], _during(B, A, 5, 8))
    gold, silver = (Reach(tiers=frozenset({tier})) for tier in (Tier.GOLD, Tier.SILVER))
    assert not closes_loop([_during(A, B, 0, 5, gold)], _during(B, A, 0, 5, silver))
    assert closes_loop([], _during(A, A, 0, 5))


def test_a_longer_loop_is_seen_only_while_all_its_links_hold() -> None:
    graph = [_during(B, C, 0, 3), _during(C, D, 2, 9)]
    assert closes_loop(graph, _during(D, B, 1, 9))
    assert not closes_loop(graph, _during(D, B, 3, 9))
