"""What the three kinds of service case do each in their own way: the seams between the engine and their records.

Everything here runs inside the record transaction of the engine, after it has checked who acts; nothing commits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from models.messages.calendar import CalendarSnapshot
from models.messages.service import ServiceClock, ServicePast, ServiceState
from models.messages.service_acts import ServiceAct
from models.rulebook import Rulebook
from models.rules.service.facts import OpeningFacts
from models.tables.book import Customer
from models.tables.cases import Case


@dataclass(frozen=True)
class Ground:
    """What every opening stands on: the customer, the rules in force, and the instant of the record."""

    customer: Customer
    rulebook: Rulebook
    at: datetime


class Intake(NamedTuple):
    """What an opening comes to. `open_key` is what only one open case may hold; None: there may be several."""

    facts: OpeningFacts
    open_key: str | None = None


@dataclass(frozen=True)
class Step:
    """One accepted act on its way into the record; `after` has its tasks, `calendar` is that of the case."""

    before: ServiceState
    after: ServiceState
    act: ServiceAct
    calendar: Callable[[], CalendarSnapshot]
    at: datetime

    @property
    def past(self) -> ServicePast:
        """The act as the state keeps it."""
        return self.after.acts[-1]


@dataclass(frozen=True)
class Effect:
    """One kind of service case.

    `intake` judges a start message and gives the facts of the opening; asked before sending and again in the first
    record, it raises what forbids the start. `opened` writes the record of the case, `stepped` what an act changes in
    it, `redated` the deadlines that a published calendar moved. `guard` refuses by the tables what the rule, which
    knows the state alone, cannot know.
    """

    intake: Callable[[Session, Any, Ground], Intake]
    opened: Callable[[Session, Case, Any, ServiceState], None]
    stepped: Callable[[Session, Case, Step], None]
    redated: Callable[[Session, Case, ServiceState], None]
    guard: Callable[[Session, Case, ServiceState, ServiceAct], None] = lambda *_: None


def clock_named(state: ServiceState, name: str) -> ServiceClock | None:
    """The newest clock of a name; a reopened case has an older one too."""
    return next((clock for clock in reversed(state.clocks) if clock.name == name), None)


def in_time(clock: ServiceClock | None) -> bool | None:
    """按时 or not, of a clock that has stopped; None while it runs, or where there is none."""
    if clock is None or clock.finished_at is None:
        return None
    return clock.finished_at <= clock.deadline.due_at
