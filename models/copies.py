"""Whole databases as files: a SQLite file copied while it is in use, PostgreSQL by its own programs."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url


class CopyError(Exception):
    """A database could not be copied or loaded; the message says why, and what to do."""


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database that others may be writing to, as it stood at one instant; the copy is checked.

    One read transaction: writers go on meanwhile and cannot make it begin again. Raises CopyError.
    """
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new, pages=-1)
            new.execute("PRAGMA journal_mode=DELETE")  # a copy is one file
            (verdict,) = new.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        raise CopyError(f"{source.name} cannot be copied: {error}") from error
    if verdict != "ok":
        raise CopyError(f"{source.name} is damaged: {verdict}")


def dump_postgres(url: str, target: Path) -> None:
    """Write one consistent snapshot of a database in pg_dump's own format. Raises CopyError."""
    _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def load_postgres(url: str, source: Path) -> None:
    """Replace the database's tables by those of a dump, in one transaction. Raises CopyError."""
    how = ("--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
    database = make_url(url).database or ""
    _run("pg_restore", url, *how, f"--dbname={database}", str(source))


def _run(program: str, url: str, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise CopyError(
            f"{program} is not on the path: install PostgreSQL's client programs, or use a base backup of the whole"
            " cluster instead (docs/operations.md)"
        )
    ran = subprocess.run(  # noqa: S603 - a program of the path with our own arguments
        [found, *arguments], env=_environment(url), capture_output=True, text=True, check=False
    )
    if ran.returncode != 0:
        raise CopyError(f"{program}: {ran.stderr.strip() or f'ended with code {ran.returncode}'}")


def _environment(url: str) -> dict[str, str]:
    """libpq's variables: a password on the command line could be read by everybody on the machine."""
    parts = make_url(url)
    hosts = parts.query.get("host", "")
    told = {
        "PGHOST": parts.host or (hosts if isinstance(hosts, str) else hosts[0]),
        "PGPORT": str(parts.port or ""),
        "PGUSER": parts.username or "",
        "PGPASSWORD": parts.password or "",
        "PGDATABASE": parts.database or "",
    }
    return {"PATH": os.environ.get("PATH", "")} | {name: value for name, value in told.items() if value}
