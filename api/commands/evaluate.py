"""`greenlane evaluate YEAR --output FILE` and `greenlane calendar load FILE...`."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.terminal import reported
from models.database import Database
from models.services import calendars, evaluation, rulebooks
from models.settings import Settings
from models.types import Door

MAX_CALENDAR_BYTES = 1_000_000
calendar_app = typer.Typer(help="The company's working calendar.", no_args_is_help=True)
console = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(evaluate)
    app.add_typer(calendar_app, name="calendar")


def evaluate(
    year: Annotated[int, typer.Argument(help="Evaluation year 评定年度.", min=1990, max=2200)],
    output: Annotated[Path, typer.Option(help="CSV file to write, best customer first.", dir_okay=False)],
) -> None:
    """Score and rank every customer with a policy; a frozen year is written out as it was frozen."""
    with reported(), _database() as database:
        rows = _frozen_rows(database, year) or _evaluated_rows(database, year)
        output.write_text(evaluation.ranking_csv(rows), encoding="utf-8", newline="")
    console.print(f"{len(rows)} customers ranked for {year}: {output}", markup=False, soft_wrap=True)


@calendar_app.command("load")
def load_calendar(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="holiday-cn JSON, or CSV date,is_workday,name,source (is_workday: true, false or half).",
            exists=True,
            dir_okay=False,
        ),
    ],
) -> None:
    """Load company or State Council days over the built-in calendar; all files or none."""
    with reported(), _database() as database, database.write() as session:
        for path in files:
            file = calendars.parse(path.name, path.read_bytes()[:MAX_CALENDAR_BYTES])
            actor, now = _actor(), datetime.now(UTC)
            for loaded in calendars.load(session, file, name=path.name, actor=actor, door=Door.CLI, now=now):
                console.print(f"{path.name}: {loaded.year} {loaded.state}, {loaded.days} days", markup=False)


def _frozen_rows(database: Database, year: int) -> list[dict[str, object]]:
    with database.read() as session:
        return evaluation.frozen_list(session, year)


def _evaluated_rows(database: Database, year: int) -> list[dict[str, object]]:
    now = datetime.now(UTC)
    with database.write() as session:
        rulebooks.ensure_builtin(session, now)
        book, version = rulebooks.rulebook_in_force(session, date(year, 12, 31))
        by = evaluation.By(_actor(), Door.CLI, now)
        return evaluation.evaluate(session, year, book, rulebook_version_id=version.id, by=by).rows


def _actor() -> str:
    return f"cli:{getpass.getuser()}"


@contextmanager
def _database() -> Iterator[Database]:
    database = Database.from_settings(Settings())
    try:
        database.migrate()
        yield database
    finally:
        database.dispose()
