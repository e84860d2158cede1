"""Third-party files are the ones that their README names."""

import hashlib
import re
from pathlib import Path

import pytest

from templates import STATIC

FOLDERS = (STATIC / "vendor", Path(__file__).parent.parent / "vendor")
ENTRY = re.compile(r"^(\S+/\S+)\s.*?sha256 ([0-9a-f]{64})$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_sums_and_licences(folder: Path) -> None:
    entries = ENTRY.findall((folder / "README").read_text("utf-8"))
    assert entries
    for name, expected in entries:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected, name
        assert (folder / name).with_name("LICENSE").is_file()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_file_is_named(folder: Path) -> None:
    named = {name for name, _sum in ENTRY.findall((folder / "README").read_text("utf-8"))}
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix in {".js", ".css"}}
    assert files == named
