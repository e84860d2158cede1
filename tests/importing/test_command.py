"""`greenlane import`."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from models.services.importing import run
from tests.importing.loading import BOOK, EXPERIENCE


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for the command."""
    monkeypatch.setenv("GREENLANE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the small book, one row of which is bad."""
    path = tmp_path / "book"
    path.mkdir()
    for name, text in BOOK.items():
        (path / name).write_text(text, encoding="utf-8")
    (path / "experience.csv").write_text(EXPERIENCE.replace("1000,300", "1000,-300"), encoding="utf-8")
    (path / "README.md").write_text("not a book file", encoding="utf-8")
    return path


def call(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(app, ["import", *arguments])


def test_a_folder_is_loaded_and_refused_rows_are_written_down(home: Path, folder: Path) -> None:
    result = call(str(folder))
    assert result.exit_code == 0, result.output
    assert "1 行未载入" in result.output
    lines = (home / "import-report.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[1] == "experience.csv,2,incurred_claims,已发生赔款：金额不能为负"


def test_again_nothing_changes_and_it_says_so(home: Path, folder: Path) -> None:
    call(str(folder))
    result = call(str(folder))
    assert result.exit_code == 0
    assert "已导入过，无变化" in result.output


def test_a_file_that_cannot_be_read_is_named_and_fails_the_command(home: Path, folder: Path) -> None:
    (folder / "junk.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    result = call(str(folder))
    assert result.exit_code == 1
    assert "junk.csv" in result.output
    assert "customers.csv" in result.output


def test_an_import_that_was_broken_off_is_carried_on(
    home: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(run, "_finish", broken)
        assert call(str(folder)).exit_code != 0
    report = tmp_path / "report.csv"
    result = call(str(folder), "--report", str(report))
    assert result.exit_code == 0
    assert "已导入过" not in result.output, "the rows were new to this import, though loaded before the break"
    assert len(report.read_text(encoding="utf-8-sig").splitlines()) == 2


def test_nothing_to_load_fails(home: Path, tmp_path: Path) -> None:
    assert call(str(tmp_path / "missing")).exit_code != 0
    assert call(str(tmp_path)).exit_code == 1
