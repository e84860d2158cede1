"""What the address of the dashboard asks for; a value that is none of its kind filters nothing."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Query

from api.pages.lists import tier_or_none
from models.services.dashboard.figures import PanelName
from models.services.dashboard.standing import EARLIEST, LATEST, Asked, Level

DASHBOARD = "/dashboard"
Text = Annotated[str, Query(max_length=40)]


async def _asked(
    *,
    level: Text = "",
    institution: Text = "",
    first: Annotated[str, Query(max_length=10, alias="from")] = "",
    last: Annotated[str, Query(max_length=10, alias="to")] = "",
    tier: Text = "",
) -> Asked:
    known = next((item for item in Level if item.value == level), None)
    if institution and known is Level.HQ:
        known = None
    days = _day(first), _day(last)
    if days[0] and days[1] and days[0] > days[1]:
        days = days[1], days[0]
    return Asked(known, institution.strip(), *days, tier_or_none(tier))


def _day(value: str) -> date | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None


async def _panel(panel: Text = "") -> PanelName | None:
    return next((item for item in PanelName if item.value == panel), None)


AskedDep = Annotated[Asked, Depends(_asked)]
PanelDep = Annotated[PanelName | None, Depends(_panel)]
