"""The list of the erased 删除名单: ids of contacts, one a line, kept beside the records for the day they are restored.

Records that are put aside tell a restore who was erased since the backup; an empty home, or a database of which nothing
is left, does not. The list says nothing about a person, and the records stay what counts: what it lacks is written with
the next erasing or backup.
"""

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from models.database import Database
from models.settings import Settings
from models.stores.erasing import ErasingStore

_log = logging.getLogger(__name__)


def note(settings: Settings, database: Database) -> None:
    """Everybody who is erased in the records stands in the list."""
    with database.read() as session:
        erased = ErasingStore(session).erased()
    keep(settings.erased_list, erased)


def listed(path: Path) -> frozenset[UUID]:
    """Who stands in a list; nobody where there is none, and a line that was broken off is none."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").split()
    except FileNotFoundError:
        return frozenset()
    except OSError as error:
        _log.warning("the list of the erased cannot be read: %s", error)
        return frozenset()
    return frozenset(found for line in lines if (found := _id(line)) is not None)


def keep(path: Path, erased: Iterable[UUID]) -> None:
    """Add whom the list lacks. A list that cannot be written is told in the log, and nobody waits for it."""
    missing = sorted(set(erased) - listed(path))
    if not missing:
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write("".join(f"\n{one}" for one in missing).encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        _log.warning("the list of the erased cannot be written: %s", error)


def _id(line: str) -> UUID | None:
    try:
        return UUID(line)
    except ValueError:
        return None
