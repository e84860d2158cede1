"""`greenlane replay`: can this release go on with the cases that run now? Asked before it is deployed."""

import asyncio
import getpass
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.supervisor.home import settings_of_copy
from models.database import Database
from models.services import releases
from models.services.releases import CaseReplay
from models.settings import Settings

if TYPE_CHECKING:
    from temporalio.client import WorkflowHistory

console = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(replay)


def replay(
    sample: Annotated[int, typer.Option(min=1, help="Running cases of each type, oldest to newest.")] = 100,
    save: Annotated[Path | None, typer.Option(help="Write the histories here, to replay them elsewhere.")] = None,
    saved: Annotated[
        Path | None,
        typer.Option("--from", exists=True, file_okay=False, help="Replay what --save wrote; no engine needed."),
    ] = None,
) -> None:
    """Replay running cases on this code; exit code 0 only when every one of them can go on."""
    settings = settings_of_copy()
    try:
        release, found = asyncio.run(_check(settings, sample, save, saved))
    except (ValueError, RuntimeError) as error:  # the engine's library raises the latter where nobody answers
        console.print(f"greenlane: {error}", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    _show(release, found)
    if saved is None:
        _record(settings, release, found)
    if any(one.problem for one in found):
        raise typer.Exit(1)


async def _check(
    settings: Settings, sample: int, save: Path | None, saved: Path | None
) -> tuple[str, list[CaseReplay]]:
    from api.gateway import replaying as check  # noqa: PLC0415
    from models.encryption import Keyring  # noqa: PLC0415 - the engine's library takes its time to load
    from workflows.client import data_converter  # noqa: PLC0415

    converter, found = data_converter(Keyring(settings.secret())), []
    columns = (TextColumn("重放 replay {task.completed}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=None)
        async for history in _histories(settings, sample, saved):
            if save is not None:
                check.save(save, history)
            one = await check.replay(history, converter)
            found.append(CaseReplay(one.workflow_id, one.kind, one.problem))
            bar.advance(task)
    return check.release_id(), found


async def _histories(settings: Settings, sample: int, saved: Path | None) -> "AsyncIterator[WorkflowHistory]":
    from api.gateway import replaying as check  # noqa: PLC0415
    from workflows.client import connect  # noqa: PLC0415

    if saved is not None:
        for history in check.saved(saved):
            yield history
        return
    async for history in check.sampled(await connect(settings), check.workflow_types(), sample):
        yield history


def _record(settings: Settings, release: str, found: list[CaseReplay]) -> None:
    database = Database.from_settings(settings)
    try:
        with database.write() as session:
            releases.record(session, release, f"cli:{getpass.getuser()}", found)
    finally:
        database.dispose()


def _show(release: str, found: list[CaseReplay]) -> None:
    table = Table("类型\ntype", "通过\npass", "失败\nfail")
    passed = Counter(one.kind for one in found if one.problem is None)
    failed = Counter(one.kind for one in found if one.problem)
    for kind in sorted(passed | failed):
        table.add_row(kind, str(passed[kind]), str(failed[kind]))
    if found:
        console.print(table)
    for one in found:
        if one.problem:
            console.print(f"{one.workflow_id}: {one.problem}", markup=False, style="red")
    verdict = "不可发布 do not deploy" if failed else "可以发布 may be deployed"
    console.print(f"{release}: {len(found)} 件 cases, {verdict}", markup=False)
