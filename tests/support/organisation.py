"""A small company for tests: one head office, two branches, their sub-branches, and people.

HQ
├── NO   ├── NO1 ── NO1X   (a deeper level, so that "child" exists below a sub-branch)
│        └── NO2
└── SO   └── SO1
"""

from datetime import UTC, datetime

from sqlmodel import Session

from models.stores.accounts import AccountStore
from models.tables.organisation import Account, Institution, Post
from models.types import InstitutionLevel, Role

LONG_AGO = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
_HQ, _BRANCH, _SUB = InstitutionLevel.HQ, InstitutionLevel.BRANCH, InstitutionLevel.SUB_BRANCH
TREE: tuple[tuple[str, InstitutionLevel, str | None, str], ...] = (
    ("HQ", _HQ, None, "/HQ/"),
    ("NO", _BRANCH, "HQ", "/HQ/NO/"),
    ("NO1", _SUB, "NO", "/HQ/NO/NO1/"),
    ("NO1X", _SUB, "NO1", "/HQ/NO/NO1/NO1X/"),
    ("NO2", _SUB, "NO", "/HQ/NO/NO2/"),
    ("SO", _BRANCH, "HQ", "/HQ/SO/"),
    ("SO1", _SUB, "SO", "/HQ/SO/SO1/"),
)
PEOPLE: tuple[tuple[str, str, Role], ...] = (
    ("hq-vip", "HQ", Role.HQ_VIP),
    ("hq-lead", "HQ", Role.HQ_LEAD),
    ("audit", "HQ", Role.AUDIT),
    ("ops", "HQ", Role.OPS),
    ("sys-admin", "HQ", Role.SYS_ADMIN),
    ("sec-admin", "HQ", Role.SEC_ADMIN),
    ("audit-admin", "HQ", Role.AUDIT_ADMIN),
    ("no-lead", "NO", Role.BR_LEAD),
    ("no-svc", "NO", Role.BR_SVC),
    ("no-ctr", "NO", Role.BR_CTR),
    ("no1-unit", "NO1", Role.UNIT_LEAD),
    ("no1-mgr", "NO1", Role.MGR),
    ("no2-unit", "NO2", Role.UNIT_LEAD),
    ("no2-mgr", "NO2", Role.MGR),
    ("so-lead", "SO", Role.BR_LEAD),
    ("so-svc", "SO", Role.BR_SVC),
    ("so1-unit", "SO1", Role.UNIT_LEAD),
    ("so1-mgr", "SO1", Role.MGR),
)


def seed_organisation(session: Session) -> None:
    """The tree and its people, without passwords."""
    seed_tree(session)
    for login, institution_code, role in PEOPLE:
        add_person(session, login, institution_code, role)


def seed_tree(session: Session) -> None:
    """The institutions only."""
    for code, level, parent, path in TREE:
        session.add(
            Institution(
                code=code, name=f"机构{code}", level=level, parent_code=parent, region_class=1, city="", path=path
            )
        )
        session.flush()


def add_person(
    session: Session, login: str, institution_code: str, *roles: Role, password_hash: str | None = None
) -> Account:
    """A person with posts at its own institution."""
    account = Account(
        login=login,
        name=f"人员{login}",
        institution_code=institution_code,
        password_hash=password_hash,
        created_at=LONG_AGO,
    )
    store = AccountStore(session)
    store.add(account)
    for role in roles:
        store.add(Post(account_id=account.id, role=role, institution_code=institution_code))
    return account
