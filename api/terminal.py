"""What commands share: a refusal on the terminal with exit code 1, and the records of a copy that has some."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from api.problem_texts import PROBLEM_TEXTS
from models.database import Database, no_records_yet
from models.errors import DomainError
from models.settings import Settings

errors = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def reported() -> Iterator[None]:
    """A refusal, and records that cannot be read, end the command with a sentence and exit code 1."""
    try:
        yield
    except DomainError as error:
        errors.print(PROBLEM_TEXTS[error.code].en.format_map(error.context), markup=False)
        raise typer.Exit(1) from error
    except DBAPIError as error:
        raise _ended(f"the records cannot be read: {error.orig}") from error
    except ArgumentError as error:
        raise _ended(f"GREENLANE_DATABASE_URL: {error}") from error


@contextmanager
def standing_records(settings: Settings) -> Iterator[Database]:
    """The records of a copy for a command that makes none: where there are none it ends, and leaves nothing behind."""
    with reported():
        shown = make_url(settings.records_url).render_as_string(hide_password=True)
        if no_records_yet(settings):
            raise _no_records(shown)
        database = Database.from_settings(settings)
        try:
            if database.revision() is None:
                raise _no_records(shown)
            yield database
        finally:
            database.dispose()


def _no_records(shown: str) -> typer.Exit:
    return _ended(f"there are no records at {shown}: check GREENLANE_HOME and GREENLANE_DATABASE_URL")


def _ended(sentence: str) -> typer.Exit:
    errors.print(f"greenlane: {sentence}", style="bold red", markup=False)
    return typer.Exit(1)
