"""`greenlane reconcile`: records against engine 对账, now, from the command line."""

import asyncio
import getpass
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.supervisor.home import settings_of_copy
from api.terminal import reported
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services import jobs
from models.services.by import By
from models.services.reconcile import runs
from models.settings import Settings
from models.stores.reconcile import ReconcileStore
from models.tables.reconcile import Drift
from models.types import Door, JobState

SHOWN = 200
console = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(reconcile)


def reconcile(
    repair: bool = typer.Option(False, "--repair", help="Rewrite what drifted from workflow state; each is audited."),
) -> None:
    """Compare cases and tasks with their workflows; exit code 0 only when nothing is left that differs."""
    settings = settings_of_copy()
    with reported():
        database = Database.from_settings(settings)
        try:
            database.migrate()
            job_id = asyncio.run(_compared(settings, database, repair=repair))
            clean = _show(database, job_id)
        finally:
            database.dispose()
    if not clean:
        raise typer.Exit(1)


def _ask(database: Database, *, repair: bool) -> UUID:
    with database.write() as session:
        return runs.ask(session, runs.Wish(repair, By(f"cli:{getpass.getuser()}", Door.CLI))).id


async def _compared(settings: Settings, database: Database, *, repair: bool) -> UUID:
    """Do it here, or wait for the service that took it up first. Raises ENGINE_UNAVAILABLE: then nothing is asked."""
    from api.gateway import Gateway  # noqa: PLC0415 - loads the engine's library, which takes its time
    from api.reconciling import wait_for  # noqa: PLC0415
    from workflows.client import QUICK_RETRY, connect  # noqa: PLC0415

    try:
        gateway = Gateway(await connect(settings, lazy=True, retry=QUICK_RETRY), settings.task_queue)
    except ValueError as error:
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE) from error
    job_id = _ask(database, repair=repair)
    columns = (TextColumn("对账 reconcile"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=None)
        await wait_for(database, gateway, job_id, lambda done, total: bar.update(task, completed=done, total=total))
    return job_id


def _show(database: Database, job_id: UUID) -> bool:
    with database.read() as session:
        job = jobs.get(session, job_id)
        found = ReconcileStore(session).drifts(job_id, None, SHOWN)
    if job.state is not JobState.DONE:
        console.print(job.error or "未完成 not finished", markup=False)
        return False
    counts = job.result or {}
    if found:
        console.print(_table(found))
    known = ", ".join(f"{name} {number}" for name, number in counts.items())
    console.print(f"一致 in step: {known}" if not found else known, markup=False)
    return bool(counts.get("drifted", 0) == counts.get("repaired", 0))


def _table(found: list[Drift]) -> Table:
    table = Table("差异\nkind", "流程\nworkflow", "记录 | 引擎\nrecord | engine", "已修复\nrepaired")
    for row in found:
        sides = "\n".join(f"{name}: {record} | {engine}" for name, (record, engine) in row.sides.items())
        table.add_row(row.kind.value, row.workflow_id, sides, "✓" if row.repaired_at else "")
    return table
