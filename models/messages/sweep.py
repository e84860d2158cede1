"""The sweep 巡检 of one branch on one day, as it crosses the engine: orders by chunk, and what each came to."""

from datetime import date, datetime
from typing import Literal, TypeAlias

from pydantic import Field

from models.messages.base import Message

RecordPhase: TypeAlias = Literal["plans", "duties", "settle", "candidates", "assessments", "adjustments"]
"""Phases on the records alone: plans that are missing or stale, duties of article 17, hush and miss, cancellations,
assessments kept at the end of a period, late facts of published quarters."""


class StartSweep(Message):
    """Start of `duty-sweep/{institution}/{day}`: everything due up to the end of this day (Asia/Shanghai)."""

    institution_code: str
    day: date


class SweepOpened(Message):
    """How the sweep runs: rows a chunk, rates per second, and the quiet hours in which nothing is sent."""

    chunk: int
    start_per_second: int
    signal_per_second: int
    quiet_from_hour: int
    quiet_until_hour: int


class SweepOrder(Message):
    """One chunk: what lies behind `after` in the order of the phase, at most `limit` rows."""

    institution_code: str
    day: date
    at: datetime
    limit: int
    after: str | None = None
    per_second: int = 1
    """The rate that starts and signals keep; phases on the records alone need none."""


class RecordOrder(SweepOrder):
    """A chunk of a phase on the records."""

    phase: RecordPhase


class SweepDone(Message):
    """What a chunk came to; `after` is where the next one begins, None behind the last."""

    after: str | None = None
    counts: dict[str, int] = Field(default_factory=dict)


class CloseSweep(Message):
    """The sweep is finished with these counts."""

    institution_code: str
    day: date
    at: datetime
    counts: dict[str, int]
