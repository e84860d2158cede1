"""附件六 satisfaction survey, regulation 2.11."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from models.rulebook.schema.common import Count, NamedEntry, NonNegative, Percent, Positive, Section, Text
from models.types import Role


class ScalePoint(NamedEntry):
    """One answer of the scale; 未接触 has no value and leaves the question out."""

    code: Text
    value: Annotated[int, Field(ge=1, le=5)] | None = None


class Choice(NamedEntry):
    """One answer of a choice question."""

    code: Text


class Question(NamedEntry):
    """题目: `weight` None marks a control question that does not enter the score."""

    number: Count
    kind: Literal["scale", "choice", "nps", "text"]
    weight: Positive | None = None
    choices: tuple[Choice, ...] = ()


class SurveyRules(Section):
    """Questions, scale, validity and follow-up."""

    scale: Annotated[tuple[ScalePoint, ...], Field(min_length=1)]
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]
    score_per_point: Positive
    """Score of an answer = this x its value."""
    min_answered: Count
    """A sheet is valid with at least this many of the weighted questions answered."""
    follow_up_answer_at_most: Annotated[int, Field(ge=1, le=5)]
    follow_up_score_below: Percent
    follow_up_working_days: Count
    follow_up_role: Role
    nps_max: NonNegative
    nps_promoter_from: Count = 9
    """推荐者: an answer of at least this many."""
    nps_detractor_to: NonNegative = Decimal(6)
    """贬损者: an answer of at most this many."""
    small_sample_below: Count = 5
    """Fewer valid sheets than this are 样本不足: no mean is shown of them."""
    remind_after_working_days: Count = 5
    """Who has not answered is reminded so many working days after the campaign opened, once."""

    def question(self, number: int) -> Question:
        """One question by its number. Raises KeyError."""
        for question in self.questions:
            if question.number == number:
                return question
        raise KeyError(number)
