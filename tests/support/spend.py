"""A year of spend to test on: the list of the year, members whose year is planned, and what must hold of its ledger."""

from datetime import UTC, date, datetime
from decimal import Decimal

from sqlmodel import Session, select

from models.database import Database
from models.messages.service_acts import CompleteTouchpoint
from models.rulebook import load_builtin
from models.rules.calendar import local_date
from models.service_types import SpendKind
from models.services.calendars import snapshot
from models.services.care.doing import OPEN, Moment
from models.services.evaluation import By, evaluate
from models.services.rulebooks import ensure_builtin, rulebook_of
from models.services.spend.figures import ItemizedSpend, of_customer
from models.stores.spend import SpendStore
from models.tables.care import Touchpoint
from models.tables.cases import Membership
from models.tables.organisation import Account
from models.types import ContactKind, Door, Tier
from tests.rules import spend_oracle as oracle
from tests.support import care_members as members
from tests.support.world import YEAR, World

BOOK = load_builtin()
SEPTEMBER = datetime(2026, 9, 15, 2, 0, tzinfo=UTC)
"""When things are done, in the term of March 2026 to February 2027."""


def listed(database: Database, people: World) -> World:
    """The same insurer with the list of its year: standard premiums are on it."""
    with database.write() as session:
        version = ensure_builtin(session)
        rules = rulebook_of(session, version.id).rulebook
        evaluate(session, YEAR, rules, rulebook_version_id=version.id, by=By("test", Door.SYSTEM, members.GRANTED))
    return people


def running(session: Session, people: World, alias: str, tier: Tier) -> Membership:
    """A member of today whose year is planned, with a leader and a handler served."""
    number = people.customer(alias)
    members.add_contact(session, number, ContactKind.HANDLER, f"经办{alias}", birthday="05-20")
    row = members.running_member(session, people, number, tier)
    members.plan(session, row, at=datetime.now(UTC))
    return row


def year_member(session: Session, people: World, alias: str, tier: Tier) -> Membership:
    """Planned, with two people served: one leader, one handler."""
    number = people.customer(alias)
    members.add_contact(session, number, ContactKind.HANDLER, f"经办{alias}", birthday="05-20")
    row = members.member(session, people, number, tier)
    members.plan(session, row)
    return row


def spend_of(session: Session, number: str) -> ItemizedSpend:
    """The year of a customer that has an estimate."""
    found = of_customer(session, number, YEAR)
    assert found is not None
    return found


def completion(session: Session, **fields: object) -> CompleteTouchpoint:
    """A completion by the manager; `fields` are the rest of it."""
    account = session.exec(select(Account).where(Account.login == "mgr")).one()
    return CompleteTouchpoint(
        update_id=f"{account.id}:spend",
        content_hash="x",
        actor_id=account.id,
        actor_name=account.name,
        door=Door.API,
        version=1,
        content="已办",
        late_reason="迟",
        **fields,
    )


def moment(session: Session, at: datetime = SEPTEMBER) -> Moment:
    """The instant with its rules and its working calendar."""
    return Moment(session, BOOK, snapshot(session, BOOK.working_time, local_date(at)), at)


def reserved_by_rows(session: Session, found: ItemizedSpend) -> Decimal:
    """From the touchpoints and the price list alone."""
    rows = session.exec(select(Touchpoint).where(Touchpoint.customer_no == found.plan.customer_no)).all()
    parts = [oracle.expected_part(row.code, personal=row.contact_id is not None) for row in rows if row.stage in OPEN]
    return sum(parts, Decimal(0))


def balances(session: Session, found: ItemizedSpend) -> None:
    """Of every life that is over, reserve = commit + release; figures are the sums of the rows behind them."""
    moved = SpendStore(session).moved(found.plan.id)
    lives: dict[str, dict[str, Decimal]] = {}
    for entry, _row in moved:
        life = lives.setdefault(entry.source, {})
        assert entry.kind.value not in life, "once per source and kind"
        life[entry.kind.value] = entry.yuan
    for life in lives.values():
        if len(life) > 1:
            assert life.get("reserve", 0) == life.get("commit", 0) + life.get("release_reserve", 0)
    by_item = {
        code: sum((e.yuan for e, _ in moved if e.code == code and e.kind is SpendKind.COMMIT), Decimal(0))
        for code in {item.code for item in found.items}
    }
    assert by_item == {item.code: item.account.committed for item in found.items}
    spans = SpendStore(session).committed([found.plan.customer_no], date(2026, 9, 15), date(2026, 9, 15))
    assert sum(spans.values(), Decimal(0)) == found.account.committed
    before = SpendStore(session).committed([found.plan.customer_no], date(2026, 1, 1), date(2026, 9, 14))
    assert before == {}
