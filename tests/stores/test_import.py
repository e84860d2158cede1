"""Importing on both databases: load, change, load again."""

from models.database import Database
from models.tables.book import Contact, Experience, Policy
from models.tables.organisation import Account, Post
from tests.importing.loading import BOOK, EXPERIENCE, counts, load, rows

STAFF = "login,name,institution_code,roles,email\nbj-a,张一,BJ,BR_SVC;BR_CTR,a@example.com\n"
CONTACTS = (
    "customer_no,name,kind,title,gender,birthday,birthday_calendar,mobile,email,consent\n"
    "C1,张一,leader,董事长（虚构）,男,1964-12-30,农历,199-0000-0001,,是\n"
)
FILES: dict[str, str | bytes] = {**BOOK, "staff.csv": STAFF, "contacts.csv": CONTACTS}


def test_a_book_is_loaded_changed_and_found_unchanged(database: Database) -> None:
    first = load(database, FILES)
    assert not first.rejections
    assert (len(rows(database, Policy)), len(rows(database, Post))) == (2, 2)
    assert [account.email for account in rows(database, Account)] == ["a@example.com"]
    assert [contact.birthday for contact in rows(database, Contact)] == ["1964-12-30"]
    assert load(database, FILES).nothing_new
    changed = {
        "experience.csv": EXPERIENCE.replace("1000.50", "1.25"),
        "staff.csv": STAFF.replace("BR_SVC;BR_CTR", "BR_LEAD"),
        "contacts.csv": CONTACTS.replace("0001", "0002"),
    }
    assert all(row[:2] == (0, 1) for row in counts(load(database, dict(changed))).values())
    assert sorted(str(row.premium_received) for row in rows(database, Experience)) == ["1.25", "2000.00"]
