"""`greenlane rulebook` as an operator types it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands.rulebook import rulebook_app
from models.rulebook import digest, load_builtin
from tests.rules.rulebook_folder import copy_builtin, edit

RUN = CliRunner()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLANE_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("GREENLANE_DATABASE_URL", raising=False)


def run(*words: str) -> tuple[int, str]:
    done = RUN.invoke(rulebook_app, list(words))
    return done.exit_code, done.output


def test_check_passes_the_builtin_with_its_digest() -> None:
    code, said = run("check")
    assert code == 0
    assert digest(load_builtin()) in said


def test_check_names_every_problem(tmp_path: Path) -> None:
    folder = copy_builtin(tmp_path)
    edit(folder, "scoring.toml", "size = 60", "size = 61")
    edit(folder, "care.toml", "per_time = 200", "per_time = 2000")
    code, said = run("check", str(folder))
    assert code == 1
    assert "scoring.toml: points: weights add up to 101" in said
    assert "care.toml: gift_cap.per_time" in said


def test_diff_then_activate_then_diff_again(tmp_path: Path) -> None:
    folder = copy_builtin(tmp_path)
    edit(folder, "tiers.toml", "ranked_seats = 90", "ranked_seats = 95")
    code, said = run("diff", str(folder))
    assert code == 0
    assert said.split("\n")[1].split() == ["tiers.gold.ranked_seats", "90", "95"]
    code, said = run("activate", str(folder), "--effective-on", "2026-01-01", "--reason", "more seats")
    assert code == 0
    assert "version 2 from 2026-01-01" in said
    code, said = run("diff", "v1", "v2")
    assert code == 0
    assert "tiers.gold.ranked_seats" in said
    assert run("diff", "builtin", "v1") == (0, "no difference\n")
    code, said = run("activate", str(folder), "--effective-on", "2026-01-01", "--reason", "again")
    assert code == 0
    assert "nothing changed" in said


@pytest.mark.parametrize(
    "words",
    [
        ("diff", "v9"),
        ("diff", "/nowhere"),
        ("activate", "/nowhere", "--effective-on", "2026-01-01", "--reason", "x"),
        ("activate", "/nowhere", "--effective-on", "2026-02-30", "--reason", "x"),
        ("activate", "/nowhere", "--effective-on", "2026-01-01"),
    ],
)
def test_what_cannot_be_done_ends_with_an_exit_code(words: tuple[str, ...]) -> None:
    assert run(*words)[0] != 0
