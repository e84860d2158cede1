"""Calendars for the rule tests, straight from the holiday-cn files."""

import json
from datetime import date, datetime
from pathlib import Path

from models.messages.calendar import CalendarSnapshot
from models.rules.calendar import CHINA, make_snapshot

HOLIDAY_CN = Path(__file__).parent.parent / "data" / "holiday-cn"


def published_calendar(*years: int) -> CalendarSnapshot:
    """The State Council calendar of the given years."""
    days = [
        (date.fromisoformat(day["date"]), day["isOffDay"])
        for year in years
        for day in json.loads((HOLIDAY_CN / f"{year}.json").read_text("utf-8"))["days"]
    ]
    return make_snapshot(
        official_years=years,
        days_off=[day for day, off in days if off],
        days_worked=[day for day, off in days if not off],
    )


def china(text: str) -> datetime:
    """`2026-09-30 10:00` on a wall clock in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)
