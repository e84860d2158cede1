"""A copy of the built-in rulebook that a test may break."""

import re
import shutil
from pathlib import Path

from models.rulebook.loader import BUILTIN


def copy_builtin(target: Path) -> Path:
    """A writable copy of the packaged TOML."""
    folder = target / "book"
    shutil.copytree(BUILTIN, folder)
    return folder


def edit(folder: Path, file: str, old: str, new: str) -> None:
    """Replace the first place where the regular expression `old` matches; a test that changes nothing is wrong."""
    path = folder / file
    text, count = re.subn(old, new, path.read_text(encoding="utf-8"), count=1, flags=re.DOTALL)
    assert count == 1, f"{old!r} does not stand in {file}"
    path.write_text(text, encoding="utf-8")
