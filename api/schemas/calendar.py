"""Bodies and answers of `/calendar`."""

from datetime import date as Date  # noqa: N812 - a field of the contract is called `date`
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.base import Answer, Body
from models.types import CaseKind


class DayBody(Body):
    """One day as it is to be. A half day is worked until noon."""

    date: Date
    is_workday: bool
    is_half_day: bool = False
    name: Annotated[str, Field(max_length=100)] = ""


class CalendarBody(Body):
    """A change of a year. `institution_code` empty: the whole company.

    `official` says whether these are the published holidays of the year; left out, the days themselves show it.
    """

    days: Annotated[list[DayBody], Field(min_length=1, max_length=366)]
    institution_code: Annotated[str | None, Field(max_length=32)] = None
    reason: Annotated[str, Field(max_length=500)] = ""
    official: bool | None = None
    mode: Literal["preview", "publish"] = "preview"


class CalendarDayAnswer(Answer):
    """A day that differs from its weekday."""

    date: Date
    name: str
    source: str


class PublicationAnswer(Answer):
    """A published change and how many running cases follow it by now; `finished_at` once all do."""

    publication_id: UUID
    year: int
    institution_code: str | None
    reason: str
    published_at: datetime
    finished_at: datetime | None
    cases: int
    acknowledged: int


class CalendarAnswer(Answer):
    """A year: `holidays` are named days off, `make_up_days` weekend days worked, `working_days` how many there are."""

    year: int
    institution_code: str | None
    state: Literal["official", "provisional"]
    version: str
    working_days: int
    holidays: list[CalendarDayAnswer]
    make_up_days: list[CalendarDayAnswer]
    half_days: list[CalendarDayAnswer]
    publications: list[PublicationAnswer]


class MovedDeadlineAnswer(Answer):
    """One open task whose deadline the change moves."""

    task_id: UUID
    case_id: UUID
    kind: CaseKind
    step: str
    customer_no: str
    customer_name: str
    institution_code: str
    before: datetime
    after: datetime
    provisional: bool


class CalendarPreviewAnswer(Answer):
    """What a change would move; nothing is stored. `moved` lists the first ones, `moved_total` counts all."""

    mode: Literal["preview"] = "preview"
    year: int
    cases: int
    moved_total: int
    by_kind: dict[str, int]
    moved: list[MovedDeadlineAnswer]


class CalendarPublishedAnswer(PublicationAnswer):
    """A published change; running cases are told after this answer."""

    mode: Literal["publish"] = "publish"
