"""`greenlane audit verify`: walk the audit chain from its first entry."""

import typer
from rich.console import Console

from api.terminal import standing_records
from models.services.audit import verify_kept
from models.settings import Settings

audit_app = typer.Typer(help="The audit trail: a chain of keyed hashes.", no_args_is_help=True)
console = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(audit_app, name="audit")


@audit_app.command()
def verify() -> None:
    """Check every entry against the one before it; exit code 1 names the first that does not fit."""
    shown = console.status("校验审计链 verifying the audit chain")
    with standing_records(Settings()) as database, database.read() as session, shown:
        report = verify_kept(session)
    if report.broken_at is not None:
        console.print(f"断裂 broken at entry {report.broken_at}; {report.verified} entries before it hold")
        raise typer.Exit(1)
    console.print(f"已校验 verified {report.verified} entries, the chain holds")


@audit_app.callback()
def _audit() -> None:
    """Keeps `verify` a command of its own."""
