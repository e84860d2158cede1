"""A diff of rulebooks shows what changed and nothing else."""

from pathlib import Path

from models.rulebook import Change, diff, load_builtin, load_rulebook
from tests.rules.rulebook_folder import copy_builtin, edit


def changed(tmp_path: Path, file: str, old: str, new: str) -> list[Change]:
    folder = copy_builtin(tmp_path)
    edit(folder, file, old, new)
    return diff(load_builtin(), load_rulebook(folder))


def test_no_change_is_no_line(tmp_path: Path) -> None:
    assert changed(tmp_path, "tiers.toml", "special_share = 0.05", "special_share = 0.0500") == []


def test_a_changed_row_is_named_by_its_code(tmp_path: Path) -> None:
    found = changed(tmp_path, "scoring.toml", "factor = 0.80", "factor = 0.75")
    assert found == [Change("scoring.product_factors[B].factor", "0.8", "0.75")]


def test_a_removed_row_shows_only_its_own_keys(tmp_path: Path) -> None:
    found = changed(tmp_path, "procedure.toml", r'\[\[immediate_cancellation\]\]\ncode = "fraud".*?\n\n', "")
    assert {change.key.rsplit(".", 1)[0] for change in found} == {"procedure.immediate_cancellation[fraud]"}
    assert all(change.new is None for change in found)


def test_an_order_that_decides_is_shown(tmp_path: Path) -> None:
    folder = copy_builtin(tmp_path)
    edit(folder, "tiers.toml", 'criterion = "standard_premium"', 'criterion = "held"')
    edit(folder, "tiers.toml", 'criterion = "insured_years"', 'criterion = "standard_premium"')
    edit(folder, "tiers.toml", 'criterion = "held"', 'criterion = "insured_years"')
    (found,) = diff(load_builtin(), load_rulebook(folder))
    assert found.key == "tiers.tie_break[order]"
    assert found.new[1:3] == ["insured_years", "standard_premium"]
