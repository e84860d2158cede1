"""Reads a rulebook folder: one TOML file per section, refused with file, key and reason when wrong."""

import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from models.errors import DomainError, ErrorCode
from models.rulebook.schema.book import Rulebook

BUILTIN = Path(__file__).parent / "cn_pingan_2003"
"""The regulation this project ships."""
HEAD_FILE = "rulebook.toml"
SECTIONS = tuple(name for name in Rulebook.model_fields if name not in {"code", "name_zh", "name_en", "effective_on"})
"""Sections in order; each stands in `<section>.toml`."""
MAX_FILE_BYTES = 1_000_000


def load_rulebook(folder: Path) -> Rulebook:
    """Reads and checks every file of `folder`. Raises DomainError(RULEBOOK_INVALID, file, key, reason)."""
    data = _read(folder, HEAD_FILE)
    for section in SECTIONS:
        if section in data:
            _refuse(HEAD_FILE, section, f"belongs into {section}.toml")
        data[section] = _read(folder, f"{section}.toml")
    _refuse_stray_files(folder)
    return parse(data)


@cache
def load_builtin() -> Rulebook:
    """The rulebook of the package, parsed once per process."""
    return load_rulebook(BUILTIN)


def parse(data: dict[str, Any]) -> Rulebook:
    """Validates plain data of all sections."""
    try:
        return Rulebook.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        _refuse(*_place(first["loc"]), first["msg"].removeprefix("Value error, "))


def _read(folder: Path, name: str) -> dict[str, Any]:
    try:
        raw = (folder / name).read_bytes()
        if len(raw) > MAX_FILE_BYTES:
            _refuse(name, "-", f"is larger than {MAX_FILE_BYTES} bytes")
        return tomllib.loads(raw.decode("utf-8"), parse_float=Decimal)
    except FileNotFoundError:
        _refuse(name, "-", "is missing")
    except OSError as error:
        _refuse(name, "-", f"cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        _refuse(name, "-", f"is not UTF-8 at byte {error.start}")
    except tomllib.TOMLDecodeError as error:
        _refuse(name, "-", f"is not TOML: {error}")


def _refuse_stray_files(folder: Path) -> None:
    known = {HEAD_FILE, *(f"{section}.toml" for section in SECTIONS)}
    for path in sorted(folder.glob("*.toml")):
        if path.name not in known:
            _refuse(path.name, "-", "is no file of a rulebook")


def _place(loc: tuple[int | str, ...]) -> tuple[str, str]:
    """File and dotted key of a Pydantic location: ('scoring', 'points', 'size') -> scoring.toml, points.size."""
    if loc and loc[0] in SECTIONS:
        return f"{loc[0]}.toml", ".".join(str(part) for part in loc[1:]) or "-"
    return HEAD_FILE, ".".join(str(part) for part in loc) or "-"


def _refuse(file: str, key: str, reason: str) -> NoReturn:
    raise DomainError(ErrorCode.RULEBOOK_INVALID, file=file, key=key, reason=reason)
