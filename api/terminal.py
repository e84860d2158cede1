"""What commands share: a refusal on the terminal with exit code 1, and the engine of the copy that runs."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from api.problem_texts import PROBLEM_TEXTS
from models.errors import DomainError

errors = Console(stderr=True, highlight=False)


@contextmanager
def reported() -> Iterator[None]:
    """A refusal ends the command with its sentence and exit code 1."""
    try:
        yield
    except DomainError as error:
        errors.print(PROBLEM_TEXTS[error.code].en.format_map(error.context), markup=False)
        raise typer.Exit(1) from error
