"""What a backup says of itself, written last: a folder without it is no backup."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

NAME = "manifest.json"
CHUNK = 1024 * 1024


class BackupError(Exception):
    """A backup cannot be taken or put back; the message says what to do."""


class StoredFile(BaseModel):
    """One file of a backup; `name` is its path below the backup's folder."""

    model_config = ConfigDict(frozen=True)

    name: str
    size: int
    sha256: str


class Manifest(BaseModel):
    """One backup: both stores under one id. `key_id` names the secret key it is useless without."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    backup_id: UUID
    taken_at: datetime
    """When the copying of the records began."""
    schema_version: str
    key_id: str
    records: Literal["sqlite", "postgresql"]
    engine: Literal["embedded", "elsewhere"]
    audit_seq: int = 0
    audit_hash: str = ""
    """The newest entry of the audit trail before the first file was written; 0 and empty for an empty trail."""
    files: tuple[StoredFile, ...]


def describe(folder: Path) -> tuple[StoredFile, ...]:
    """Every file below the folder with its size and digest."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple(
        StoredFile(name=str(path.relative_to(folder)), size=path.stat().st_size, sha256=_digest(path)) for path in found
    )


def write(folder: Path, manifest: Manifest) -> None:
    """Make the folder a backup."""
    (folder / NAME).touch(mode=0o600)
    (folder / NAME).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")


def read(folder: Path) -> Manifest:
    """The manifest of a whole backup: every file is there and as it was written. Raises BackupError."""
    try:
        manifest = Manifest.model_validate_json((folder / NAME).read_bytes())
    except FileNotFoundError as error:
        raise BackupError(f"{folder} is no backup: it has no {NAME}") from error
    except OSError as error:
        raise BackupError(f"{folder / NAME} cannot be read: {error}") from error
    except ValidationError as error:
        raise BackupError(f"{folder} is damaged: {NAME} is not what was written; use another backup") from error
    for stored in manifest.files:
        path = folder / stored.name
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            raise BackupError(f"{folder} is not whole: {stored.name} is missing")
        if _digest(path) != stored.sha256:
            raise BackupError(f"{folder} is damaged: {stored.name} is not what was written")
    return manifest


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
