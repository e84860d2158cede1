"""`greenlane retention`: what would go by the terms of the rulebook 留存, and deleting it."""

import getpass
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.supervisor.home import settings_of_copy
from api.terminal import reported
from models.database import Database
from models.retention_types import RecordClass
from models.rules.calendar import local_date
from models.services.by import By
from models.services.retention import dropping
from models.services.retention.due import ClassDue, due
from models.types import Door

console = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(retention)


def retention(
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help="Delete what is due; without it nothing is changed.")
    ] = False,
) -> None:
    """Show per class of record how many rows would go and from which day on; `--apply` deletes them.

    A deletion that was broken off is carried on by the next one, with the day it began with.
    """
    with reported():
        database = Database.from_settings(settings_of_copy())
        try:
            database.migrate()
            now = datetime.now(UTC)
            with database.read() as session:
                console.print(_table(due(session, now)))
            if apply:
                _apply(database, now)
            else:
                console.print("未删除任何记录 nothing was deleted; --apply deletes")
        finally:
            database.dispose()


def _apply(database: Database, now: datetime) -> None:
    with console.status("删除 deleting") as status:

        def told(record_class: RecordClass, number: int) -> None:
            status.update(f"删除 deleting {record_class.value}: {number}")

        gone = dropping.apply(database, By(f"cli:{getpass.getuser()}", Door.CLI), now, told)
    for record_class, number in gone.items():
        console.print(f"已删除 deleted {record_class.value}: {number}")


def _table(found: tuple[ClassDue, ...]) -> Table:
    table = Table("类别\nclass", "期限（天）\ndays", "保留自\nkept from", "将删除\nwould go", "最早\noldest")
    for one in found:
        days, kept = (str(one.term.days), str(one.kept_from)) if one.term else ("长期 for good", "")
        oldest = str(local_date(one.oldest)) if one.oldest else ""
        table.add_row(one.record_class.value, days, kept, str(one.rows), oldest)
    return table
