"""Retention 留存 as a rule: the first day that is still kept."""

from datetime import date, datetime, timedelta

from models.rules.calendar import instant


def kept_from(today: date, days: int) -> date:
    """The first day (Asia/Shanghai) that a term of so many natural days still keeps.

    A matter that was over on a day is kept on each of the `days` days after it, and may go on the next.
    """
    return today - timedelta(days=days)


def cut_off(today: date, days: int) -> datetime:
    """The instant before which a matter must have been over for its records to go."""
    return instant(kept_from(today, days))
