"""Scores of the satisfaction survey 满意度调查 (附件六, regulation 2.11); pure.

Score of an answer = 20 x value; a sheet's score is the mean weighted over the answered questions, so weights of
questions left out (未接触) are spread over the others. A sheet is valid with enough weighted questions answered.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from models.errors import DomainError, ErrorCode
from models.rulebook import Question, SurveyRules

NOT_APPLICABLE = "not_applicable"
FIELD = "q{}"
"""Name of the control of a question on every form."""
MAX_TEXT = 2000
CENT = Decimal("0.01")
HUNDRED = Decimal(100)

Answers = Mapping[int, int | str]
"""By question number: 5-1 or `not_applicable` on the scale, the code of a choice, 0-10; unanswered ones are absent."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What a sheet is worth. `score` is 0-100 with two decimals, None when no weighted question was answered.

    `low`: questions with an answer that asks for a follow-up; `follow_up`: the sheet does, for one of them or in all.
    """

    score: Decimal | None
    answered: int
    is_valid: bool
    nps: int | None
    low: tuple[int, ...]
    follow_up: bool


def parsed(rules: SurveyRules, given: Mapping[str, str]) -> dict[int, int | str]:
    """Answers as they are typed or sent (`{"1": "5", "12": "likely"}`), checked; empty ones are left out.

    The text question is no part of them. Raises INVALID_INPUT at the controls `q{number}`, also when nothing at all
    was answered.
    """
    found: dict[int, int | str] = {}
    wrong: list[dict[str, str]] = []
    known = {str(question.number): question for question in rules.questions if question.kind != "text"}
    for number, value in given.items():
        question = known.get(number)
        answer = _answer(rules, question, value.strip()) if question and value.strip() else None
        if question is not None and answer is not None:
            found[question.number] = answer
        elif question is None or value.strip():
            wrong.append({"field": FIELD.format(number), "reason": "enum"})
    if not found and not wrong:
        wrong.append({"field": FIELD.format(rules.questions[0].number), "reason": "missing"})
    if wrong:
        raise DomainError(ErrorCode.INVALID_INPUT, n=len(wrong), errors=wrong)
    return dict(sorted(found.items()))


def _answer(rules: SurveyRules, question: Question, value: str) -> int | str | None:
    if question.kind == "scale":
        return scale_answers(rules).get(value)
    if question.kind == "choice":
        return next((choice.code for choice in question.choices if choice.code == value), None)
    return {str(number): number for number in range(int(rules.nps_max) + 1)}.get(value)


def scale_answers(rules: SurveyRules) -> dict[str, int | str]:
    """Every answer of the scale as it is sent, best first, with what is stored of it."""
    return {str(point.value or NOT_APPLICABLE): point.value or NOT_APPLICABLE for point in rules.scale}


def scored(rules: SurveyRules, answers: Answers) -> Scored:
    """The score of one sheet, its validity, and whether somebody must call."""
    weights = {question.number: question.weight for question in rules.questions if question.weight is not None}
    values = {number: value for number in weights if isinstance(value := answers.get(number), int)}
    score = _weighted(rules, values, weights)
    low = _low(rules, answers)
    below = score is not None and score < rules.follow_up_score_below
    nps = next((answers[q.number] for q in rules.questions if q.kind == "nps" and q.number in answers), None)
    return Scored(
        score=rounded(score),
        answered=len(values),
        is_valid=len(values) >= rules.min_answered,
        nps=nps if isinstance(nps, int) else None,
        low=low,
        follow_up=bool(low) or below,
    )


def _weighted(rules: SurveyRules, values: Mapping[int, int], weights: Mapping[int, Decimal]) -> Decimal | None:
    if not values:
        return None
    points = sum(weights[number] * value for number, value in values.items())
    return rules.score_per_point * points / sum(weights[number] for number in values)


def _low(rules: SurveyRules, answers: Answers) -> tuple[int, ...]:
    """Questions of the scale, the control question among them, answered with 不满意 or worse."""
    scale = (question.number for question in rules.questions if question.kind == "scale")
    given = ((number, answers.get(number)) for number in scale)
    return tuple(n for n, value in given if isinstance(value, int) and value <= rules.follow_up_answer_at_most)


def rounded(score: Decimal | None) -> Decimal | None:
    """Two decimals, half up."""
    return None if score is None else score.quantize(CENT, ROUND_HALF_UP)


def mean(scores: Iterable[Decimal]) -> Decimal | None:
    """Mean of scores with two decimals; None of nothing."""
    found = list(scores)
    return rounded(sum(found, Decimal(0)) / len(found)) if found else None


def return_rate(sent: int, returned: int) -> Decimal | None:
    """回收率 as a ratio with four decimals: sheets that came back of those handed out; None when none was."""
    return (Decimal(returned) / sent).quantize(Decimal("0.0001"), ROUND_HALF_UP) if sent else None


def net_promoters(rules: SurveyRules, answers: Collection[int]) -> Decimal | None:
    """NPS: per cent of promoters less per cent of detractors, one decimal, -100 to 100; None without an answer."""
    if not answers:
        return None
    promoters = sum(value >= rules.nps_promoter_from for value in answers)
    detractors = sum(value <= rules.nps_detractor_to for value in answers)
    return (HUNDRED * (promoters - detractors) / len(answers)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def is_small(rules: SurveyRules, sheets: int) -> bool:
    """样本不足: too few valid sheets for a mean to say anything."""
    return sheets < rules.small_sample_below


def question_score(rules: SurveyRules, value: int) -> Decimal:
    """Score of one answer of the scale."""
    return rules.score_per_point * value
