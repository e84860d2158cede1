"""A whole copy of the service for a benchmark, with an insurer big enough to be decided on for minutes."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from pydantic import SecretStr
from sqlmodel import Session, SQLModel

from models.database import Database
from models.services.sign_in import issue_token
from models.settings import Settings
from models.stores.bulk import insert_many
from models.tables.book import Customer, Experience, Policy
from models.tables.cases import SilverQuota
from models.tables.organisation import Account, Institution, Post
from models.types import InstitutionLevel, PayMode, PolicyStatus, ProductClass, Role

SECRET = "bench-only-" + "0" * 32
YEAR = 2025
START_SECONDS = 60.0
STAFF = (
    ("mgr", "B01", Role.MGR),
    ("unit", "B01", Role.UNIT_LEAD),
    ("svc", "B", Role.BR_SVC),
    ("lead", "B", Role.BR_LEAD),
)


@dataclass(frozen=True)
class RunningCopy:
    """Where it answers, and the bearer token of each person by login."""

    home: Path
    base_url: str
    temporal_address: str
    namespace: str
    tokens: dict[str, str]


@contextmanager
def running_copy(home: Path, customers: int) -> Iterator[RunningCopy]:
    """`greenlane up` on a fresh home with that many customers, each good for a silver seat."""
    settings = Settings(home=home, secret_key=SecretStr(SECRET))
    database = Database.from_settings(settings)
    database.migrate()
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GREENLANE_")}
    environment = kept | {
        "GREENLANE_HOME": str(home),
        "GREENLANE_HTTP_PORT": str(port),
        "GREENLANE_SECRET_KEY": SECRET,
    }
    process = subprocess.Popen([sys.executable, "-m", "api.cli", "up"], env=environment, stdout=subprocess.DEVNULL)
    try:
        facts = _wait_for(home / "run.json", process)
        with database.write() as session:
            tokens = _fill(session, customers)
        yield RunningCopy(
            home, f"http://127.0.0.1:{port}", str(facts["temporal_address"]), settings.temporal_namespace, tokens
        )
    finally:
        process.terminate()
        process.wait(30)
        database.dispose()


def _wait_for(path: Path, process: subprocess.Popen[bytes]) -> dict[str, object]:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if path.exists():
            found: dict[str, object] = json.loads(path.read_text())
            return found
        time.sleep(0.1)
    raise RuntimeError("the copy did not start")


def _fill(session: Session, customers: int) -> dict[str, str]:
    for code, level, parent, path in (
        ("HQ", InstitutionLevel.HQ, None, "/HQ/"),
        ("B", InstitutionLevel.BRANCH, "HQ", "/HQ/B/"),
        ("B01", InstitutionLevel.SUB_BRANCH, "B", "/HQ/B/B01/"),
    ):
        session.merge(
            Institution(code=code, name=code, level=level, parent_code=parent, region_class=1, city="-", path=path)
        )
        session.flush()
    accounts = {login: _person(session, login, code, role) for login, code, role in STAFF}
    session.add(
        SilverQuota(
            year=YEAR,
            institution_code="B",
            quota=1_000_000,
            reason="bench",
            filed_by=accounts["lead"],
            filed_at=datetime.now(UTC),
        )
    )
    numbers = [f"B{number:07d}" for number in range(customers)]
    for make in (_customer, _policy, _experience):
        session.add_all([make(number) for number in numbers])
        session.flush()
    return {login: issue_token(session, account, datetime.now(UTC)).token for login, account in accounts.items()}


def _person(session: Session, login: str, code: str, role: Role) -> UUID:
    account = Account(login=login, name=login, institution_code=code, created_at=datetime.now(UTC))
    session.add(account)
    session.flush()
    session.add(Post(account_id=account.id, role=role, institution_code=code))
    return account.id


def _customer(number: str) -> Customer:
    return Customer(
        customer_no=number, name=f"客户{number}", institution_code="B01", industry="-", employees=100, insured_lives=100
    )


def _policy(number: str) -> Policy:
    return Policy(
        policy_no=f"P{number}",
        customer_no=number,
        product_class=ProductClass.A,
        pay_mode=PayMode.REGULAR,
        pay_term_years=1,
        effective_on=date(YEAR, 1, 1),
        expires_on=date(YEAR, 12, 31),
        status=PolicyStatus.IN_FORCE,
    )


def _experience(number: str) -> Experience:
    amount = Decimal(400_000)
    return Experience(
        policy_no=f"P{number}",
        year=YEAR,
        premium_received=amount,
        earned_premium=amount,
        incurred_claims=amount / 2,
    )


def insert_dicts(session: Session, table: type[SQLModel], rows: Sequence[dict[str, object]]) -> None:
    """Insert rows that all have the same columns."""
    columns = tuple(rows[0])
    insert_many(session, table, columns, [tuple(row[name] for name in columns) for row in rows])


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        number: int = found.getsockname()[1]
        return number
