"""`greenlane backup|restore DIR`: both stores under one id. `greenlane maintenance`: the doors while they differ."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.backup import restoring, taking
from api.backup.manifest import BackupError
from api.supervisor.errors import StartError
from api.terminal import errors, standing_records
from models.services import maintenance
from models.services.by import By
from models.settings import Settings
from models.types import Door

maintenance_app = typer.Typer(help="维护: close the doors, see why they are closed, open them.", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True)
_BY = By("system:command", Door.CLI)
BY_HAND, BY_HAND_LOOK_BACK = "by hand", timedelta(days=7)
"""Nobody knows of when records put back by hand are: what the engine did in so many days is gone through."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(backup)
    app.command()(restore)
    app.add_typer(maintenance_app, name="maintenance")


def backup(target: Annotated[Path, typer.Argument(metavar="DIR", help="New folder for the backup.")]) -> None:
    """Write records, embedded engine and files into a new folder; the service may be running.

    The secret key is not in it: keep that in another place.
    """
    with _told(), console.status("备份中 writing the backup"):
        manifest = taking.take(_settings(), target)
    console.print(f"backup {manifest.backup_id} in {target}: {len(manifest.files)} files", markup=False)


def restore(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `greenlane backup` wrote.")],
    replace: Annotated[bool, typer.Option(help="Put aside what is there.")] = False,
) -> None:
    """Put a backup back while the service is stopped; it lets people in again once records and engine agree."""
    with _told(), console.status("恢复中 putting the backup back"):
        manifest = restoring.restore(_settings(), source, replace=replace)
    console.print(f"restored {manifest.backup_id} of {manifest.taken_at:%Y-%m-%d %H:%M} UTC, in maintenance 维护")


@maintenance_app.command()
def status() -> None:
    """Say since when and why the doors are closed, and how many differences are left."""
    with standing_records(_settings()) as database, database.read() as session:
        row = maintenance.standing(session)
    if row is None:
        console.print("open")
        return
    left = "not compared yet" if row.drift is None else f"{row.drift} differences left"
    console.print(f"closed since {row.since:%Y-%m-%d %H:%M} UTC ({row.reason}): {left}", markup=False)


@maintenance_app.command()
def begin(
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")],
    until_agreed: Annotated[bool, typer.Option(help="Open by itself once records and engine agree.")] = False,
) -> None:
    """Close the doors; they stay closed until `maintenance end`.

    After databases were put back by other means than `greenlane restore`, `--until-agreed` brings them together first.
    """
    now = datetime.now(UTC)
    backup = maintenance.Backup(BY_HAND, now - BY_HAND_LOOK_BACK) if until_agreed else None
    with standing_records(_settings()) as database, database.write() as session:
        maintenance.begin(session, reason, _BY, backup)
    console.print("closed")


@maintenance_app.command()
def end(reason: Annotated[str, typer.Option(help="Why, for the audit trail.")]) -> None:
    """Open the doors, whatever differs still: the differences stay in the list of the comparison."""
    with standing_records(_settings()) as database, database.write() as session:
        was_closed = maintenance.end(session, reason, _BY)
    console.print("open" if was_closed else "open already")


def _settings() -> Settings:
    settings = Settings()
    return settings.model_copy(update={"home": settings.home.resolve()})


@contextmanager
def _told() -> Iterator[None]:
    """A refusal in words and exit code 1."""
    try:
        yield
    except (BackupError, StartError, OSError) as error:
        errors.print(f"greenlane: {error}", style="bold red", markup=False)
        raise typer.Exit(1) from error
