"""A small insurer to test on: head office, one branch with a sub-branch, one of everybody, three customers."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from sqlmodel import Session

from models.database import Database
from models.encryption import Keyring
from models.services.rulebooks import ensure_builtin
from models.tables.book import Contact, Customer, Experience, Policy
from models.tables.organisation import Account, Institution, Post
from models.types import ContactKind, InstitutionLevel, PayMode, PolicyStatus, ProductClass, Role

YEAR = 2025
SECRET = "test-secret-test-secret-test-secret-0000"
INSTITUTIONS = (
    ("HQ", "总公司", InstitutionLevel.HQ, None, "/HQ/"),
    ("BJ", "北京分公司", InstitutionLevel.BRANCH, "HQ", "/HQ/BJ/"),
    ("BJ01", "北京第一支公司", InstitutionLevel.SUB_BRANCH, "BJ", "/HQ/BJ/BJ01/"),
    ("SH", "上海分公司", InstitutionLevel.BRANCH, "HQ", "/HQ/SH/"),
)
STAFF = (
    ("mgr", "王晓梅", "BJ01", Role.MGR),
    ("unit", "李建国", "BJ01", Role.UNIT_LEAD),
    ("svc", "赵敏", "BJ", Role.BR_SVC),
    ("lead", "陈志远", "BJ", Role.BR_LEAD),
    ("hq-vip", "孙倩", "HQ", Role.HQ_VIP),
    ("hq-lead", "周立", "HQ", Role.HQ_LEAD),
    ("ops", "吴勇", "HQ", Role.OPS),
    ("sh-lead", "郑华", "SH", Role.BR_LEAD),
    ("bj-mgr", "冯洁", "BJ", Role.MGR),
)
GOLD, SILVER, SMALL, BRANCH_OWNED = "C0000001", "C0000002", "C0000003", "C0000004"
CUSTOMERS = (
    (GOLD, "北京恒远科技集团有限公司", "BJ01", 2_000_000),
    (SILVER, "北京恒信物业管理有限公司", "BJ01", 300_000),
    (SMALL, "北京小微咨询有限公司", "BJ01", 50_000),
    (BRANCH_OWNED, "北京直属客户有限公司", "BJ", 3_000_000),
)


@dataclass(frozen=True)
class World:
    """The database and who is in it, by login."""

    database: Database
    accounts: dict[str, UUID]
    offset: int = 0

    def customer(self, alias: str) -> str:
        """Number of `GOLD`, `SILVER`... in this world: workflow ids are made of it, and an engine may be shared."""
        return shifted(alias, self.offset)

    def name(self, login: str) -> str:
        """Name of a person."""
        return next(name for key, name, _, _ in STAFF if key == login)

    def post(self, login: str) -> tuple[Role, str]:
        """The one post of a person: role and institution."""
        return next((role, code) for key, _, code, role in STAFF if key == login)


def new_database(folder: Path) -> Database:
    """A migrated SQLite record database."""
    (folder / "records.db").write_bytes(_migrated())
    return Database(f"sqlite:///{folder}/records.db", Keyring(SECRET))


@cache
def _migrated() -> bytes:
    """The file after all migrations: they run once, not once a test."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/records.db", Keyring(SECRET))
        database.migrate()
        database.dispose()
        return (Path(folder) / "records.db").read_bytes()


def shifted(alias: str, offset: int) -> str:
    """A customer number moved away from those of other worlds."""
    return f"C{int(alias[1:]) + offset:07d}"


def build(database: Database, offset: int = 0) -> World:
    """Fill an empty, migrated database; `offset` is added to every customer number."""
    with database.write() as session:
        ensure_builtin(session)
        _institutions(session)
        accounts = {login: _person(session, login, name, code, role) for login, name, code, role in STAFF}
        for customer_no, name, code, premium in CUSTOMERS:
            add_customer(session, shifted(customer_no, offset), name, code, premium)
    return World(database, accounts, offset)


def add_customer(session: Session, customer_no: str, name: str, code: str, premium: int, *, years: int = 3) -> None:
    """A customer with yearly class A policies of one premium and a loss ratio of 65 % (K3 = 1.00)."""
    session.add(
        Customer(
            customer_no=customer_no,
            name=name,
            institution_code=code,
            industry="软件",
            employees=300,
            insured_lives=280,
        )
    )
    session.flush()
    # Not 周一: that is Monday, which a page may well say.
    leader = Contact(
        customer_no=customer_no, kind=ContactKind.LEADER, name="周启明", name_index="1", title="董事长（虚构）"
    )
    leader.email, leader.mobile, leader.consent = "leader@example.com", "199-0000-0001", True
    session.add(leader)
    for year in range(YEAR - years + 1, YEAR + 1):
        add_policy_year(session, f"{customer_no}-{year}", customer_no, year, premium)


def add_policy_year(session: Session, policy_no: str, customer_no: str, year: int, premium: int) -> None:
    """One annual class A policy with its experience."""
    session.add(
        Policy(
            policy_no=policy_no,
            customer_no=customer_no,
            product_class=ProductClass.A,
            pay_mode=PayMode.REGULAR,
            pay_term_years=1,
            effective_on=date(year, 1, 1),
            expires_on=date(year, 12, 31),
            status=PolicyStatus.IN_FORCE if year == YEAR else PolicyStatus.EXPIRED,
        )
    )
    session.flush()
    amount = Decimal(premium)
    session.add(
        Experience(
            policy_no=policy_no,
            year=year,
            premium_received=amount,
            earned_premium=amount,
            incurred_claims=amount * Decimal("0.65"),
        )
    )


def _institutions(session: Session) -> None:
    for code, name, level, parent, path in INSTITUTIONS:
        session.add(
            Institution(code=code, name=name, level=level, parent_code=parent, region_class=1, city="北京", path=path)
        )
        session.flush()


def _person(session: Session, login: str, name: str, code: str, role: Role) -> UUID:
    account = Account(login=login, name=name, institution_code=code, created_at=datetime.now(UTC))
    session.add(account)
    session.flush()
    session.add(Post(account_id=account.id, role=role, institution_code=code))
    return account.id
