"""What the address of the care calendar asks for, and addresses with a part of it changed."""

import calendar as months
import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated

from fastapi import Depends, Query

from api.pages.lists import href
from models.types import Stage

CARE = "/care"
MONTH, PERSON, CUSTOMER = VIEWS = ("month", "person", "customer")
ME = "me"
_MONTH = re.compile(r"(20|21)\d{2}-(0[1-9]|1[0-2])")
Text = Annotated[str, Query(max_length=40)]


@dataclass(frozen=True)
class CareQuery:
    """View, month (`YYYY-MM`, empty: this one), and the filters."""

    view: str = MONTH
    month: str = ""
    day: str = ""
    person: str = ""
    customer_no: str = ""
    institution: str = ""
    code: str = ""
    stage: str = ""

    def first(self, today: date) -> date:
        """First day of the month."""
        if _MONTH.fullmatch(self.month):
            return date(int(self.month[:4]), int(self.month[5:]), 1)
        return today.replace(day=1)

    def span(self, today: date) -> tuple[date, date]:
        """First and last day of the list: the chosen day, else the month."""
        first = self.first(today)
        last = first.replace(day=months.monthrange(first.year, first.month)[1])
        chosen = self.chosen()
        return (chosen, chosen) if chosen and first <= chosen <= last else (first, last)

    def chosen(self) -> date | None:
        """The day that was picked in the grid."""
        try:
            return date.fromisoformat(self.day) if self.day else None
        except ValueError:
            return None

    def stages(self) -> tuple[Stage, ...]:
        """The stage of the filter; one that is none filters nothing."""
        return tuple(stage for stage in CARE_STAGES if stage.value == self.stage)

    def params(self) -> dict[str, str | None]:
        """As parameters of an address; the month's own view is left out."""
        view = "" if self.view == MONTH else self.view
        return {**{name: getattr(self, name) for name in _NAMES}, "view": view}

    def href(self, **changes: str) -> str:
        """The calendar with some of it changed."""
        return href(CARE, replace(self, **changes).params())

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return any((self.institution, self.code, self.stage, self.day))


CARE_STAGES = (
    Stage.PLANNED,
    Stage.DUE,
    Stage.RESCHEDULED,
    Stage.HUSHED,
    Stage.DONE,
    Stage.SKIPPED,
    Stage.MISSED,
    Stage.CANCELLED,
)
_NAMES = ("month", "day", "person", "customer_no", "institution", "code", "stage")


def next_month(first: date, step: int) -> str:
    """The month after (1) or before (-1) the one of a first day, as `YYYY-MM`."""
    other = first + timedelta(days=31) if step > 0 else first - timedelta(days=1)
    return f"{other:%Y-%m}"


async def _query(
    *,
    view: Text = MONTH,
    month: Text = "",
    day: Text = "",
    person: Text = "",
    customer_no: Text = "",
    institution: Text = "",
    code: Text = "",
    stage: Text = "",
) -> CareQuery:
    return CareQuery(
        view=view if view in VIEWS else MONTH,
        month=month if _MONTH.fullmatch(month) else "",
        day=day,
        person=person,
        customer_no=customer_no,
        institution=institution,
        code=code,
        stage=stage,
    )


CareQueryDep = Annotated[CareQuery, Depends(_query)]
