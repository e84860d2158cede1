"""`greenlane quarter close`: freeze a quarter 季度汇总 now instead of waiting for the sweep, or go on with it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.supervisor.home import settings_of_copy
from api.terminal import reported
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.rules.quarter import Quarter
from models.services.quarter.starting import start_of
from models.settings import Settings
from models.stores.quarter import BranchSummary, QuarterStore
from models.stores.scope import EVERYTHING

quarter_app = typer.Typer(help="季度汇总: quarterly summaries of the branches.", no_args_is_help=True)
console = Console(highlight=False)
WAITING = "waiting"
"""Asked for; no worker has answered yet."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(quarter_app, name="quarter")


@quarter_app.callback()
def _group() -> None:
    """A group, though it has one command."""


@quarter_app.command()
def close(
    year: Annotated[int, typer.Argument(min=1990, max=2100)],
    quarter: Annotated[int, typer.Argument(min=1, max=4)],
    institution: Annotated[
        list[str] | None, typer.Option(help="Code of a branch; may be given again. Default: every branch.")
    ] = None,
) -> None:
    """Freeze a quarter that has ended, once a branch: what runs or is published is shown, not repeated.

    A close whose run was cancelled or terminated in the engine goes on where its record stands.
    """
    from api.close_run import close_quarters  # noqa: PLC0415 - loads the engine's library, which takes its time

    wanted, settings = Quarter(year, quarter), settings_of_copy()
    if not wanted.has_ended(local_date(datetime.now(UTC))):
        raise typer.BadParameter("the quarter has not ended yet", param_hint="QUARTER")
    with reported():
        starts = [
            start_of(wanted, row.branch.code)
            for row in _branches(settings, wanted, institution)
            if row.case is None or row.case.outcome is None
        ]
        columns = (TextColumn("季度汇总 quarter"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("", total=len(starts))
            asyncio.run(close_quarters(settings, starts, lambda: bar.advance(task)))
        _show(_branches(settings, wanted, institution))


def _branches(settings: Settings, quarter: Quarter, wanted: Sequence[str] | None) -> list[BranchSummary]:
    """The branches asked for with what they have of the quarter. Raises NOT_FOUND for one that there is none of."""
    database = Database.from_settings(settings)
    try:
        database.migrate()
        with database.read() as session:
            rows = QuarterStore(session).branches(quarter, EVERYTHING)
    finally:
        database.dispose()
    if wanted and not set(wanted) <= {row.branch.code for row in rows}:
        raise DomainError(ErrorCode.NOT_FOUND)
    return [row for row in rows if not wanted or row.branch.code in wanted]


def _show(rows: Sequence[BranchSummary]) -> None:
    table = Table()
    table.add_column("机构\nbranch", no_wrap=True)
    table.add_column("环节\nstage")
    table.add_column("应报日\ndue")
    for row in rows:
        stage = row.case.stage.value if row.case else WAITING
        table.add_row(row.branch.code, stage, row.summary.due_on.isoformat() if row.summary else "-")
    console.print(table)
