"""The working calendar as it crosses Temporal: a small frozen snapshot, and the deadlines reckoned on it.

A snapshot holds only what differs from Monday-Friday, so several years stay under 2 KB in workflow state.
"""

from datetime import date, datetime
from functools import cached_property
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, model_validator

MinuteSpan: TypeAlias = tuple[int, int]
"""Half-open span in minutes after midnight, Asia/Shanghai: (540, 720) is 09:00-12:00."""


class CalendarSnapshot(BaseModel):
    """公司日历 at one moment: office hours plus the days that differ from Monday-Friday.

    `holidays` are Mondays to Fridays off, `make_up_days` (调休上班) Saturdays and Sundays worked, `half_days` (半日)
    working days with the short hours. Years outside `official_years` count Monday-Friday and make a result provisional
    (暂定).
    """

    model_config = ConfigDict(frozen=True)

    version: str
    office_hours: tuple[MinuteSpan, ...] = ((540, 720), (810, 1050))
    half_day_hours: tuple[MinuteSpan, ...] = ((540, 720),)
    official_years: tuple[int, ...] = ()
    holidays: tuple[date, ...] = ()
    make_up_days: tuple[date, ...] = ()
    half_days: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _spans_ascend(self) -> "CalendarSnapshot":
        for spans in (self.office_hours, self.half_day_hours):
            minutes = [minute for span in spans for minute in span]
            if not minutes or minutes != sorted(set(minutes)) or minutes[0] < 0 or minutes[-1] > 24 * 60:
                raise ValueError(f"office spans must ascend inside one day: {spans}")
        return self

    @cached_property
    def holiday_set(self) -> frozenset[date]:
        """`holidays`, for lookup."""
        return frozenset(self.holidays)

    @cached_property
    def make_up_set(self) -> frozenset[date]:
        """`make_up_days`, for lookup."""
        return frozenset(self.make_up_days)

    @cached_property
    def half_day_set(self) -> frozenset[date]:
        """`half_days`, for lookup."""
        return frozenset(self.half_days)


class Deadline(BaseModel):
    """期限: the instant (UTC), whether it leans on a year not yet published, and the calendar that gave it."""

    model_config = ConfigDict(frozen=True)

    due_at: datetime
    provisional: bool
    calendar_version: str


class Pause(BaseModel):
    """暂停 of a clock: half-open, still open while `resumed_at` is None."""

    model_config = ConfigDict(frozen=True)

    paused_at: datetime
    resumed_at: datetime | None = None
    reason: str
