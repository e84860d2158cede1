"""A launch 启动计划: dates from weeks, what waits for what, the longest chain, putting off; against an oracle."""

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import DomainError, ErrorCode
from models.messages.approval import PostRef
from models.messages.rollout import (
    CompletePart,
    LaunchRollout,
    PartTask,
    PlannedItem,
    PlanRollout,
    RescheduleItem,
    RolloutState,
)
from models.rulebook import load_builtin
from models.rulebook.schema.rollout import Rollout
from models.rules import calendar as cal
from models.rules import rollout
from models.rules.rollout.adopting import due
from models.rules.rollout.order import length
from models.types import Door, Outcome, Role, Stage

BOOK = load_builtin()
NATIONAL_DAY = [date(2026, 10, day) for day in (1, 2, 5, 6, 7)]
CALENDAR = cal.make_snapshot(official_years=(2026, 2027), days_off=NATIONAL_DAY, days_worked=[date(2026, 10, 10)])
MONDAY = date(2026, 9, 7)
ACTOR = UUID(int=7)


def _who(role: Role = Role.HQ_VIP, place: str = "HQ") -> dict[str, object]:
    return {
        "update_id": f"{ACTOR}:{uuid4().hex}",
        "content_hash": "x",
        "actor_id": ACTOR,
        "actor_name": "孙倩",
        "posts": (PostRef(role=role, institution_code=place),),
        "door": Door.API,
        "comment": "说明",
    }


def _state(items: tuple[PlannedItem, ...], branches: tuple[str, ...] = ("BJ", "SH")) -> RolloutState:
    return RolloutState(case_id=uuid4(), start_on=MONDAY, branches=branches, items=items, min_allowance_working_days=5)


def _template() -> tuple[PlannedItem, ...]:
    return rollout.from_template(BOOK.rollout, MONDAY, CALENDAR)


def _opened(state: RolloutState, at: datetime) -> RolloutState:
    """As the record opens what the rule asks for."""
    tasks = tuple(
        PartTask(
            task_id=uuid4(),
            step="rollout",
            role=part.role,
            institution_code=part.institution_code,
            opened_at=at,
            deadline=due(state, part.number, at, CALENDAR),
            by_date=True,
            part=part,
        )
        for part in rollout.parts_to_open(state)
    )
    return rollout.with_tasks(state, tasks)


def test_the_template_has_dates_on_working_days() -> None:
    items = {item.number: item for item in _template()}
    assert (items[1].from_on, items[1].to_on) == (MONDAY, date(2026, 9, 11))
    assert (items[2].from_on, items[2].to_on) == (date(2026, 9, 14), date(2026, 9, 25))
    # The fourth week ends before the holidays, the fifth holds 10 October, a Saturday that is worked.
    assert (items[3].from_on, items[3].to_on) == (date(2026, 9, 14), date(2026, 9, 30))
    assert (items[4].from_on, items[4].to_on) == (date(2026, 10, 8), date(2026, 10, 10))
    assert [item.after for item in items.values()] == [(), (1,), (1,), (2, 3), (4,), (4,), (5,), (6, 7), (8,)]


def test_a_week_without_a_working_day_lends_the_next() -> None:
    closed = cal.make_snapshot(official_years=(2026,), days_off=[date(2026, 9, day) for day in range(14, 19)])
    items = rollout.from_template(BOOK.rollout, MONDAY, closed)
    assert (items[1].from_on, items[1].to_on) == (date(2026, 9, 21), date(2026, 9, 25))


def test_the_critical_path_of_the_template() -> None:
    """By hand, in working days: 5, 10 or 13, 3, then 15 + 5 or 20, 5, 5: either way round the counters."""
    assert rollout.critical(_template(), CALENDAR) == {1, 3, 4, 5, 6, 7, 8, 9}


def test_every_post_of_every_branch_has_its_part() -> None:
    state = _state(_template())
    parts = rollout.parts_of(state.items[4], state.branches)
    assert {(part.role, part.institution_code) for part in parts} == {
        (Role.MGR, "BJ"),
        (Role.MGR, "SH"),
        (Role.BR_LEAD, "BJ"),
        (Role.BR_LEAD, "SH"),
        (Role.HQ_LEAD, "HQ"),
    }


def test_late_blocked_ready() -> None:
    state = _opened(_state(_template()).model_copy(update={"stage": Stage.RUNNING}), cal.instant(MONDAY, 600))
    before = rollout.standing(state, cal.instant(date(2026, 9, 11), 1049), CALENDAR)
    assert [row.place for row in before[:2]] == [rollout.ItemPlace.READY, rollout.ItemPlace.BLOCKED]
    assert not any(row.late for row in before)
    assert before[1].waits_for == (1,)
    after = rollout.standing(state, cal.instant(date(2026, 9, 26), 600), CALENDAR)
    assert [row.item.number for row in after if row.late] == [1, 2]
    assert rollout.progress(state) == (0, 21)


def test_a_part_that_opens_late_has_the_least_allowance() -> None:
    state = _state(_template())
    opened_at = cal.instant(date(2026, 9, 14), 600)
    assert due(state, 1, opened_at, CALENDAR).due_at == cal.close_of(CALENDAR, date(2026, 9, 21))
    in_time = cal.instant(date(2026, 9, 11), 600)
    assert due(state, 1, in_time, CALENDAR).due_at == cal.close_of(CALENDAR, date(2026, 9, 11))


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"responsible": ()}, {"items.2.responsible"}),
        ({"to_on": date(2026, 9, 1)}, {"items.2.to_on"}),
        ({"from_on": date(2026, 9, 11)}, {"items.2.from_on"}),
        ({"after": (9,)}, {"items", "items.2.from_on"}),
        ({"after": (77,)}, {"items"}),
        ({"after": (2,)}, {"items", "items.2.from_on"}),
        ({"number": 12}, {"items"}),
    ],
)
def test_bad_plans_are_refused_with_everything_that_is_wrong(change: dict[str, object], fields: set[str]) -> None:
    state = _state(_template())
    items = (state.items[0], state.items[1].model_copy(update=change), *state.items[2:])
    act = PlanRollout(**_who(), version=1, start_on=MONDAY, branches=("BJ",), items=items)
    with pytest.raises(DomainError) as refused:
        rollout.check(state, act)
    assert refused.value.code is ErrorCode.INVALID_INPUT
    assert fields <= {error["field"] for error in refused.value.context["errors"]}


@st.composite
def _plans(draw: st.DrawFn) -> tuple[PlannedItem, ...]:
    """Plans without circles: each item waits for some earlier ones and begins after they end."""
    items: list[PlannedItem] = []
    for number in range(1, draw(st.integers(2, 9)) + 1):
        after = tuple(sorted(draw(st.sets(st.integers(1, number - 1), max_size=3)))) if number > 1 else ()
        free = max((item.to_on for item in items if item.number in after), default=MONDAY - timedelta(days=1))
        begins = cal.move_to_working_day(CALENDAR, free + timedelta(days=draw(st.integers(1, 9))))
        ends = cal.move_to_working_day(CALENDAR, begins + timedelta(days=draw(st.integers(0, 12))))
        roles = draw(st.sets(st.sampled_from([Role.HQ_VIP, Role.BR_SVC, Role.MGR]), min_size=1))
        items.append(
            PlannedItem(number=number, responsible=tuple(sorted(roles)), from_on=begins, to_on=ends, after=after)
        )
    return tuple(items)


def _behind(items: tuple[PlannedItem, ...], number: int) -> set[int]:
    """The oracle: everybody who waits, found by asking again and again."""
    found: set[int] = set()
    while True:
        more = {item.number for item in items if (found | {number}) & set(item.after)} - found
        if not more:
            return found
        found |= more


@settings(deadline=None)
@given(_plans(), st.data())
def test_putting_off_moves_what_depends_on_it_and_nothing_else(
    items: tuple[PlannedItem, ...], data: st.DataObject
) -> None:
    number = data.draw(st.sampled_from([item.number for item in items]))
    old = next(item for item in items if item.number == number)
    to_on = cal.shift_working_days(CALENDAR, old.to_on, data.draw(st.integers(0, 15)))
    after = rollout.moved_item(items, number, old.from_on, to_on, CALENDAR)
    behind = _behind(items, number)
    for before, now in zip(items, after, strict=True):
        if before.number in behind:
            assert (now.from_on > before.from_on) == (to_on > old.to_on)
            assert length(CALENDAR, now) == length(CALENDAR, before)
        elif before.number != number:
            assert now == before
    ends = {item.number: item.to_on for item in after}
    assert all(item.from_on > ends[wanted] for item in after for wanted in item.after)


@settings(deadline=None)
@given(_plans())
def test_the_critical_path_is_a_longest_chain(items: tuple[PlannedItem, ...]) -> None:
    """The oracle walks every chain."""
    known = {item.number: item for item in items}

    def chains(number: int) -> list[tuple[int, ...]]:
        ahead = [item.number for item in items if number in item.after]
        return [(number,)] if not ahead else [(number, *rest) for other in ahead for rest in chains(other)]

    found = [chain for item in items if not item.after for chain in chains(item.number)]
    lengths = {chain: sum(length(CALENDAR, known[number]) for number in chain) for chain in found}
    longest = max(lengths.values())
    assert rollout.critical(items, CALENDAR) == {
        number for chain, days in lengths.items() if days == longest for number in chain
    }


@settings(deadline=None, max_examples=60)
@given(_plans(), st.randoms(use_true_random=False))
def test_nothing_opens_before_what_it_waits_for_is_done(items: tuple[PlannedItem, ...], chance) -> None:  # type: ignore[no-untyped-def]
    at = cal.instant(MONDAY, 600)
    state = rollout.apply(_state(items), LaunchRollout(**_who(), version=1), at, CALENDAR)
    state = _opened(state, at)
    steps = 0
    while state.tasks:
        done = {entry.part for entry in state.done}
        for task in state.tasks:
            item = next(item for item in items if item.number == task.part.number)
            for wanted in item.after:
                owed = rollout.parts_of(next(i for i in items if i.number == wanted), state.branches)
                assert done.issuperset(owed)
        task = chance.choice(state.tasks)
        act = CompletePart(**_who(task.role, task.institution_code), task_id=task.task_id, version=task.version)
        state = _opened(rollout.apply(state, act, at, CALENDAR), at)
        steps += 1
    assert steps == len(rollout.owned(state)) == len(state.done)
    assert (state.stage, state.outcome) == (Stage.DONE, Outcome.COMPLETED)
    assert rollout.progress(state).percent == 100


@given(_plans(), st.data())
def test_circles_are_refused(items: tuple[PlannedItem, ...], data: st.DataObject) -> None:
    first = data.draw(st.sampled_from([item.number for item in items]))
    closing = data.draw(st.sampled_from(sorted(_behind(items, first) | {first})))
    turned = tuple(
        item.model_copy(update={"after": (*item.after, closing)}) if item.number == first else item for item in items
    )
    with pytest.raises(rollout.CycleError):
        rollout.in_order(turned)


def test_moving_nearer_leaves_the_others_and_never_overtakes() -> None:
    items = _template()
    nearer = rollout.moved_item(items, 3, items[2].from_on, date(2026, 9, 25), CALENDAR)
    assert nearer[3:] == items[3:]
    for begins, reason in ((date(2026, 9, 30), "before_predecessor"), (date(2026, 10, 12), "before_start")):
        with pytest.raises(DomainError) as refused:
            rollout.moved_item(items, 4, begins, date(2026, 10, 9), CALENDAR)
        assert [error["reason"] for error in refused.value.context["errors"]] == [reason]


def test_head_office_alone_moves_the_plan() -> None:
    state = _state(_template()).model_copy(update={"stage": Stage.RUNNING})
    act = RescheduleItem(**_who(Role.BR_LEAD, "BJ"), version=1, number=2, from_on=MONDAY, to_on=MONDAY)
    with pytest.raises(DomainError, match="not_allowed"):
        rollout.check(state, act)


def test_the_template_may_say_itself_what_waits_for_what() -> None:
    tasks = tuple(task.model_copy(update={"after": (1,)}) if task.number == 4 else task for task in BOOK.rollout.tasks)
    template = BOOK.rollout.model_copy(update={"tasks": tasks})
    assert isinstance(template, Rollout)
    assert rollout.from_template(template, MONDAY, CALENDAR)[3].after == (1,)
