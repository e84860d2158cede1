"""附件六: scores, validity, follow-up and NPS against an oracle of its own; answers as they are typed."""

from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import DomainError, ErrorCode
from models.rulebook import SurveyRules, load_builtin
from models.rules import survey
from tests.support import survey_oracle as oracle

VALUES = (5, 4, 3, 2, 1, "not_applicable")
ANSWERS = st.dictionaries(st.integers(1, 11), st.sampled_from(VALUES))
RECOMMENDING = st.none() | st.integers(0, 10)


@cache
def rules() -> SurveyRules:
    """The survey of the built-in rulebook."""
    return load_builtin().survey


def sheet(*values: int | str) -> dict[int, int | str]:
    """Q1, Q2, ... answered like this."""
    return dict(enumerate(values, start=1))


@pytest.mark.parametrize(
    ("answers", "score", "valid", "low", "follow_up"),
    [
        (sheet(*[5] * 11), "100.00", True, (), False),
        (sheet(*[1] * 11), "20.00", True, tuple(range(1, 12)), True),
        (sheet(*[3] * 10), "60.00", True, (), False),  # sixty is not below sixty
        (sheet(*[5] * 6), "100.00", False, (), False),
        (sheet(*[5] * 7), "100.00", True, (), False),
        (sheet(*["not_applicable"] * 3, *[4] * 7), "80.00", True, (), False),
        (sheet(5, 5, 5, 5, 5, 5, 5, 5, 2, 5), "94.00", True, (9,), True),
        ({**sheet(*[5] * 10), 11: 2}, "100.00", True, (11,), True),  # the control question calls too
        ({1: 5, 2: 4}, "88.00", False, (), False),  # (10 x 100 + 15 x 80) / 25
        ({11: 4, 13: 9}, None, False, (), False),
    ],
)
def test_sheets(
    answers: dict[int, int | str], score: str | None, valid: bool, low: tuple[int, ...], follow_up: bool
) -> None:
    found = survey.scored(rules(), answers)
    assert found.score == (Decimal(score) if score else None)
    assert (found.is_valid, found.low, found.follow_up) == (valid, low, follow_up)


@given(ANSWERS, RECOMMENDING)
def test_a_sheet_is_worth_what_the_oracle_says(answers: dict[int, int | str], nps: int | None) -> None:
    if nps is not None:
        answers[13] = nps
    found = survey.scored(rules(), answers)
    assert found.score == oracle.shown(oracle.score(answers), "0.01")
    assert found.is_valid == oracle.is_valid(answers)
    assert found.follow_up == oracle.calls_for_help(answers)
    assert found.nps == nps


@given(st.lists(st.integers(0, 10)))
def test_net_promoters_are_what_the_oracle_says(answers: list[int]) -> None:
    assert survey.net_promoters(rules(), answers) == oracle.shown(oracle.net_promoters(answers), "0.1")


@given(ANSWERS, st.permutations(range(1, 12)))
def test_the_order_of_answering_changes_nothing(answers: dict[int, int | str], order: list[int]) -> None:
    shuffled = {number: answers[number] for number in order if number in answers}
    assert survey.scored(rules(), shuffled) == survey.scored(rules(), answers)


def test_answers_as_typed() -> None:
    typed = {"13": "10", "1": "5", "2": "not_applicable", "3": "", "12": "likely", "11": " 2 "}
    assert survey.parsed(rules(), typed) == {1: 5, 2: "not_applicable", 11: 2, 12: "likely", 13: 10}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"1": "6"}, "q1"),
        ({"1": "0"}, "q1"),
        ({"1": "很满意"}, "q1"),
        ({"12": "maybe"}, "q12"),
        ({"13": "11"}, "q13"),
        ({"13": "-1"}, "q13"),
        ({"13": "１"}, "q13"),
        ({"13": "9" * 5000}, "q13"),  # more digits than Python reads as a number
        ({"14": "text"}, "q14"),
        ({"99": "5"}, "q99"),
        ({}, "q1"),
        ({"1": "  "}, "q1"),
    ],
)
def test_what_is_no_answer_is_refused_at_its_control(typed: dict[str, str], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        survey.parsed(rules(), typed)
    assert refused.value.code is ErrorCode.INVALID_INPUT
    assert [entry["field"] for entry in refused.value.context["errors"]] == [field]


def test_rates_and_means() -> None:
    assert survey.return_rate(0, 0) is None
    assert survey.return_rate(3, 2) == Decimal("0.6667")
    assert survey.mean([]) is None
    assert survey.mean([Decimal("88.00"), Decimal("77.01")]) == Decimal("82.51")  # half up
    assert [survey.is_small(rules(), sheets) for sheets in (0, 4, 5)] == [True, True, False]


def test_a_version_stored_before_the_survey_ran_is_read_with_the_defaults() -> None:
    stored = rules().model_dump(
        mode="json",
        exclude={"nps_promoter_from", "nps_detractor_to", "small_sample_below", "remind_after_working_days"},
    )
    assert SurveyRules.model_validate(stored) == rules()
