"""The sample book that ships with the project."""

import csv
import time
from pathlib import Path

from sqlmodel import select

from models.database import Database
from models.passwords import verify_password
from models.services.demo import DEMO_PASSWORD, SAMPLE_BOOK, load_demo
from models.services.importing import ImportReport
from models.tables.audit import AuditEntry
from models.tables.book import Contact, Customer
from models.tables.evaluation import RankingRow
from models.tables.jobs import Job
from models.tables.organisation import Account
from models.types import BirthdayCalendar, ContactKind, Tier
from tests.importing.loading import counts, load, rows


def load_sample(database: Database) -> ImportReport:
    """Load every file of the sample book."""
    return load(database, {path.name: path.read_bytes() for path in SAMPLE_BOOK.glob("*.csv")})


def test_the_sample_book_loads_379_customers_7790_policies_7705_experience_rows_and_refuses_85(
    database: Database,
) -> None:
    begun = time.process_time()
    found = load_sample(database)
    assert time.process_time() - begun < 10
    assert counts(found) == {
        "institutions.csv": (19, 0, 0, 0),
        "staff.csv": (48, 0, 0, 0),
        "customers.csv": (379, 0, 0, 0),
        "contacts.csv": (789, 0, 0, 0),
        "policies.csv": (7790, 0, 0, 0),
        "experience.csv": (7705, 0, 0, 85),
    }
    assert len(found.rejections) == 85
    assert all("金额不能为负" in row.reason and row.line > 1 for row in found.rejections)
    again = load_sample(database)
    assert again.nothing_new
    assert {name: row[3] for name, row in counts(again).items() if row[3]} == {"experience.csv": 85}


def test_the_refused_rows_are_those_with_a_negative_amount(database: Database) -> None:
    with (SAMPLE_BOOK / "experience.csv").open(encoding="utf-8") as stream:
        lines = enumerate(csv.reader(stream), 1)
        negative = {line for line, row in lines if line > 1 and any(float(cell) < 0 for cell in row[2:])}
    assert {row.line for row in load_sample(database).rejections} == negative


def test_the_demo_is_loaded_once_and_lets_its_staff_in(database: Database) -> None:
    assert load_demo(database)
    assert len(rows(database, RankingRow)) == 379
    accounts = rows(database, Account)
    assert len(accounts) == 48
    assert verify_password(DEMO_PASSWORD, accounts[0].password_hash)
    entries = len(rows(database, AuditEntry))
    with database.write() as session:
        customer = session.exec(select(Customer)).first()
        assert customer is not None
        customer.employees = 1
        number = customer.customer_no
    assert not load_demo(database)
    assert len(rows(database, AuditEntry)) == entries
    assert len(rows(database, Job)) == 1
    assert next(c.employees for c in rows(database, Customer) if c.customer_no == number) == 1


def test_every_vip_candidate_has_two_leaders_and_a_handler_all_marked_as_invented(database: Database) -> None:
    load_demo(database)
    candidates = {row.customer_no for row in rows(database, RankingRow) if row.eligible_tier is not Tier.REGULAR}
    contacts = rows(database, Contact)
    kinds: dict[str, list[ContactKind]] = {}
    for contact in contacts:
        kinds.setdefault(contact.customer_no, []).append(contact.kind)
    wanted = [ContactKind.HANDLER, ContactKind.LEADER, ContactKind.LEADER]
    assert {number: sorted(found) for number, found in kinds.items()} == dict.fromkeys(candidates, wanted)
    for contact in contacts:
        assert contact.title.endswith("（虚构）")
        assert (contact.email or "").endswith("@example.com")
        assert (contact.mobile or "").startswith("199-0000-")
    assert {contact.consent for contact in contacts} == {True, False}
    assert any((c.birthday or "").endswith("-02-29") for c in contacts)
    lunar = [c for c in contacts if c.birthday_calendar is BirthdayCalendar.LUNAR]
    assert any((c.birthday or "").endswith("-30") for c in lunar)


def test_the_sample_book_holds_the_six_kinds() -> None:
    names = {path.name for path in Path(SAMPLE_BOOK).glob("*.csv")}
    kinds = ("institutions", "staff", "customers", "contacts", "policies", "experience")
    assert names == {f"{kind}.csv" for kind in kinds}
