"""`hasty_worker.py worker SECONDS`: the real worker, whose steps are due seconds after they open instead of days.

So that deadlines pass while processes are killed. Nothing of this exists in the service itself.
"""

import asyncio
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta

from models.messages.calendar import CalendarSnapshot, Deadline
from models.rules.calendar import deadline
from models.services.approval import signers
from models.settings import Settings
from workflows import worker


def due_in(seconds: float) -> Callable[[CalendarSnapshot, date, datetime, int], Deadline]:
    """In place of the rule that finds a step's due time."""

    def due_on_date(calendar: CalendarSnapshot, _: date, opened_at: datetime, __: int) -> Deadline:
        return deadline(calendar, opened_at, opened_at + timedelta(seconds=seconds))

    return due_on_date


def main(seconds: int) -> None:
    """Run until it is killed."""
    signers.due_on_date = due_in(seconds)  # type: ignore[assignment, attr-defined]  # the activity calls it through the module
    asyncio.run(worker.run_worker(Settings()))


if __name__ == "__main__":
    main(int(sys.argv[2]))
