"""`greenlane user create|passwd`: people by command line, for whoever has the machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from api.problem_texts import PROBLEM_TEXTS
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services import accounts
from models.services.by import By
from models.settings import Settings
from models.stores.accounts import AccountStore
from models.types import Door, Role

user_app = typer.Typer(help="People: enter one, let one choose a new password.", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False)
_BY = By("system:command", Door.CLI)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(user_app, name="user")


@user_app.command()
def create(
    login: Annotated[str, typer.Argument(help="Login name: small letters, digits, hyphen.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    institution: Annotated[str, typer.Option(help="Code of the person's institution.")] = accounts.HEAD_OFFICE_CODE,
    role: Annotated[list[Role] | None, typer.Option(help="A post there; may be repeated.")] = None,
) -> None:
    """Enter a person and print the activation link."""
    person = accounts.NewPerson(login=login, name=name, institution_code=institution, roles=tuple(role or ()))
    with _records() as (settings, database), database.write() as session:
        account = accounts.create_person(session, person, by=_BY, now=datetime.now(UTC))
        secret = accounts.activation_link(session, account, by=_BY, now=datetime.now(UTC))
    _print_link(settings, secret)


@user_app.command()
def passwd(login: Annotated[str, typer.Argument(help="Login name of an existing person.")]) -> None:
    """Print a one-use link by which the person chooses a new password."""
    with _records() as (settings, database), database.write() as session:
        account = AccountStore(session).by_login(login)
        if account is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        secret = accounts.activation_link(session, account, by=_BY, now=datetime.now(UTC))
    _print_link(settings, secret)


def _print_link(settings: Settings, secret: str) -> None:
    console.print("Works once, for 7 days:")
    console.print(f"{settings.base_url}/activate/{secret}", markup=False)


@contextmanager
def _records() -> Iterator[tuple[Settings, Database]]:
    """The records of this copy; a refusal ends the command with its sentence and code 1."""
    settings = Settings()
    database = Database.from_settings(settings)
    try:
        yield settings, database
    except DomainError as error:
        reasons = ", ".join(f"{entry['field']}: {entry['reason']}" for entry in error.context.get("errors", ()))
        errors.print(reasons or PROBLEM_TEXTS[error.code].en, markup=False, style="red")
        raise typer.Exit(1) from error
    finally:
        database.dispose()
