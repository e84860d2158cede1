"""What README and the handbook tell people to type exists."""

import re
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from api.cli import app
from models.settings import Settings
from tests.architecture.sources import ROOT

PAGES = ("README.md", "CHANGELOG.md", "docs/operations.md")


def _code(page: str) -> list[str]:
    """Inline code and the lines of code blocks."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [*re.findall(r"`([^`\n]+)`", prose), *(line for block in blocks for line in block.splitlines())]


def _commands(page: str) -> list[list[str]]:
    """Words after `greenlane`, every choice of `a|b` on its own."""
    lines = [code.split()[1:] for code in _code(page) if code.startswith("greenlane ")]
    return [[choice, *line[1:]] for line in lines for choice in line[0].split("|")]


def _unknown(words: list[str], command: object) -> str | None:
    """The first word that names no command of a group."""
    while isinstance(command, TyperGroup) and words:
        found = command.commands.get(words[0])
        if found is None:
            return words[0]
        command, words = found, words[1:]
    return None


def _settings() -> set[str]:
    return {f"GREENLANE_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("page", PAGES)
def test_every_greenlane_command_exists(page: str) -> None:
    commands = _commands(page)
    assert commands, "the page names no command any more"
    assert [unknown for words in commands if (unknown := _unknown(words, get_command(app)))] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {target for code in _code(page) for target in re.findall(r"\bmake ([a-z-]+)", code)}
    assert named
    assert named <= targets


def test_every_setting_the_handbook_names_exists() -> None:
    named = {name for page in PAGES for code in _code(page) for name in re.findall(r"GREENLANE_[A-Z_]+[A-Z]", code)}
    assert named
    assert named <= _settings()


def test_every_file_the_pages_name_exists() -> None:
    names = {code for page in PAGES for code in _code(page) if re.fullmatch(r"[\w./-]+/[\w./-]*\.?\w*", code)}
    own = {name for name in names if Path(name).parts[0] in {"docs", "models", "api", "workflows", "activities"}}
    assert own
    assert [name for name in sorted(own) if not (ROOT / name).exists()] == []


def test_a_command_that_is_gone_is_seen() -> None:
    assert _unknown(["audit", "verify"], get_command(app)) is None
    assert _unknown(["audit", "gone"], get_command(app)) == "gone"


def test_every_test_that_the_table_of_faults_names_exists() -> None:
    named = [code for code in _code("docs/faults.md") if code.startswith("tests/")]
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
