"""`greenlane person erase`: what identifies a contact is overwritten; counts and the audit trail stand."""

import getpass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from api.supervisor.home import settings_of_copy
from api.terminal import reported
from models.database import Database
from models.services.by import By
from models.services.retention.erasing import erase as erase_person
from models.types import Door

person_app = typer.Typer(help="A contact as a person: erase what identifies it.", no_args_is_help=True)
console = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(person_app, name="person")


@person_app.command()
def erase(
    contact_id: Annotated[UUID, typer.Argument(help="Id of the contact, as the JSON of key contacts gives it.")],
    reason: Annotated[str, typer.Option(help="Why: the person's request, a finished purpose. No name of theirs.")],
) -> None:
    """Overwrite a contact's name, birthday, title and addresses, and its name in service records; cannot be undone."""
    with reported():
        database = Database.from_settings(settings_of_copy())
        try:
            database.migrate()
            with database.write() as session:
                by = By(f"cli:{getpass.getuser()}", Door.CLI)
                named = erase_person(session, contact_id, reason, by, datetime.now(UTC))
        finally:
            database.dispose()
    console.print(f"已删除 erased; service records that named the person: {named}")


@person_app.callback()
def _person() -> None:
    """Keeps `erase` a command of its own."""
