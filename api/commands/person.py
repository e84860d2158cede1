"""`greenlane person erase`: a contact's key is destroyed, what identifies it overwritten; the audit trail stands."""

import getpass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from api import erased_list
from api.supervisor.home import settings_of_copy
from api.terminal import reported
from models.database import Database
from models.services.by import By
from models.services.retention import erasing
from models.types import Door

person_app = typer.Typer(help="A contact as a person: erase what identifies it.", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(person_app, name="person")


@person_app.command()
def erase(
    contact_id: Annotated[UUID, typer.Argument(help="Id of the contact, as the JSON of key contacts gives it.")],
    reason: Annotated[str, typer.Option(help="Why: the person's request, a finished purpose. No name of theirs.")],
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help="Erase; without it nothing is changed. It cannot be undone.")
    ] = False,
) -> None:
    """Destroy a contact's key, overwrite what identifies it, and empty the letters to it."""
    with reported():
        settings = settings_of_copy()
        database = Database.from_settings(settings)
        try:
            database.migrate()
            found = _erase(database, contact_id, reason) if apply else _look(database, contact_id)
            if apply:
                erased_list.note(settings, database)
        finally:
            database.dispose()
    counted = f"service records that name the person: {found.service_records}, letters: {len(found.letters)}"
    console.print(f"已删除 erased; {counted}" if apply else f"未删除 nothing was erased; {counted}; --apply erases")


def _erase(database: Database, contact_id: UUID, reason: str) -> erasing.Traces:
    why = erasing.Why(reason, By(f"cli:{getpass.getuser()}", Door.CLI), datetime.now(UTC))
    with database.write() as session:
        return erasing.erase(session, contact_id, why)


def _look(database: Database, contact_id: UUID) -> erasing.Traces:
    with database.read() as session:
        return erasing.to_go(session, erasing.person(session, contact_id))


@person_app.callback()
def _person() -> None:
    """Keeps `erase` a command of its own."""
