"""What every part of a rulebook shares: provenance, month-day dates, bilingual names."""

import calendar
import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, RootModel, field_validator, model_validator

from models.types import Source


def _plain(value: Decimal) -> str:
    """1.20 and 1.2 are one number: neither the digest nor a diff may tell them apart."""
    return format(value.normalize(), "f")


Number = Annotated[Decimal, PlainSerializer(_plain, return_type=str, when_used="json")]
"""An exact decimal; NaN and infinity are refused."""
NonNegative = Annotated[Number, Field(ge=0)]
"""A factor or an amount of yuan that is never below zero."""
Positive = Annotated[Number, Field(gt=0)]
Share = Annotated[Number, Field(ge=0, le=1)]
"""A ratio: 0.40 stands for 40 %."""
Percent = Annotated[Number, Field(ge=0, le=100)]
"""Points of a hundred: 40 stands for 40 %."""
Count = Annotated[int, Field(gt=0)]
Text = Annotated[str, Field(min_length=1)]


class Frozen(BaseModel):
    """A value of the rulebook: immutable, and no unknown key is ever ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(Frozen):
    """One entry with its provenance: the article it stands in and 原文 or 默认."""

    article: Text
    source: Source
    basis: tuple[str, ...] = ()
    """Sister documents (`general.references`) a default was taken from."""


class NamedEntry(Entry):
    """An entry that people read: Chinese name first, English beside it."""

    name_zh: Text
    name_en: Text


class Origin(Entry):
    """Provenance of one plain value `key` of a section that differs from the section's own."""

    key: Text


class Provision(Entry):
    """One article or one numbered item of it; `wording` quotes the key words of the copy."""

    code: Text
    text_zh: Text
    text_en: Text
    wording: tuple[Text, ...] = ()


class Section(Entry):
    """A group of plain values: `article` and `source` hold for each one that `origins` does not name."""

    origins: tuple[Origin, ...] = ()

    @model_validator(mode="after")
    def _origins_name_fields(self) -> Self:
        for origin in self.origins:
            if origin.key not in type(self).model_fields:
                raise ValueError(f"origins names {origin.key!r}, which is no key of this table")
        return self

    def origin_of(self, key: str) -> Entry:
        """Article and source of the plain value `key`."""
        return next((origin for origin in self.origins if origin.key == key), self)


_MONTH_DAY = re.compile(r"(?P<end>end-)?(?P<month>\d{2})(?:-(?P<day>\d{2}))?")
_LEAP_FREE_YEAR = 2003


class MonthDay(RootModel[str]):
    """A date without a year: `"01-20"`, or `"end-02"` for the last day of a month."""

    model_config = ConfigDict(frozen=True)

    @field_validator("root")
    @classmethod
    def _exists_every_year(cls, value: str) -> str:
        match = _MONTH_DAY.fullmatch(value)
        if match is None or (match["end"] is None) == (match["day"] is None):
            raise ValueError("write a month and day as MM-DD, or the end of a month as end-MM")
        month, day = int(match["month"]), int(match["day"] or 1)
        if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(_LEAP_FREE_YEAR, month)[1]:
            raise ValueError(f"{value} is not a date of every year")
        return value

    def on(self, year: int) -> date:
        """The date in calendar year `year`."""
        if self.root.startswith("end-"):
            month = int(self.root[-2:])
            return date(year, month, calendar.monthrange(year, month)[1])
        return date(year, int(self.root[:2]), int(self.root[3:]))

    def __str__(self) -> str:
        return self.root
