"""What a person sees when a copy starts, and what is loaded before it does."""

from rich.console import Console

from models.database import Database
from models.settings import Settings


def fill(settings: Settings, console: Console) -> None:
    """Bring the records to the newest version."""
    database = Database.from_settings(settings)
    try:
        with console.status("preparing the records"):
            database.migrate()
    finally:
        database.dispose()


def greet(settings: Settings, console: Console) -> None:
    """Say where the service is."""
    console.print(f"\n  绿道 Greenlane is ready: {settings.base_url}", style="bold green")
    console.print("  Ctrl-C stops it; the next start carries on.\n")
