"""稍后处理: until when a task may be put off, at the opening of a working day."""

from datetime import datetime

from api.pages.desk import Desk
from api.pages.format import instant
from api.pages.view.common import Option
from models.errors import DomainError, ErrorCode
from models.rules import calendar as cal
from models.rules.calendar import local_date

_WORKING_DAYS = (1, 2, 3, 5, 10)


def snooze_options(desk: Desk) -> tuple[Option, ...]:
    """The next working mornings, by how many working days they are away."""
    return tuple(Option(value=str(days), text=instant(_morning(desk, days), desk.now)) for days in _WORKING_DAYS)


def snooze_until(desk: Desk, choice: str) -> datetime:
    """The instant of a choice. Raises INVALID_INPUT for one that is not offered."""
    if choice not in {str(days) for days in _WORKING_DAYS}:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "snooze-choice", "reason": "enum"}])
    return _morning(desk, int(choice))


def _morning(desk: Desk, working_days: int) -> datetime:
    day = cal.shift_working_days(desk.calendar, local_date(desk.now), working_days)
    return cal.office_intervals(desk.calendar, day)[0][0]
