"""What is loaded before a copy starts, and what a person sees once it is ready."""

from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from api.supervisor.errors import StartError
from models.database import Database
from models.services.accounts import create_setup_link, needs_setup
from models.services.demo import DEMO_PASSWORD, load_demo
from models.services.rulebooks import ensure_builtin
from models.settings import Settings
from models.stores.institutions import InstitutionStore

STORY_LOGINS = (
    ("bj01-mgr", "客户经理", "declares 申报"),
    ("bj01-unit", "三级机构负责人", "checks 审核"),
    ("bj-svc", "分公司VIP服务岗", "first review 初审"),
    ("bj-lead", "分公司团险负责人", "approves silver 批银牌"),
    ("hq-vip", "总公司VIP服务管理岗", "reviews 复核"),
    ("hq-lead", "总公司团险分管领导", "approves gold 批金牌"),
)
"""Who takes a customer of the sample book to gold, in order."""


def fill(settings: Settings, console: Console) -> None:
    """Bring the records to the newest version; load the rulebook and, for the demo, the sample book."""
    database = Database.from_settings(settings)
    try:
        with console.status("preparing the records"):
            database.migrate()
            with database.write() as session:
                ensure_builtin(session)
        if settings.demo:
            _fill_demo(database, settings, console)
    finally:
        database.dispose()


def _fill_demo(database: Database, settings: Settings, console: Console) -> None:
    """The sample book; an interrupted first load carries on. Raises StartError on records that are not a demo's."""
    marker = settings.demo_marker
    with database.read() as session:
        is_empty = InstitutionStore(session).is_empty()
    if not is_empty and not marker.exists():
        raise StartError(f"{settings.home} holds other records: choose another home for the demo with GREENLANE_HOME")
    marker.touch()
    with console.status("loading the sample book"):
        load_demo(database)


def greet(settings: Settings, console: Console) -> None:
    """Say where the service is, and how to get in."""
    console.print(f"\n  绿道 Greenlane is ready: {settings.base_url}", style="bold green")
    if settings.demo:
        console.print(_logins())
        console.print(f"  password of all: {DEMO_PASSWORD}")
    elif link := _setup_link(settings):
        console.print("  Create the first administrator (one use, 24 hours):")
        console.print(f"  {link}", style="bold", markup=False, soft_wrap=True)
    console.print("  Ctrl-C stops it; the next start carries on.\n")


def _logins() -> Table:
    table = Table("login", "岗位 post", "in the story", box=None, padding=(0, 2))
    for row in STORY_LOGINS:
        table.add_row(*row)
    return table


def _setup_link(settings: Settings) -> str | None:
    """A new link while there is no administrator; earlier ones keep their own end."""
    database = Database.from_settings(settings)
    try:
        with database.write() as session:
            if not needs_setup(session):
                return None
            return f"{settings.base_url}/setup/{create_setup_link(session, datetime.now(UTC))}"
    finally:
        database.dispose()
