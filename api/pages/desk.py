"""What every page of the decision desk is built with: who reads, when, by which calendar, what is still to do."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from fastapi import Request
from sqlmodel import Session

from api.act_base import inbox_of
from api.pages.shell import shell_for
from api.pages.view.inbox import DueBand
from api.pages.view.shell import NavCount, Shell
from api.security.caller import Caller
from models.messages.calendar import CalendarSnapshot
from models.rules import calendar as cal
from models.rules.calendar import local_date
from models.services.calendars import snapshot
from models.services.rulebooks import rulebook_in_force
from models.stores.channels import InboxMessageStore
from models.stores.tasks import COUNT_CAP, Person, TaskFilter, TaskStore

SOON_WORKING_DAYS = 3


@dataclass(frozen=True)
class Desk:
    """One reader at one moment."""

    request: Request
    session: Session
    caller: Caller
    now: datetime
    calendar: CalendarSnapshot

    @cached_property
    def person(self) -> Person:
        """The reader as the inbox knows it, with everybody it stands in for."""
        return inbox_of(self.session, self.caller)

    def shell(self, current: str = "inbox", refresh_href: str | None = None) -> Shell:
        """The frame, with the number of open tasks beside 待办; red when one is overdue."""
        awake = TaskFilter(awake_at=self.now)
        wanted = {"open": awake, "overdue": awake._replace(due_before=self.now)}
        found = TaskStore(self.session).todo_counts(self.person, wanted)
        counts = {"inbox": NavCount(capped(found["open"]), hot=found["overdue"] > 0)} if found["open"] else {}
        unread = InboxMessageStore(self.session).unread(self.caller.account_id, COUNT_CAP)
        return shell_for(
            self.request,
            self.caller,
            current=current,
            counts=counts,
            refresh_href=refresh_href,
            unread=capped(unread) if unread else None,
        )

    def band(self, due_at: datetime) -> DueBand:
        """The group of the inbox that a due instant belongs to."""
        if due_at < self.now:
            return DueBand.OVERDUE
        if due_at < self._after(0):
            return DueBand.TODAY
        return DueBand.SOON if due_at < self._after(SOON_WORKING_DAYS) else DueBand.LATER

    def window(self, band: DueBand | None) -> tuple[datetime | None, datetime | None]:
        """From (included) and until (excluded) of a group; None where it has no end."""
        today_ends, soon_ends = self._after(0), self._after(SOON_WORKING_DAYS)
        return {
            None: (None, None),
            DueBand.OVERDUE: (None, self.now),
            DueBand.TODAY: (self.now, today_ends),
            DueBand.SOON: (max(self.now, today_ends), soon_ends),
            DueBand.LATER: (soon_ends, None),
        }[band]

    def _after(self, working_days: int) -> datetime:
        """Midnight after the working day that is so many working days from today."""
        today = local_date(self.now)
        day = cal.shift_working_days(self.calendar, today, working_days) if working_days else today
        return cal.instant(day + cal.ONE_DAY)


def desk_of(request: Request, session: Session, caller: Caller) -> Desk:
    """The desk of whoever asks, now."""
    now = datetime.now(UTC)
    today = local_date(now)
    working_time = rulebook_in_force(session, today).rulebook.working_time
    return Desk(request, session, caller, now, snapshot(session, working_time, today))


def capped(number: int) -> int | str:
    """A count as it is shown: nobody needs more than 99+."""
    return number if number < COUNT_CAP else f"{COUNT_CAP - 1}+"
