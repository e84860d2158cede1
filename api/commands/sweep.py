"""`greenlane sweep`: run the sweep 巡检 of a day now instead of waiting for its hour, and see what it finds."""

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
from models.messages.sweep import StartSweep
from models.rules.calendar import local_date
from models.services.duties.branches import branches
from models.settings import Settings

console = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sweep)


def sweep(
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day to sweep; default today (Asia/Shanghai).")
    ] = None,
    branch: Annotated[
        list[str] | None, typer.Option(help="Code of a branch, or of head office; may be given again. Default: all.")
    ] = None,
) -> None:
    """Find everything due up to a day: plans, duties of article 17, touchpoints, greetings, memberships.

    It starts the sweep the worker would start, once a branch and day: one that runs or has run is shown, not repeated.
    One that failed is started again; exit code 1 when it fails once more.
    Greetings wait for the end of the quiet hours; the command does not.
    """
    from api.sweep_run import FAILED, run_sweeps  # noqa: PLC0415 - loads the engine's library, which takes its time

    today = local_date(datetime.now(UTC))
    day = date.date() if date else today
    if day > today:
        raise typer.BadParameter("a day to come has nothing due yet", param_hint="--date")
    settings = settings_of_copy()
    with reported():
        starts = [StartSweep(institution_code=code, day=day) for code in _chosen(settings, branch)]
        columns = (TextColumn("巡检 sweep"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("", total=len(starts))
            found = asyncio.run(run_sweeps(settings, starts, lambda: bar.advance(task)))
    _show([(swept.institution_code, swept.phase, swept.counts) for swept in found])
    if any(swept.phase == FAILED for swept in found):
        raise typer.Exit(1)


def _chosen(settings: Settings, wanted: Sequence[str] | None) -> list[str]:
    """The branches asked for. Raises NOT_FOUND for one that there is none of."""
    database = Database.from_settings(settings)
    try:
        database.migrate()
        with database.read() as session:
            known = branches(session)
    finally:
        database.dispose()
    if wanted and not set(wanted) <= set(known):
        raise DomainError(ErrorCode.NOT_FOUND)
    return [code for code in known if not wanted or code in wanted]


def _show(found: Sequence[tuple[str, str, dict[str, int]]]) -> None:
    table = Table()
    table.add_column("机构\nbranch", no_wrap=True)
    table.add_column("进度\nphase")
    table.add_column("结果\nfound")
    for code, phase, counts in found:
        table.add_row(code, phase, ", ".join(f"{name} {number}" for name, number in counts.items() if number) or "-")
    console.print(table)
