"""Office hours and clock marks, decisions on working time; times are Asia/Shanghai wall clock."""

from datetime import time
from typing import Annotated

from pydantic import Field

from models.rulebook.schema.common import Entry, Section


class OpeningInterval(Entry):
    """Open from `opens` (included) to `closes` (excluded), both without a zone: Asia/Shanghai."""

    opens: time
    closes: time


class WorkingTime(Section):
    """办公时间 of a working day and of a half day; `warning_percents` colour the clock pill."""

    opening: Annotated[tuple[OpeningInterval, ...], Field(min_length=1)]
    half_day: Annotated[tuple[OpeningInterval, ...], Field(min_length=1)]
    warning_percents: tuple[Annotated[int, Field(gt=0, lt=100)], ...]
