"""The instant of one test: every `now()` in it says the same, and the next test has its own.

A name bound when its module is imported is of no use for that: a whole run imports everything first, and some tests
begin half an hour later, in office hours or on the day after.
"""

from datetime import UTC, date, datetime
from functools import cache

from models.rules.calendar import local_date


@cache
def now() -> datetime:
    """When the test first asked."""
    return datetime.now(UTC)


def today() -> date:
    """The day of that in Asia/Shanghai."""
    return local_date(now())
