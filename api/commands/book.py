"""`greenlane import PATH...`: load book files, showing progress, and say what became of every row."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from models.database import Database
from models.services import importing, jobs
from models.services.importing import ImportReport, Received, Upload
from models.settings import Settings
from models.stores.jobs import UNFINISHED

SUFFIXES = {".csv", ".xlsx"}
console = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_book)


def import_book(
    paths: Annotated[list[Path], typer.Argument(help="CSV or XLSX files, or folders of them.", exists=True)],
    report: Annotated[Path | None, typer.Option(help="Write every row that was not loaded to this CSV file.")] = None,
) -> None:
    """Load book files: institutions, staff, customers, contacts, policies, experience, in any order.

    Rows that cannot be loaded are listed and do not stop the others. The exit code is 0 when every file could be read.
    """
    settings = Settings()
    received = importing.receive(_uploads(paths), settings.max_upload_bytes)
    for refusal in received.refused:
        console.print(f"未载入 not loaded: {refusal.context.get('reason') or refusal}", style="bold red", markup=False)
    if received.readable:
        with _database(settings) as database:
            _show(_load(database, received), report or settings.home / "import-report.csv")
    elif not received.refused:
        console.print("没有找到 CSV 或 XLSX 文件 no CSV or XLSX file found", style="bold red")
    if received.refused or not received.readable:
        raise typer.Exit(1)


def _uploads(paths: Sequence[Path]) -> list[Upload]:
    files = [found for path in paths for found in (_within(path) if path.is_dir() else [path])]
    return [Upload(file.name, file.read_bytes()) for file in files]


def _within(folder: Path) -> list[Path]:
    found = (file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES and file.is_file())
    return sorted(file for file in found if not file.name.startswith((".", "~$")))


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = Database.from_settings(settings)
    try:
        database.migrate()
        yield database
    finally:
        database.dispose()


def _load(database: Database, received: Received) -> ImportReport:
    job_id, done = _take_job(database, received)
    total = sum(len(item.sheet.rows) for item in received.readable)
    columns = (TextColumn("导入 import"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=total, completed=done)
        importing.run_import(database, job_id, lambda rows: bar.advance(task, rows))
    with database.read() as session:
        return importing.report_of(session, job_id)


def _take_job(database: Database, received: Received) -> tuple[UUID, int]:
    """The same import if it was broken off before, else a new one; held by this process from the first moment."""
    sender = importing.Sender()
    with database.write() as session:
        found = importing.find_job(session, received.readable, sender, *UNFINISHED)
        job = found or importing.create_job(session, received.readable, sender)
        jobs.take_over(session, job.id)
        return job.id, job.done


def _show(report: ImportReport, path: Path) -> None:
    table = Table()
    table.add_column("文件\nfile", no_wrap=True)
    for heading in ("新增\naccepted", "更新\nchanged", "无变化\nunchanged", "拒绝\nrejected"):
        table.add_column(heading, justify="right")
    for file in report.files:
        table.add_row(
            file.name, *(str(count) for count in (file.accepted, file.changed, file.unchanged, file.rejected))
        )
    console.print(table)
    if report.nothing_new:
        console.print("已导入过，无变化 already imported, nothing changed")
    if report.rejections:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream).writerows(importing.rejection_rows(report.rejections))
        console.print(f"{len(report.rejections)} 行未载入，原因见 rows not loaded, reasons in {path}", markup=False)
