"""A wrong rulebook is refused with the file, the key and the reason."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import DomainError, ErrorCode
from models.rulebook import inspect, load_rulebook
from models.rulebook.loader import BUILTIN, HEAD_FILE, SECTIONS
from tests.rules.rulebook_folder import copy_builtin, edit

FILES = (HEAD_FILE, *(f"{section}.toml" for section in SECTIONS))

BROKEN = [
    # file, what is broken, broken to, key that must be named, word of the reason
    ("rulebook.toml", "effective_on = 2003-01-01", 'effective_on = "soon"', "effective_on", "date"),
    ("rulebook.toml", r"\Z", "\nscoring = 1\n", "scoring", "belongs into scoring.toml"),
    ("general.toml", 'kind = "form"', 'kind = "sheet"', "attachments.0.kind", "form"),
    ("general.toml", 'identifier = "care_record"', 'identifier = "caring"', "attachments.3.identifier", "caring"),
    ("general.toml", r'basis = \["S1"\]', 'basis = ["S99"]', "provisions.9.basis", "S99"),
    ("scoring.toml", 'formula = "A"', 'formula = "C"', "formula", "'A' or 'B'"),
    ("scoring.toml", "size = 60", "size = 61", "points", "add up to 101"),
    ("scoring.toml", "factor = 0.80", "factor = nan", "product_factors.1.factor", "finite"),
    ("scoring.toml", "factor = 0.80", "factor = -0.80", "product_factors.1.factor", "greater than 0"),
    ("scoring.toml", "factor = 0.80\n", "", "product_factors.1.factor", "either"),
    ("scoring.toml", 'product_class = "F"', 'product_class = "E"', "product_factors", "class F is missing"),
    ("scoring.toml", "min_years = 3\nmax_years = 3", "min_years = 3\nmax_years = 4", "loyalty_bands.3", "overlap"),
    ("scoring.toml", "min_years = 5", "min_years = 6", "loyalty_bands.4", "gap"),
    ("scoring.toml", "min_years = 5", "min_years = 5\nmax_years = 9", "loyalty_bands", "nothing above"),
    ("scoring.toml", r"lower = 0\.60", "lower = 0.61", "profit_bands.2", "gap between 0.60 and 0.61"),
    ("scoring.toml", r"lower = 0\.60", "lower = 0.59", "profit_bands.2", "overlap between"),
    ("scoring.toml", "upper = 0.40\nupper_inclusive = false", "upper = 0.40\nupper_inclusive = true",
     "profit_bands.1", "belongs to both"),
    ("scoring.toml", "upper = 1.00\nupper_inclusive = true", "upper = 1.00\nupper_inclusive = false",
     "profit_bands.5", "belongs to no band"),
    ("scoring.toml", "upper = 3000000", "upper = 2000000", "size_bands.4", "gap"),
    ("tiers.toml", "ranked_seats = 90", "ranked_seats = 0", "gold.ranked_seats", "greater than 0"),
    ("tiers.toml", "new_customer_seats = 10", "new_customer_seats = -1", "gold.new_customer_seats", "greater than 0"),
    ("tiers.toml", "special_share = 0.05", "special_share = 5", "special_share", "less than or equal to 1"),
    ("tiers.toml", "region_class = 3", "region_class = 2", "silver.entry_values", "2 stands 2 times"),
    ("tiers.toml", "new_customer_entry_value = 500000", "new_customer_entry_value = 5000000",
     "gold.new_customer_entry_value", "cannot exceed"),
    ("tiers.toml", 'key = "new_customer_seats"', 'key = "seats"', "gold", "'seats'"),
    ("tiers.toml", 'criterion = "value"', 'criterion = "customer_no"', "tie_break", "customer_no stands 2 times"),
    ("tiers.toml", 'service_role = "BR_SVC"', 'service_role = "OPS"', "silver.service_role", "OPS"),
    ("tiers.toml", 'source = "original"', 'source = "hearsay"', "gold.origins.0.source", "original"),
    ("procedure.toml", 'until = "01-25"', 'until = "01-15"', "steps.1.until", "before 01-20"),
    ("procedure.toml", 'until = "01-25"', 'until = "02-30"', "steps.1.until", "not a date of every year"),
    ("procedure.toml", 'term_start = "03-01"', 'term_start = "02-15"', "term_start", "before the last approval"),
    ("procedure.toml", 'closes = "07-15"', 'closes = "06-15"', "window_mid_year.closes", "before it opens"),
    ("procedure.toml", 'stage = "hq_review"', 'stage = "unit_check"', "-", "twice"),
    ("procedure.toml", 'stage = "hq_review"', 'stage = "clouds"', "steps.4.stage", "declared"),
    ("procedure.toml", 'role = "BR_LEAD"', 'role = "HQ_LEAD"', "steps.3.level", "level hq"),
    ("procedure.toml", 'final_for = "gold"', 'final_for = "silver"', "steps", "one for gold"),
    ("procedure.toml", 'on = "12-31"\nyear_offset = 0', 'on = "12-31"\nyear_offset = 1', "milestones.0.on", "after"),
    ("procedure.toml", "max_rounds = 5\n", "", "max_rounds", "required"),
    ("working_time.toml", "closes = 12:00:00", "closes = 08:00:00", "opening.0.closes", "closes before"),
    ("working_time.toml", "opens = 13:30:00", "opens = 11:30:00", "opening.1.opens", "overlaps"),
    ("working_time.toml", r"\[50, 80\]", "[80, 50]", "warning_percents", "rise"),
    ("services.toml", 'regular = "issue"\nlimit = { unit = "working_days", value = 3',
     'regular = "issue"\nlimit = { unit = "working_days", value = 6', "items.1.promises.0.limit", "longer than 5"),
    ("services.toml", 'regular = "issue"\nlimit = { unit = "working_days", value = 3',
     'regular = "issue"\nlimit = { unit = "working_hours", value = 36', "items.1.promises.0.limit", "36 working hours"),
    ("services.toml", 'regular = "claim"\nlimit = { unit = "working_days", value = 3',
     'regular = "claim"\nlimit = { unit = "working_days", value = 6', "items.3.promises.1.limit", "silver the shorter"),
    ("services.toml", 'limit = { unit = "months_before", value = 3 }', 'limit = { unit = "months_before", value = 1 }',
     "items.6.promises.0.limit", "1 months before"),
    ("services.toml", 'limit = { unit = "same_day" }', 'limit = { unit = "same_day", value = 1 }',
     "regular.2.limit", "same_day takes no value"),
    ("services.toml", 'form = "附件三"', 'form = "附件九"', "items.1.form", "附件九"),
    ("services.toml", 'regular = "claim"', 'regular = "clam"', "items.3.promises.0.regular", "clam"),
    ("services.toml", '"mid_autumn", ', "", "items.10.promises.0.frequency", "2 festivals"),
    ("services.toml", 'code = "Z05"', 'code = "Z04"', "items", "Z04 stands 2 times"),
    ("services.toml", "least = 1\nmost = 2", "least = 3\nmost = 2", "key_persons.0.most", "below least"),
    ("organisation.toml", '"Z09"', '"Z99"', "roles.2.duties.3.services", "Z99"),
    ("organisation.toml", 'role = "AUDIT"', 'role = "MGR"', "roles", "MGR stands 2 times"),
    ("assessment.toml", "weight = 25", "weight = 26", "indicators", "add up to 101"),
    ("assessment.toml", "lower = 85\nupper = 95", "lower = 85\nupper = 94", "grades.3", "gap"),
    ("assessment.toml", 'best_grade = "pass"', 'best_grade = "superb"', "vetoes.0.best_grade", "superb"),
    ("assessment.toml", 'zero_indicator = "completion_rate"', 'zero_indicator = "joy"',
     "vetoes.0.zero_indicator", "joy"),
    ("survey.toml", "weight = 15", "weight = 14", "questions", "add up to 99"),
    ("survey.toml", "min_answered = 7", "min_answered = 11", "min_answered", "only 10"),
    ("survey.toml", "score_per_point = 20", "score_per_point = 25", "score_per_point", "125"),
    ("forms.toml", 'kind = "money"', 'kind = "gold"', "forms.0.sheets.0.fields.15.kind", "money"),
    ("forms.toml", 'code = "附件二"', 'code = "附件一"', "forms", "附件一 stands 2 times"),
    ("spend.toml", "amount = 150", "amount = 151", "reference_totals.0", "4473"),
    ("spend.toml", 'service = "Z13"', 'service = "Z77"', "unit_costs.4.service", "Z77"),
    ("rollout.toml", "from_week = 2\nto_week = 3", "from_week = 4\nto_week = 3", "tasks.1.to_week", "before it starts"),
    ("rollout.toml", "weeks = 12", "weeks = 11", "tasks.8.to_week", "after week 11"),
    ("rollout.toml", "from_week = 5", "after = [99]\nfrom_week = 5", "tasks.3.after", "99 does not exist"),
    ("rollout.toml", "from_week = 5", "after = [3, 4]\nfrom_week = 5", "tasks.3.after", "not before week 5"),
    ("care.toml", "per_time = 200", "per_time = 2000", "gift_cap.per_time", "cap of a year"),
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=[f"{row[0]}-{row[3]}" for row in BROKEN])
def test_each_break_is_named(tmp_path: Path, broken: tuple[str, str, str, str, str]) -> None:
    file, old, new, key, word = broken
    folder = copy_builtin(tmp_path)
    edit(folder, file, old, new)
    _, problems = inspect(folder)
    named = [problem for problem in problems if problem.file == file and problem.key == key]
    assert named, problems
    assert any(word in problem.reason for problem in named), named
    with pytest.raises(DomainError) as refusal:
        load_rulebook(folder)
    assert refusal.value.code is ErrorCode.RULEBOOK_INVALID
    assert set(refusal.value.context) == {"file", "key", "reason"}


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named(tmp_path: Path, file: str) -> None:
    folder = copy_builtin(tmp_path)
    (folder / file).unlink()
    with pytest.raises(DomainError) as refusal:
        load_rulebook(folder)
    assert refusal.value.context == {"file": file, "key": "-", "reason": "the file is missing"}


@pytest.mark.parametrize("file", FILES)
def test_broken_syntax_is_named_with_its_line(tmp_path: Path, file: str) -> None:
    folder = copy_builtin(tmp_path)
    edit(folder, file, r"\A", "this is not toml\n")
    with pytest.raises(DomainError) as refusal:
        load_rulebook(folder)
    assert refusal.value.context["file"] == file
    assert "line 1" in refusal.value.context["reason"]


@pytest.mark.parametrize("file", FILES)
def test_an_unknown_key_is_never_ignored(tmp_path: Path, file: str) -> None:
    folder = copy_builtin(tmp_path)
    edit(folder, file, r"\A", "surprise = 1\n")
    with pytest.raises(DomainError) as refusal:
        load_rulebook(folder)
    assert (refusal.value.context["file"], refusal.value.context["key"]) == (file, "surprise")


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    folder = copy_builtin(tmp_path)
    (folder / "care.toml").write_bytes("附件".encode("gb18030"))
    with pytest.raises(DomainError) as refusal:
        load_rulebook(folder)
    assert refusal.value.context == {"file": "care.toml", "key": "-", "reason": "is not UTF-8 at byte 0"}


def test_a_stray_file_and_no_folder_are_named(tmp_path: Path) -> None:
    folder = copy_builtin(tmp_path)
    (folder / "scores.toml").write_text("", encoding="utf-8")
    assert [problem.file for problem in inspect(folder)[1]] == ["scores.toml"]
    assert inspect(tmp_path / "nowhere")[1][0].reason == "is no folder"


def test_a_huge_file_is_not_parsed(tmp_path: Path) -> None:
    folder = copy_builtin(tmp_path)
    (folder / "care.toml").write_bytes(b"#" * 1_000_001)
    assert "larger than" in inspect(folder)[1][0].reason


def test_several_problems_come_together(tmp_path: Path) -> None:
    folder = copy_builtin(tmp_path)
    edit(folder, "scoring.toml", "size = 60", "size = 61")
    edit(folder, "care.toml", "per_time = 200", "per_time = 2000")
    assert [problem.file for problem in inspect(folder)[1]] == ["scoring.toml", "care.toml"]


LINES = [
    (file, number)
    for file in FILES
    for number, line in enumerate((BUILTIN / file).read_text(encoding="utf-8").splitlines())
    if line.startswith(("article =", "source ="))
]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(LINES))
def test_no_entry_may_lose_its_provenance(line: tuple[str, int]) -> None:
    file, number = line
    with TemporaryDirectory() as scratch:
        folder = copy_builtin(Path(scratch))
        lines = (folder / file).read_text(encoding="utf-8").splitlines()
        lost = lines.pop(number).split(" =")[0]
        (folder / file).write_text("\n".join(lines), encoding="utf-8")
        _, problems = inspect(folder)
    assert [problem.file for problem in problems] == [file]
    assert problems[0].key.split(".")[-1] == lost
