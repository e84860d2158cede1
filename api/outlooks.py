"""逾期预测 kept for a minute: it is reckoned from every open task, and its page asks every ten seconds."""

import threading
import time
from datetime import datetime

from sqlmodel import Session

from models.messages.calendar import CalendarSnapshot
from models.services.forecasting import Outlook, outlook

KEPT_SECONDS = 60.0
"""With ten thousand open tasks a forecast takes a second or two; of days ahead, a minute changes nothing."""


class Outlooks:
    """The newest forecast of one copy; however many ask at once, it is reckoned once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[str, Outlook] | None = None
        self._until = 0.0

    def of(self, session: Session, calendar: CalendarSnapshot, now: datetime) -> Outlook:
        """The forecast, at most a minute old, on this very calendar."""
        with self._lock:
            if self._kept is None or self._kept[0] != calendar.version or time.monotonic() >= self._until:
                self._kept = calendar.version, outlook(session, calendar, now)
                self._until = time.monotonic() + KEPT_SECONDS
            return self._kept[1]
