"""The forecast minute by minute: everybody who is idle takes the earliest due task that it may do."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from models.messages.calendar import CalendarSnapshot
from models.rules.calendar import CHINA

MINUTE = timedelta(minutes=1)


class Job(NamedTuple):
    """A task as the oracle sees it."""

    id: UUID
    due_at: datetime
    minutes: int
    hands: frozenset[UUID]


def office_minutes(calendar: CalendarSnapshot, now: datetime) -> Iterator[datetime]:
    """Every minute from now on in which the office is open, by its start."""
    at = now
    while True:
        local = at.astimezone(CHINA)
        day, minute = local.date(), local.hour * 60 + local.minute
        weekend = day.weekday() >= 5
        works = day in calendar.make_up_days if weekend else day not in calendar.holidays
        spans = calendar.half_day_hours if day in calendar.half_days else calendar.office_hours
        if works and any(opens <= minute < closes for opens, closes in spans):
            yield at
        at += MINUTE


def simulate(calendar: CalendarSnapshot, now: datetime, jobs: Sequence[Job]) -> Mapping[UUID, datetime]:
    """When each job is done, by id; those that nobody may do are missing."""
    left = sorted((job for job in jobs if job.hands), key=lambda job: (job.due_at, job.id))
    busy: dict[UUID, tuple[UUID, int]] = {}
    done: dict[UUID, datetime] = {}
    minutes = office_minutes(calendar, now)
    while left or busy:
        for job in list(left):
            idle = sorted(job.hands - busy.keys())
            if idle:
                busy[idle[0]] = (job.id, job.minutes)
                left.remove(job)
        at = next(minutes)
        for person, (job_id, rest) in list(busy.items()):
            busy[person] = (job_id, rest - 1)
            if rest == 1:
                done[job_id] = at + MINUTE
                del busy[person]
    return done
