"""The built-in rulebook says what the regulation says."""

from collections import Counter
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rulebook import Limit, MonthDay, Rulebook, digest, from_json, load_builtin, to_json
from models.rulebook.checks.limits import not_slower
from models.rulebook.checks.weights import yearly_cost
from models.types import CustomerFlag, InstitutionLevel, LimitUnit, ProductClass, Role, Source, Stage, Tier

BOOK = load_builtin()


def entries(value: Any) -> list[dict[str, Any]]:
    """Every table of the rulebook that carries a provenance or is a row of a list."""
    if isinstance(value, dict):
        return [value, *(entry for child in value.values() for entry in entries(child))]
    if isinstance(value, list):
        return [entry for child in value for entry in entries(child)]
    return []


def test_every_row_of_every_list_names_article_and_source() -> None:
    rows = [
        row
        for table in entries(BOOK.model_dump(mode="json"))
        for child in table.values()
        if isinstance(child, list)
        for row in child
        if isinstance(row, dict)
    ]
    assert len(rows) > 300
    assert all(row["article"] and row["source"] in set(Source) for row in rows)
    assert Counter(row["source"] for row in rows)["original"] > 50


def test_original_and_default_are_told_apart_value_by_value() -> None:
    gold = BOOK.tiers.gold
    assert gold.origin_of("new_customer_seats").source is Source.ORIGINAL
    assert gold.origin_of("ranked_seats").source is Source.DEFAULT
    assert all(service.source is Source.ORIGINAL for service in BOOK.services.regular)
    assert BOOK.services.item("C1").source is Source.ORIGINAL
    assert {item.source for item in BOOK.services.items if item.code != "C1"} == {Source.DEFAULT}


@pytest.mark.parametrize(
    ("ratio", "factor", "percent"),
    [
        ("-0.1", "1.20", 100),
        ("0.399999", "1.20", 100),
        ("0.40", "1.10", 80),
        ("0.60", "1.00", 60),
        ("0.75", "0.85", 40),
        ("0.90", "0.70", 20),
        ("1.00", "0.70", 20),
        ("1.000001", "0.50", 0),
    ],
)
def test_profit_bands_at_their_edges(ratio: str, factor: str, percent: int) -> None:
    band = next(band for band in BOOK.scoring.profit_bands if band.contains(Decimal(ratio)))
    assert (band.factor, band.percent) == (Decimal(factor), Decimal(percent))


@given(st.decimals(min_value=-10, max_value=10, allow_nan=False))
def test_each_loss_ratio_falls_in_exactly_one_band(ratio: Decimal) -> None:
    assert sum(band.contains(ratio) for band in BOOK.scoring.profit_bands) == 1


@given(st.integers(min_value=1, max_value=200), st.decimals(min_value=0, max_value=10**9, allow_nan=False))
def test_each_year_and_each_size_falls_in_exactly_one_band(years: int, yuan: Decimal) -> None:
    assert sum(band.contains(years) for band in BOOK.scoring.loyalty_bands) == 1
    assert sum(band.contains(yuan) for band in BOOK.scoring.size_bands) == 1


def test_tables_of_scoring() -> None:
    factors = {row.product_class: row for row in BOOK.scoring.product_factors}
    plain = {name: row.factor for name, row in factors.items()}
    wanted = {"A": "1.00", "B": "0.80", "C": "1.00", "E": "0.10", "F": "0.08"}
    assert {name: value for name, value in plain.items() if value is not None} == {
        ProductClass(name): Decimal(value) for name, value in wanted.items()
    }
    class_d = factors[ProductClass.D]
    assert (class_d.years_divisor, class_d.minimum) == (Decimal(10), Decimal("0.10"))
    assert {name for name, row in factors.items() if row.neutral_profit} == {ProductClass.E, ProductClass.F}
    assert [band.factor for band in BOOK.scoring.loyalty_bands] == [
        Decimal(value) for value in ("1.00", "1.05", "1.10", "1.15", "1.20")
    ]
    assert (BOOK.scoring.formula, BOOK.scoring.break_days, BOOK.scoring.new_customer_lookback_months) == ("A", 60, 24)


def test_seats_and_entry_values() -> None:
    tiers = BOOK.tiers
    assert (tiers.gold.ranked_seats, tiers.gold.new_customer_seats) == (90, 10)
    assert (tiers.gold.entry_value, tiers.gold.new_customer_entry_value) == (Decimal(1_000_000), Decimal(500_000))
    assert tiers.gold.unfilled_new_customer_seats == "vacant"
    assert [tiers.silver.entry_value(region).value for region in (1, 2, 3)] == [200_000, 150_000, 100_000]
    assert (tiers.silver.seats_per_service_post, tiers.silver.service_role) == (20, Role.BR_SVC)
    assert tiers.special_share == Decimal("0.05")
    assert set(tiers.barred_flags) == set(CustomerFlag)
    assert [rule.criterion for rule in tiers.tie_break] == [
        "value", "standard_premium", "insured_years", "first_effective_on", "customer_no",
    ]  # fmt: skip


def test_procedure_of_the_year_2025() -> None:
    steps = [(step.stage, step.role, step.level, step.due_on(2025)) for step in BOOK.procedure.steps]
    assert steps == [
        (Stage.DECLARED, Role.MGR, InstitutionLevel.SUB_BRANCH, date(2026, 1, 20)),
        (Stage.UNIT_CHECK, Role.UNIT_LEAD, InstitutionLevel.SUB_BRANCH, date(2026, 1, 25)),
        (Stage.BRANCH_REVIEW, Role.BR_SVC, InstitutionLevel.BRANCH, date(2026, 1, 31)),
        (Stage.BRANCH_APPROVAL, Role.BR_LEAD, InstitutionLevel.BRANCH, date(2026, 2, 10)),
        (Stage.HQ_REVIEW, Role.HQ_VIP, InstitutionLevel.HQ, date(2026, 2, 20)),
        (Stage.HQ_APPROVAL, Role.HQ_LEAD, InstitutionLevel.HQ, date(2026, 2, 28)),
    ]
    finals = {step.stage: step.final_for for step in BOOK.procedure.steps if step.final_for}
    assert finals == {Stage.BRANCH_APPROVAL: Tier.SILVER, Stage.HQ_APPROVAL: Tier.GOLD}
    assert next(step.stage for step in BOOK.procedure.steps if step.may_reject) is Stage.BRANCH_REVIEW
    assert BOOK.procedure.withdraw_until is Stage.BRANCH_APPROVAL


@pytest.mark.parametrize(("year", "last"), [(2025, date(2027, 2, 28)), (2026, date(2028, 2, 29))])
def test_the_term_ends_with_february(year: int, last: date) -> None:
    assert BOOK.procedure.term(year) == (date(year + 1, 3, 1), last)


def test_mid_year_window_includes_both_ends() -> None:
    window = BOOK.procedure.window_mid_year
    days = [date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 15), date(2026, 7, 16)]
    assert [window.contains(day) for day in days] == [False, True, True, False]


def test_office_hours() -> None:
    spans = [(span.opens, span.closes) for span in BOOK.working_time.opening]
    assert spans == [(time(9), time(12)), (time(13, 30), time(17, 30))]
    assert BOOK.working_time.warning_percents == (50, 80)


@pytest.mark.parametrize(
    ("service", "limits"),
    [
        ("issue", [(5, "working_days"), (3, "working_days"), (2, "working_days")]),
        ("endorsement", [(3, "working_days"), (2, "working_days"), (1, "working_days")]),
        ("simple_endorsement", [(None, "same_day")] * 3),
        ("claim", [(7, "working_days"), (5, "working_days"), (3, "working_days")]),
        ("investigated_claim", [(15, "working_days"), (10, "working_days"), (10, "working_days")]),
        ("renewal_reminder", [(2, "months_before")] * 3),
        ("renewal", [None, (3, "months_before"), (3, "months_before")]),
        ("visit", [None, (1, "working_days"), (4, "working_hours")]),
        ("disability_appraisal", [None] * 3),
    ],
)
def test_limits_by_tier(service: str, limits: list[tuple[int | None, str] | None]) -> None:
    found = [BOOK.services.limit(service, tier) for tier in Tier]
    assert [limit and (limit.value, limit.unit.value) for limit in found] == limits


def test_catalogue_is_complete() -> None:
    codes = [item.code for item in BOOK.services.items]
    assert codes == [*(f"Z{number:02}" for number in range(1, 20)), *(f"C{number}" for number in range(1, 10))]
    assert {service.code for service in BOOK.services.regular} == {f"17({number})" for number in range(1, 9)}
    assert [item.code for item in BOOK.services.items_of(Tier.SILVER)] == codes[:19]
    assert BOOK.services.items_of(Tier.REGULAR) == ()
    complaint = BOOK.services.item("Z18")
    reply, close = complaint.promise(Tier.SILVER, act="reply"), complaint.promise(Tier.SILVER, act="close")
    assert reply is not None
    assert reply.limit == Limit(unit=LimitUnit.ELAPSED_HOURS, value=24)
    assert close is not None
    assert close.limit == Limit(unit=LimitUnit.WORKING_DAYS, value=5)


def test_frequencies_of_a_year() -> None:
    def times(code: str, tier: Tier) -> int:
        promise = BOOK.services.item(code).promise(tier)
        assert promise is not None
        assert promise.frequency is not None
        return promise.frequency.per_year()

    assert [(times(code, Tier.SILVER), times(code, Tier.GOLD)) for code in ("Z08", "Z09", "Z11", "Z13", "Z19")] == [
        (4, 12), (1, 2), (3, 3), (12, 12), (1, 2),
    ]  # fmt: skip


def test_assessment_survey_forms_spend_rollout() -> None:
    assert [row.weight for row in BOOK.assessment.indicators] == [25, 25, 20, 15, 10, 5]
    grades = [BOOK.assessment.grade(Decimal(points)).code for points in ("100", "95", "94.99", "85", "70", "69.9", "0")]
    assert grades == ["excellent", "excellent", "good", "good", "pass", "fail", "fail"]
    assert [question.number for question in BOOK.survey.questions] == list(range(1, 15))
    assert len(BOOK.survey.questions[11].choices) == 4
    assert [form.number for form in BOOK.forms.forms] == list(range(1, 9))
    assert [sheet.code for sheet in BOOK.forms.form("附件五").sheets] == ["inquiry_record", "complaint_record"]
    assert yearly_cost(BOOK, Tier.SILVER, 4) == 4470
    assert yearly_cost(BOOK, Tier.GOLD, 4) == 11870
    assert (len(BOOK.rollout.tasks), BOOK.rollout.weeks) == (9, 12)
    assert (BOOK.care.gift_cap.per_time, BOOK.care.gift_cap.per_person_and_year) == (Decimal(200), Decimal(1000))


def test_eight_chapters_and_eleven_attachments() -> None:
    assert [chapter.number for chapter in BOOK.general.chapters] == list(range(1, 9))
    assert len(BOOK.general.attachments) == 11
    assert {row.article for row in BOOK.general.provisions} == {f"第{number}条" for number in range(1, 7)}


def test_posts_and_duties() -> None:
    roles = {row.role: row for row in BOOK.organisation.roles}
    assert set(roles) == {
        Role.HQ_VIP, Role.HQ_LEAD, Role.BR_LEAD, Role.BR_SVC, Role.BR_CTR, Role.MGR, Role.UNIT_LEAD, Role.AUDIT,
    }  # fmt: skip
    assert [role for role, row in roles.items() if row.read_only] == [Role.AUDIT]


def test_json_and_back_is_the_same_rulebook() -> None:
    again = from_json(to_json(BOOK))
    assert again == BOOK
    assert digest(again) == digest(BOOK)


def test_digest_sees_a_changed_number_but_no_changed_spelling() -> None:
    def with_share(value: str) -> Rulebook:
        tiers = BOOK.tiers.model_copy(update={"special_share": Decimal(value)})
        return BOOK.model_copy(update={"tiers": tiers})

    assert digest(with_share("0.050")) == digest(BOOK)
    assert digest(with_share("0.051")) != digest(BOOK)


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31)))
def test_month_day_meets_every_date_but_29_february(day: date) -> None:
    if (day.month, day.day) != (2, 29):
        assert MonthDay(f"{day:%m-%d}").on(day.year) == day
    assert MonthDay(f"end-{day:%m}").on(day.year) >= day


@pytest.mark.parametrize("text", ["02-29", "13-01", "00-10", "04-31", "1-1", "end-13", "end-02-01", "01", "", "end-"])
def test_month_day_refuses_what_is_no_date_of_every_year(text: str) -> None:
    with pytest.raises(ValueError, match=r"month|date"):
        MonthDay(text)


DAY = 420


@pytest.mark.parametrize(
    ("limit", "standard", "verdict"),
    [
        ((4, "working_hours"), (1, "working_days"), True),
        ((7, "working_hours"), (1, "working_days"), True),
        ((8, "working_hours"), (1, "working_days"), False),
        ((1, "working_days"), (8, "working_hours"), False),
        ((1, "working_days"), (14, "working_hours"), True),
        ((None, "same_day"), (1, "working_days"), True),
        ((1, "working_days"), (None, "same_day"), False),
        ((None, "same_day"), (4, "working_hours"), False),
        ((None, "same_day"), (7, "working_hours"), True),
        ((24, "elapsed_hours"), (1, "working_days"), True),
        ((25, "elapsed_hours"), (1, "working_days"), False),
        ((1, "working_days"), (240, "elapsed_hours"), False),
        ((3, "months_before"), (2, "months_before"), True),
        ((1, "months_before"), (2, "months_before"), False),
        ((1, "working_days"), (2, "months_before"), None),
    ],
)
def test_limits_are_compared_in_one_unit(
    limit: tuple[int | None, LimitUnit], standard: tuple[int | None, LimitUnit], verdict: bool | None
) -> None:
    made = [Limit(value=value, unit=LimitUnit(unit)) for value, unit in (limit, standard)]
    assert not_slower(made[0], made[1], DAY) is verdict
