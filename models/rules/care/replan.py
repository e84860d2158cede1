"""Re-planning 重排: what a change of tier, contacts or term makes of the touchpoints that stand, line by line.

What is done or in hand is never touched, except that what is in hand is stopped where nobody is left to do it for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from models.messages.calendar import CalendarSnapshot
from models.rules.care.plan import PlannedTouchpoint, merged, redated
from models.rules.care.reasons import PlanReason, because
from models.types import Stage

OPEN = (Stage.PLANNED, Stage.RESCHEDULED, Stage.HUSHED, Stage.DUE)
AGAIN = "#"
"""Parts the key of a touchpoint from the number of its life, where an ended case stands under the key itself."""
IN_HAND, PAST, COUNTS, BY_HAND, TOGETHER, STILL = map(
    because,
    (
        PlanReason.IN_HAND,
        PlanReason.PAST,
        PlanReason.COUNTS,
        PlanReason.BY_HAND,
        PlanReason.TOGETHER,
        PlanReason.STILL,
    ),
)
_CLOSED = {
    Stage.DONE: because(PlanReason.DONE),
    Stage.SKIPPED: because(PlanReason.SKIPPED),
    Stage.MISSED: because(PlanReason.MISSED),
}
_HELD = {Stage.RESCHEDULED: because(PlanReason.RESCHEDULED), Stage.HUSHED: because(PlanReason.HUSHED)}


class Effect(StrEnum):
    """What becomes of one touchpoint; `stopped` runs as a case that has to be ended, `missed` was due before."""

    KEPT = "kept"
    MOVED = "moved"
    ADDED = "added"
    REVIVED = "revived"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    MISSED = "missed"


@dataclass(frozen=True)
class Standing:
    """A touchpoint as it stands. `taken_up`: a case was started for it; `by_hand`: a person added it."""

    id: UUID
    key: str
    code: str
    contact_id: UUID | None
    planned_on: date
    due_on: date
    stage: Stage
    taken_up: bool = False
    by_hand: bool = False
    merged_into: UUID | None = None

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.stage in OPEN

    @property
    def in_hand(self) -> bool:
        """Whether a case runs for it."""
        return self.open and self.taken_up

    @property
    def promise(self) -> str:
        """The key of the promise, whichever life of it this is."""
        return self.key.partition(AGAIN)[0]


@dataclass(frozen=True)
class Why:
    """Reasons, as `because` makes them: for what is new, what applies no longer, each contact that is served no more.

    `ended`: the membership is over and nothing applies any more; `settle_past`: what was due before is then settled
    too, as missed.
    """

    added: str
    dropped: str
    gone: Mapping[UUID, str] = field(default_factory=dict)
    ended: bool = False
    settle_past: bool = True


@dataclass(frozen=True)
class Change:
    """One line of a difference. `wish` is what an open touchpoint shall be from now on; None: nothing to write."""

    effect: Effect
    key: str
    code: str
    due_on: date
    reason: str
    standing_id: UUID | None = None
    wish: PlannedTouchpoint | None = None


@dataclass(frozen=True)
class Difference:
    """重排结果: kept, added and cancelled lines, each with its reason."""

    kept: tuple[Change, ...]
    added: tuple[Change, ...]
    cancelled: tuple[Change, ...]


def replan(
    standing: Sequence[Standing],
    wishes: Iterable[PlannedTouchpoint],
    from_on: date,
    calendar: CalendarSnapshot,
    why: Why,
) -> Difference:
    """Hold what stands against what is wished from `from_on` on; a second time it finds nothing more to change."""
    wanted = {} if why.ended else {wish.key: wish for wish in wishes}
    lives = _lives(standing)
    counted = _counted(standing, wanted, lives, from_on)
    left = {key: wish for key, wish in wanted.items() if key not in counted.values()}
    look = _Look(from_on, calendar, why, counted, {row.id: row for row in standing})
    old = [look.judged(row, left.get(row.promise)) for row in standing if row.stage is not Stage.CANCELLED]
    new = [_new(wish, lives.get(key, ()), why) for key, wish in left.items() if _is_new(lives.get(key, ()))]
    return _difference(_together([*old, *new], {row.id: row.due_on for row in standing}))


@dataclass(frozen=True)
class _Look:
    """What every standing touchpoint is held against."""

    from_on: date
    calendar: CalendarSnapshot
    why: Why
    counted: Mapping[UUID, str]
    rows: Mapping[UUID, Standing]

    def judged(self, row: Standing, wish: PlannedTouchpoint | None) -> Change:
        """What becomes of it."""
        if row.id in self.counted:
            return _line(row, Effect.KEPT, COUNTS)
        if not row.open:
            return _line(row, Effect.KEPT, _CLOSED.get(row.stage, STILL))
        over = self._over(row)
        return over or self._untouched(row) or self._held_against(row, wish)

    def _over(self, row: Standing) -> Change | None:
        gone = self.why.gone.get(row.contact_id) if row.contact_id else None
        if not self.why.ended and gone is None:
            return None
        reason = gone or self.why.dropped
        if row.in_hand:
            return _line(row, Effect.STOPPED, reason)
        if self.why.ended and row.due_on < self.from_on:
            return _line(row, Effect.MISSED, reason) if self.why.settle_past else _line(row, Effect.KEPT, PAST)
        return _line(row, Effect.CANCELLED, reason)

    def _untouched(self, row: Standing) -> Change | None:
        carrier = self.rows.get(row.merged_into) if row.merged_into else None
        if row.in_hand:
            return _line(row, Effect.KEPT, IN_HAND)
        if carrier is not None and carrier.in_hand:
            return _line(row, Effect.KEPT, TOGETHER)
        if row.by_hand:
            return _line(row, Effect.KEPT, BY_HAND)
        return _line(row, Effect.KEPT, PAST) if row.due_on < self.from_on else None

    def _held_against(self, row: Standing, wish: PlannedTouchpoint | None) -> Change:
        if wish is None:
            return _line(row, Effect.CANCELLED, self.why.dropped)
        if row.stage in _HELD:
            return _line(row, Effect.KEPT, _HELD[row.stage])
        # A day that was chosen once stays; only its working day follows the calendar. A given day is as given.
        again = wish if wish.dated else redated(wish, row.planned_on, self.calendar, self.from_on)
        return replace(_line(row, Effect.KEPT, STILL), wish=replace(again, key=row.key))


def _lives(standing: Sequence[Standing]) -> dict[str, tuple[Standing, ...]]:
    lives: dict[str, tuple[Standing, ...]] = {}
    for row in standing:
        lives[row.promise] = (*lives.get(row.promise, ()), row)
    return lives


def _is_new(lives: Sequence[Standing]) -> bool:
    return all(row.stage is Stage.CANCELLED for row in lives)


def _new(wish: PlannedTouchpoint, cancelled: Sequence[Standing], why: Why) -> Change:
    """A new touchpoint; one that was cancelled before its case began comes back to life instead."""
    again = next((row for row in cancelled if not row.taken_up), None)
    if again is not None:
        back = replace(wish, key=again.key)
        return Change(Effect.REVIVED, again.key, wish.code, wish.due_on, why.added, again.id, back)
    key = f"{wish.key}{AGAIN}{len(cancelled) + 1}" if cancelled else wish.key
    return Change(Effect.ADDED, key, wish.code, wish.due_on, why.added, None, replace(wish, key=key))


def _counted(
    standing: Sequence[Standing],
    wanted: Mapping[str, PlannedTouchpoint],
    lives: Mapping[str, Sequence[Standing]],
    from_on: date,
) -> dict[UUID, str]:
    """Which touchpoint of another rhythm fulfils a new wish: one done or in hand in the same period counts, once."""
    counted: dict[UUID, str] = {}
    for wish in wanted.values():
        if wish.dated or not _is_new(lives.get(wish.key, ())):
            continue
        for row in standing:
            free = row.id not in counted and row.promise not in wanted
            if free and _fulfils(row, wish, from_on):
                counted[row.id] = wish.key
                break
    return counted


def _fulfils(row: Standing, wish: PlannedTouchpoint, from_on: date) -> bool:
    begun = row.stage is Stage.DONE or row.in_hand or (row.open and row.due_on < from_on)
    same = row.code == wish.code and row.contact_id == wish.contact_id and not row.by_hand
    return begun and same and wish.part.first <= row.due_on <= wish.part.last


def _together(changes: Sequence[Change], stood: Mapping[UUID, date]) -> list[Change]:
    """Clashes among what is still to be done merged; whatever gets another due date says so."""
    points = {point.key: point for point in merged(change.wish for change in changes if change.wish)}
    return [_placed(change, points[change.wish.key], stood) if change.wish else change for change in changes]


def _placed(change: Change, point: PlannedTouchpoint, stood: Mapping[UUID, date]) -> Change:
    placed = replace(change, wish=point, due_on=point.due_on)
    if change.effect is not Effect.KEPT or change.standing_id is None:
        return placed
    before = stood[change.standing_id]
    if before == point.due_on:
        return placed
    reason = because(PlanReason.MOVED, before.isoformat(), point.due_on.isoformat())
    return replace(placed, effect=Effect.MOVED, reason=reason)


def _difference(changes: Sequence[Change]) -> Difference:
    ordered = sorted(changes, key=lambda change: (change.due_on, change.code, change.key))
    added = tuple(change for change in ordered if change.effect in {Effect.ADDED, Effect.REVIVED})
    kept = tuple(change for change in ordered if change.effect in {Effect.KEPT, Effect.MOVED})
    return Difference(kept, added, tuple(change for change in ordered if change not in added and change not in kept))


def _line(row: Standing, effect: Effect, reason: str) -> Change:
    return Change(effect, row.key, row.code, row.due_on, reason, row.id)
