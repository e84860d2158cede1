"""The questions of 附件六 as they are asked: the same for the public page, the paper form and JSON."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.forms.sheet import named
from models.rulebook import Question, SurveyRules
from models.rules.survey import FIELD, NOT_APPLICABLE


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer there is: what is sent, and how it reads."""

    value: str
    text: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One question; `kind` is `scale`, `choice`, `nps` or `text`. `text` is what was typed into a text question."""

    number: int
    field: str
    kind: str
    name: str
    choices: tuple[Choice, ...]
    text: str = ""


def questions(rules: SurveyRules, typed: Mapping[str, str]) -> tuple[Asked, ...]:
    """Every question in the language of the request, with what was chosen before (by question number)."""
    return tuple(_asked(rules, question, typed.get(str(question.number), "")) for question in rules.questions)


def _asked(rules: SurveyRules, question: Question, typed: str) -> Asked:
    choices = tuple(Choice(value, text, value == typed) for value, text in answers_of(rules, question))
    text = typed if question.kind == "text" else ""
    return Asked(question.number, FIELD.format(question.number), question.kind, named(question), choices, text)


def answers_of(rules: SurveyRules, question: Question) -> tuple[tuple[str, str], ...]:
    """What may be answered, best first, in words."""
    if question.kind == "scale":
        return tuple((str(point.value or NOT_APPLICABLE), named(point)) for point in rules.scale)
    if question.kind == "choice":
        return tuple((choice.code, named(choice)) for choice in question.choices)
    if question.kind == "nps":
        return tuple((str(number), str(number)) for number in range(int(rules.nps_max) + 1))
    return ()


def answer_word(rules: SurveyRules, question: Question, answer: int | str | None) -> str:
    """A given answer in words; empty for a question that was left out."""
    if answer is None:
        return ""
    return dict(answers_of(rules, question)).get(str(answer), str(answer))
