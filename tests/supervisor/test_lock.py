"""The locked requirements: complete, pinned, hashed, and free of the place they were made at."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"[A-Za-z0-9._-]+")


def normal(name: str) -> str:
    """Package names as PEP 503 compares them."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(profile: str) -> dict[str, str]:
    """Locked version by package name."""
    text = (ROOT / "requirements" / f"{profile}.txt").read_text(encoding="utf-8")
    return {normal(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}


def wanted(*extras: str) -> set[str]:
    """Names pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    return {normal(found[0]) for line in lines if (found := NAME.match(line))}


@pytest.mark.parametrize(("profile", "extra"), [("runtime", "build"), ("dev", "dev")])
def test_every_declared_package_is_locked(profile: str, extra: str) -> None:
    missing = wanted(extra) - set(pins(profile))
    assert not missing, f"run `make lock`: {sorted(missing)} missing in requirements/{profile}.txt"


def test_both_locks_agree() -> None:
    runtime, dev = pins("runtime"), pins("dev")
    assert runtime.items() <= dev.items()


@pytest.mark.parametrize("profile", ["runtime", "dev"])
def test_every_pin_carries_hashes_and_no_address(profile: str) -> None:
    text = (ROOT / "requirements" / f"{profile}.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[A-Za-z0-9])", text)[1:]
    assert len(entries) == len(pins(profile))
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"://|--index|--find-links|--extra-index|--trusted|(^|\s)/\w", text)
