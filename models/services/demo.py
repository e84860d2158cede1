"""The sample book of `make demo`: real figures of 379 organisations, invented contacts, one sign-in per post.

Loading it again changes nothing, whatever people have done since. The passwords are for a copy on loopback only.
"""

import csv
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from models.database import Database
from models.passwords import hash_password
from models.services import accounts, evaluation, importing, jobs, rulebooks
from models.services.by import By
from models.services.importing import Progress, Sender, Upload
from models.stores.accounts import AccountStore
from models.stores.evaluations import EvaluationStore
from models.stores.jobs import UNFINISHED
from models.stores.scope import EVERYTHING
from models.tables.organisation import Account
from models.types import SYSTEM_IMPORT, TIME_ZONE, Door, JobState

SAMPLE_BOOK = Path(__file__).parent.parent / "sample_book"
DEMO_PASSWORD = "greenlane-demo"  # noqa: S105 - named in the contract, loopback only
DEMO_YEAR = 2025
MAX_FILE_BYTES = 10 * 1024 * 1024


def load_demo(database: Database, progress: Progress | None = None) -> bool:
    """Import the sample book, let its staff in, evaluate 2025; what is there already is left alone.

    Broken off, the next call carries on. Gives whether anything had to be done.
    """
    imported = _import_book(database, progress)
    let_in = _let_staff_in(database)
    evaluated = _evaluate(database)
    return imported or let_in or evaluated


def _import_book(database: Database, progress: Progress | None) -> bool:
    uploads = [Upload(path.name, path.read_bytes()) for path in sorted(SAMPLE_BOOK.glob("*.csv"))]
    readable = importing.receive(uploads, MAX_FILE_BYTES).readable
    sender = Sender()
    with database.write() as session:
        if importing.find_job(session, readable, sender, JobState.DONE):
            return False
        job = importing.find_job(session, readable, sender, *UNFINISHED)
        job = job or importing.create_job(session, readable, sender)
        jobs.take_over(session, job.id)
    importing.run_import(database, job.id, progress)
    return True


def _let_staff_in(database: Database) -> bool:
    """The demo password for every account that has none; hashed once, outside the transaction, as it is no secret."""
    with database.read() as session:
        if not _without_password(AccountStore(session)):
            return False
    hashed, now = hash_password(DEMO_PASSWORD), datetime.now(UTC)
    with database.write() as session:
        for account in _without_password(AccountStore(session)):
            accounts.set_password(session, account, hashed, by=By(SYSTEM_IMPORT, Door.SYSTEM), now=now)
    return True


def _without_password(store: AccountStore) -> list[Account]:
    """Of the sample staff only: whoever was entered later comes in by an activation link, as everywhere."""
    with (SAMPLE_BOOK / "staff.csv").open(encoding="utf-8-sig", newline="") as file:
        logins = {row["login"] for row in csv.DictReader(file)}
    people = [account for account in store.all(EVERYTHING) if account.login in logins]
    return [account for account in people if account.password_hash is None and account.disabled_at is None]


def _evaluate(database: Database) -> bool:
    now = datetime.now(UTC)
    with database.write() as session:
        if EvaluationStore(session).get(DEMO_YEAR) is not None:
            return False
        rulebooks.ensure_builtin(session)
        rules = rulebooks.rulebook_in_force(session, now.astimezone(ZoneInfo(TIME_ZONE)).date())
        by = evaluation.By(SYSTEM_IMPORT, Door.SYSTEM, now)
        evaluation.evaluate(session, DEMO_YEAR, rules.rulebook, rulebook_version_id=rules.version.id, by=by)
    return True
