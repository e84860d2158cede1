"""Re-planning: keeps what was done, cancels what no longer applies, adds what is new, each line with its reason."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rulebook import load_builtin
from models.rules.care import replan as rule
from models.rules.care.dates import YearlyDay
from models.rules.care.plan import MemberYear, PlannedTouchpoint, ServedContact, wished
from models.rules.care.replan import Change, Difference, Effect, Standing, Why, replan
from models.types import ContactKind, Stage, Tier
from tests.rules.calendars import published_calendar

BOOK = load_builtin()
CALENDAR = published_calendar(2024, 2025, 2026)
FIRST, LAST = date(2024, 3, 1), date(2025, 2, 28)
LEADER, HANDLER = UUID(int=1), UUID(int=2)
CONTACTS = (
    ServedContact(LEADER, ContactKind.LEADER, YearlyDay(8, 8), consent=True),
    ServedContact(HANDLER, ContactKind.HANDLER, YearlyDay(11, 11), consent=True),
)
CHANGED = Why(added="新增", dropped="不再适用")


def _wishes(tier: Tier, from_on: date, contacts: tuple[ServedContact, ...] = CONTACTS) -> tuple[PlannedTouchpoint, ...]:
    club = LEADER if tier is Tier.GOLD else None
    return wished(BOOK, MemberYear(tier, FIRST, LAST, from_on, contacts, club), CALENDAR)


def _after(rows: Sequence[Standing], difference: Difference) -> list[Standing]:
    """What stands once a difference was carried out."""
    by_id = {row.id: row for row in rows}
    for change in difference.cancelled:
        if change.effect is not Effect.STOPPED:
            row = by_id[_id(change)]
            stage = Stage.MISSED if change.effect is Effect.MISSED else Stage.CANCELLED
            by_id[row.id] = replace(row, stage=stage, merged_into=None)
    ids = {row.key: row.id for row in rows}
    for change in (*difference.kept, *difference.added):
        if change.wish is not None:
            ids.setdefault(change.key, UUID(int=1000 + len(ids)))
    for change in (*difference.kept, *difference.added):
        if change.wish is not None:
            by_id[ids[change.key]] = _placed(ids, change.wish)
    return list(by_id.values())


def _placed(ids: dict[str, UUID], wish: PlannedTouchpoint) -> Standing:
    return Standing(
        id=ids[wish.key],
        key=wish.key,
        code=wish.code,
        contact_id=wish.contact_id,
        planned_on=wish.planned_on,
        due_on=wish.due_on,
        stage=Stage.DONE if wish.automatic else Stage.PLANNED,
        merged_into=ids[wish.merged_into] if wish.merged_into else None,
    )


def _id(change: Change) -> UUID:
    assert change.standing_id is not None
    return change.standing_id


@cache
def _year(tier: Tier) -> tuple[Standing, ...]:
    return tuple(_after([], replan([], _wishes(tier, FIRST), FIRST, CALENDAR, CHANGED)))


def _planned(tier: Tier) -> list[Standing]:
    return list(_year(tier))


def _changed(rows: Sequence[Standing], **stages: Stage) -> list[Standing]:
    """Rows of a code in another stage; `Z08` moves the first one."""
    found, left = [], dict(stages)
    for row in rows:
        stage = left.pop(row.code, None)
        found.append(row if stage is None else replace(row, stage=stage, taken_up=stage is Stage.DUE))
    return found


def _line(difference: Difference, key: str) -> Change:
    lines = (*difference.kept, *difference.added, *difference.cancelled)
    return next(change for change in lines if change.key == key)


HISTORY = st.lists(st.sampled_from(["done", "due", "skipped", "rescheduled", "planned", "by_hand"]), min_size=60)


def _lived(rows: Sequence[Standing], history: Sequence[str], until: date) -> list[Standing]:
    """A year so far: what came up until a day was treated one way or the other."""
    lived = []
    for row, word in zip(rows, history, strict=False):
        past = row.due_on < until and row.stage is Stage.PLANNED
        if word == "by_hand":
            lived.append(replace(row, by_hand=True))
        elif past and word != "planned":
            lived.append(replace(row, stage=Stage(word), taken_up=word in {"done", "due"}, merged_into=None))
        else:
            lived.append(row)
    return lived


@settings(max_examples=40, deadline=None)
@given(
    tiers=st.sampled_from([(Tier.SILVER, Tier.GOLD), (Tier.GOLD, Tier.SILVER), (Tier.GOLD, Tier.GOLD)]),
    after=st.integers(0, 364),
    history=HISTORY,
)
def test_a_change_of_tier_on_any_day_of_any_year(tiers: tuple[Tier, Tier], after: int, history: list[str]) -> None:
    on = FIRST + timedelta(days=after)
    before = _lived(_planned(tiers[0]), history, on)
    difference = replan(before, _wishes(tiers[1], on), on, CALENDAR, CHANGED)
    rows = {row.id: row for row in _after(before, difference)}
    for row in before:  # done, in hand and added by hand stand as they stood
        if not row.open or row.in_hand or row.by_hand:
            assert rows[row.id] == row
    lines = (*difference.kept, *difference.added, *difference.cancelled)
    assert all(change.reason for change in lines)
    known = [change.standing_id for change in lines if change.standing_id]
    assert sorted(known) == sorted(row.id for row in before)  # every touchpoint is accounted for, once
    for change in difference.cancelled:
        assert change.due_on >= on
    # What is open is what the new tier promises, but for what had begun before.
    open_keys = {row.promise for row in rows.values() if row.open and row.due_on >= on and not row.by_hand}
    assert open_keys - {row.promise for row in before if row.in_hand} <= {wish.key for wish in _wishes(tiers[1], on)}
    again = replan(list(rows.values()), _wishes(tiers[1], on), on, CALENDAR, CHANGED)
    assert again.added == again.cancelled == ()
    assert all(change.effect is Effect.KEPT for change in again.kept)


def test_what_was_done_in_another_rhythm_counts_once() -> None:
    on = date(2024, 9, 10)
    rows = _changed(_planned(Tier.SILVER), Z09=Stage.DUE)
    visit = next(row for row in rows if row.code == "Z09")
    assert visit.due_on > on
    difference = replan(rows, _wishes(Tier.GOLD, on), on, CALENDAR, CHANGED)
    assert _line(difference, visit.key).reason == rule.COUNTS
    assert [change.key for change in difference.added if change.code == "Z09"] == []
    done_in_june = [
        replace(row, stage=Stage.DONE, due_on=date(2024, 6, 3)) if row.id == visit.id else row for row in rows
    ]
    difference = replan(done_in_june, _wishes(Tier.GOLD, on), on, CALENDAR, CHANGED)
    assert [change.key for change in difference.added if change.code == "Z09"] == ["Z09:2024-09-01/6"]


@pytest.mark.parametrize(
    ("stage", "taken_up", "effect"),
    [
        (Stage.PLANNED, False, Effect.CANCELLED),
        (Stage.RESCHEDULED, False, Effect.CANCELLED),
        (Stage.HUSHED, False, Effect.CANCELLED),
        (Stage.DUE, True, Effect.STOPPED),
        (Stage.DONE, True, Effect.KEPT),
        (Stage.SKIPPED, True, Effect.KEPT),
    ],
)
def test_what_becomes_of_a_contact_that_left(stage: Stage, taken_up: bool, effect: Effect) -> None:
    rows = _planned(Tier.SILVER)
    birthday = next(row for row in rows if row.contact_id == HANDLER)
    rows = [replace(row, stage=stage, taken_up=taken_up) if row == birthday else row for row in rows]
    why = replace(CHANGED, gone={HANDLER: "联系人已离任"})
    difference = replan(rows, _wishes(Tier.SILVER, FIRST, CONTACTS[:1]), FIRST, CALENDAR, why)
    line = _line(difference, birthday.key)
    assert line.effect is effect
    if effect is not Effect.KEPT:
        assert line.reason == "联系人已离任"
    assert len(difference.kept) >= len(rows) - 1


@pytest.mark.parametrize(("settle", "effect"), [(True, Effect.MISSED), (False, Effect.KEPT)])
def test_the_end_settles_everything_that_is_open(settle: bool, effect: Effect) -> None:
    on = date(2024, 8, 15)
    rows = _changed(_planned(Tier.GOLD), Z16=Stage.DUE, Z13=Stage.DONE)
    why = Why(added="", dropped="客户来函", ended=True, settle_past=settle)
    difference = replan(rows, _wishes(Tier.GOLD, on), on, CALENDAR, why)
    assert difference.added == ()
    for row in rows:
        line = _line(difference, row.key)
        if not row.open:
            assert line.effect is Effect.KEPT
        elif row.in_hand:
            assert line.effect is Effect.STOPPED
        else:
            assert line.effect is (effect if row.due_on < on else Effect.CANCELLED)


def test_another_calendar_moves_the_day_and_says_from_where() -> None:
    rows = _planned(Tier.SILVER)
    moved = published_calendar()  # without the holidays that 2024 had
    wishes = wished(BOOK, MemberYear(Tier.SILVER, FIRST, LAST, FIRST, CONTACTS), moved)
    difference = replan(rows, wishes, FIRST, moved, CHANGED)
    changes = [change for change in difference.kept if change.effect is Effect.MOVED]
    before = {row.id: row.due_on for row in rows}
    assert changes
    for change in changes:
        assert before[_id(change)] != change.due_on
        assert before[_id(change)].isoformat() in change.reason
    assert difference.added == difference.cancelled == ()


def test_a_cancelled_touchpoint_whose_case_ended_gets_another_life() -> None:
    rows = _planned(Tier.SILVER)
    first = next(row for row in rows if row.code == "Z16")
    rows = [replace(row, stage=Stage.CANCELLED, taken_up=True) if row == first else row for row in rows]
    difference = replan(rows, _wishes(Tier.SILVER, FIRST), FIRST, CALENDAR, CHANGED)
    (added,) = difference.added
    assert (added.key, added.effect) == (f"{first.key}#2", Effect.ADDED)
    after = _after(rows, difference)
    again = replan(after, _wishes(Tier.SILVER, FIRST), FIRST, CALENDAR, CHANGED)
    assert again.added == again.cancelled == ()
