"""Assessment of a branch, regulation 2.8: 100 points, monitored quarterly, scored yearly."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from models.rulebook.schema.common import Count, Entry, NamedEntry, NonNegative, Percent, Positive, Section, Share, Text
from models.types import Tier


class Target(Entry):
    """Value at which an indicator earns its full weight, for one tier or (None) for all."""

    tier: Tier | None = None
    value: Positive


class Indicator(NamedEntry):
    """考核指标: points = weight x min(1, actual / target)."""

    code: Text
    weight: Positive
    definition_zh: Text
    definition_en: Text
    unit: Literal["percent", "points"]
    targets: Annotated[tuple[Target, ...], Field(min_length=1)]
    full_when_none_due: bool = False


class Veto(NamedEntry):
    """一票否决: an event that empties an indicator or caps the grade."""

    code: Text
    zero_indicator: str | None = None
    best_grade: Text


class Grade(NamedEntry):
    """等级 of a total in [`lower`, `upper`); `upper` None for the best."""

    code: Text
    lower: Percent
    upper: Percent | None = None

    def contains(self, points: Decimal) -> bool:
        """True if the total falls in this grade."""
        return self.lower <= points and (self.upper is None or points < self.upper)


class Assessment(Section):
    """考核, chapter 七."""

    monitored: Literal["quarterly"]
    scored: Literal["yearly"]
    indicators: Annotated[tuple[Indicator, ...], Field(min_length=1)]
    min_return_rate: Share
    """Returned share of survey sheets under which satisfaction is scaled down."""
    report_working_days: Count
    """附件二 is due this many working days after the quarter's end."""
    deduction_per_justified_complaint: NonNegative
    max_deduction: NonNegative
    appeal_working_days: Count = 10
    """申诉 against a confirmed result is open to the branch for this many working days."""
    vetoes: tuple[Veto, ...]
    grades: Annotated[tuple[Grade, ...], Field(min_length=1)]

    def grade(self, points: Decimal) -> Grade:
        """The grade of a total between 0 and 100; the checks at load guarantee that there is one."""
        return next(grade for grade in self.grades if grade.contains(points))
