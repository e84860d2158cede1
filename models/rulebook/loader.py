"""Reads a rulebook folder: one TOML file per section, refused with file, key and reason when wrong."""

import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.errors import DomainError
from models.rulebook.checks import check
from models.rulebook.problem import Problem
from models.rulebook.schema.book import Rulebook

BUILTIN = Path(__file__).parent / "cn_pingan_2003"
"""The regulation this project ships."""
HEAD_FILE = "rulebook.toml"
HEAD_KEYS = ("code", "name_zh", "name_en", "effective_on")
SECTIONS = tuple(name for name in Rulebook.model_fields if name not in HEAD_KEYS)
"""Sections in order; each stands in `<section>.toml`."""
MAX_FILE_BYTES = 1_000_000


def load_rulebook(folder: Path) -> Rulebook:
    """Reads and checks every file of `folder`. Raises DomainError(RULEBOOK_INVALID, file, key, reason)."""
    book, problems = inspect(folder)
    if book is None or problems:
        raise problems[0].error()
    return book


def inspect(folder: Path) -> tuple[Rulebook | None, list[Problem]]:
    """Every problem of a folder at once; the rulebook itself only when its shape is right."""
    if not folder.is_dir():
        return None, [Problem(str(folder), "-", "is no folder")]
    data, problems = _read_all(folder)
    if problems:
        return None, problems
    try:
        book = Rulebook.model_validate(data)
    except ValidationError as error:
        return None, _from_pydantic(error)
    return book, check(book)


@cache
def load_builtin() -> Rulebook:
    """The rulebook of the package, parsed once per process."""
    return load_rulebook(BUILTIN)


def _read_all(folder: Path) -> tuple[dict[str, Any], list[Problem]]:
    data: dict[str, Any] = {}
    problems = list(_stray_files(folder))
    for name in (HEAD_FILE, *(f"{section}.toml" for section in SECTIONS)):
        try:
            content = _read(folder / name)
        except DomainError as error:
            problems.append(Problem(**error.context))
            continue
        if name == HEAD_FILE:
            problems.extend(Problem(name, key, f"belongs into {key}.toml") for key in content if key in SECTIONS)
            data.update(content)
        else:
            data[name.removesuffix(".toml")] = content
    return data, problems


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = path.read_bytes()
        if len(raw) > MAX_FILE_BYTES:
            raise _whole(path, f"is larger than {MAX_FILE_BYTES} bytes")
        return tomllib.loads(raw.decode("utf-8-sig"), parse_float=Decimal)
    except FileNotFoundError:
        raise _whole(path, "the file is missing") from None
    except OSError as error:
        raise _whole(path, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _whole(path, f"is not UTF-8 at byte {error.start}") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _whole(path, f"is not TOML: {error}") from error


def _whole(path: Path, reason: str) -> DomainError:
    """A problem of a file as a whole, which has no key."""
    return Problem(path.name, "-", reason).error()


def _stray_files(folder: Path) -> list[Problem]:
    known = {HEAD_FILE, *(f"{section}.toml" for section in SECTIONS)}
    strays = sorted(path.name for path in folder.glob("*.toml") if path.name not in known)
    return [Problem(name, "-", "is no file of a rulebook") for name in strays]


def _from_pydantic(error: ValidationError) -> list[Problem]:
    """Its findings, without the "too short" that Pydantic adds to a list whose only row is wrong."""
    found = error.errors(include_url=False)
    keys = [item["loc"] for item in found]
    return [
        _problem(item["loc"], item["msg"])
        for item in found
        if item["type"] != "too_short" or not any(_below(item["loc"], key) for key in keys)
    ]


def _below(key: tuple[int | str, ...], other: tuple[int | str, ...]) -> bool:
    """Whether `other` stands inside `key`."""
    return len(other) > len(key) and other[: len(key)] == key


def _problem(loc: tuple[int | str, ...], message: str) -> Problem:
    """('scoring', 'points', 'size') -> scoring.toml, points.size."""
    reason = message.removeprefix("Value error, ")
    if loc and loc[0] in SECTIONS:
        return Problem(f"{loc[0]}.toml", ".".join(str(part) for part in loc[1:]) or "-", reason)
    return Problem(HEAD_FILE, ".".join(str(part) for part in loc) or "-", reason)
