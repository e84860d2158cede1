"""`greenlane rulebook check|diff|activate`: look at a regulation before it counts, then make it count."""

import getpass
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from api.terminal import errors, reported
from models.database import Database
from models.rulebook import Problem, Rulebook, digest, inspect, load_builtin, load_rulebook
from models.rulebook.loader import BUILTIN
from models.services import rulebooks
from models.settings import Settings
from models.stores.rulebooks import RulebookStore
from models.types import TIME_ZONE

rulebook_app = typer.Typer(help="The regulation as data: check a folder, compare, activate.", no_args_is_help=True)
console = Console(highlight=False)

_STORED = re.compile(r"v(\d+)")
_DATE = "%Y-%m-%d"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(rulebook_app, name="rulebook")


@rulebook_app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="Folder of TOML files; default: the built-in rulebook.")] = BUILTIN,
) -> None:
    """Check a rulebook folder and name every problem with file, key and reason."""
    book, problems = inspect(folder)
    if book is None or problems:
        _refuse(problems)
    console.print(f"{book.code} {book.name_zh}", markup=False)
    console.print(f"sha256 {digest(book)}")


@rulebook_app.command()
def diff(
    first: Annotated[str, typer.Argument(help="A folder, a stored version (v2), 'in-force' or 'builtin'.")],
    second: Annotated[
        str | None, typer.Argument(help="The newer one; alone, the first is compared to in-force.")
    ] = None,
) -> None:
    """Show what changes: keys that differ, with their old and new value."""
    with reported():
        old, new = ("in-force", first) if second is None else (first, second)
        changes = rulebooks.diff(_rulebook(old), _rulebook(new))
    if not changes:
        console.print("no difference")
        return
    table = Table("key", "old", "new", box=None, header_style="bold")
    for change in changes:
        table.add_row(*(_cell(value) for value in change))
    console.print(table)


@rulebook_app.command()
def activate(
    folder: Annotated[Path, typer.Argument(help="Folder of TOML files.")],
    effective_on: Annotated[datetime, typer.Option(formats=[_DATE], help="First day it counts (Asia/Shanghai).")],
    reason: Annotated[str, typer.Option(help="Why; kept with the version and in the audit trail.")],
) -> None:
    """Store a folder as the next version, in force from a day on; running cases keep theirs."""
    with reported(), _database() as database:
        database.migrate()
        with database.write() as session:
            rulebooks.ensure_builtin(session)
            done = rulebooks.activate(session, folder, effective_on.date(), f"cli:{getpass.getuser()}", reason)
            said = "activated" if done.created else "already in force, nothing changed:"
            text = f"{said} {done.version.code} version {done.version.version} from {done.version.effective_on}"
    console.print(text, markup=False)
    console.print(f"{len(done.changes)} changed keys", markup=False)


def _rulebook(name: str) -> Rulebook:
    """The rulebook a person named: folder, stored version, in-force, builtin."""
    stored = _STORED.fullmatch(name)
    if stored is None and name not in {"in-force", "builtin"}:
        return load_rulebook(Path(name))
    if name == "builtin":
        return load_builtin()
    with _database() as database:
        database.migrate()
        with database.write() as session:
            rulebooks.ensure_builtin(session)
            today = datetime.now(ZoneInfo(TIME_ZONE)).date()
            in_force = rulebooks.rulebook_in_force(session, today)
            if stored is None:
                return in_force.rulebook
            row = RulebookStore(session).by_version(in_force.version.code, int(stored[1]))
            if row is None:
                raise typer.BadParameter(f"{in_force.version.code} has no version {stored[1]}")
            return rulebooks.parsed(row)


@contextmanager
def _database() -> Iterator[Database]:
    database = Database.from_settings(Settings())
    try:
        yield database
    finally:
        database.dispose()


def _refuse(problems: list[Problem]) -> NoReturn:
    for problem in problems:
        errors.print(f"{problem.file}: {problem.key}: {problem.reason}", markup=False, soft_wrap=True)
    raise typer.Exit(1)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
