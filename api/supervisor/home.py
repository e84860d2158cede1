"""The home directory of one copy: who runs it, its log files, what it remembers between starts."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from api.supervisor.errors import StartError
from models.settings import Settings

LOG_LIMIT_BYTES = 10 * 1024 * 1024
TAIL_LINES = 15


@contextmanager
def sole_owner(home: Path) -> Iterator[None]:
    """Hold the home's lock. Raises StartError when another copy runs on it.

    The kernel drops the lock with the process, so nothing stale can block a start.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(home / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            pid = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise StartError(
                f"{home} is already run by process {pid}: stop it, or choose another home with GREENLANE_HOME"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode("ascii"), 0)
        yield
    finally:
        os.close(descriptor)


def log_path(home: Path, name: str) -> Path:
    """Log file of one child; a large one of an earlier start is put aside as `.1`."""
    path = home / "log" / f"{name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path


def log_tail(path: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log file, empty when there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 16_384))
        return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])


def read_facts(path: Path) -> dict[str, object]:
    """A small JSON file of the home; empty when missing or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_facts(path: Path, facts: Mapping[str, object]) -> None:
    """Replace a small JSON file in one step, readable by its owner only."""
    draft = path.with_name(f"{path.name}.new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    draft.replace(path)


def settings_of_copy() -> Settings:
    """Settings with the address of the engine that the copy on this home runs, where none is set."""
    settings = Settings()
    address = settings.temporal_address or read_facts(settings.home / "run.json").get("temporal_address")
    return settings.model_copy(update={"temporal_address": address})
