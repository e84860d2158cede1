"""The ledger of 服务投入: what is signed for, corrected or planned in two terms at once, against an oracle's purse."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session

from models.database import Database
from models.errors import DomainError
from models.services.care import doing
from models.stores.spend import SpendStore
from models.stores.spend_ledger import SpendLedger
from models.tables.care import Touchpoint, TouchpointProof
from models.tables.spend import SpendPlan
from models.types import Tier
from tests.rules import spend_oracle as oracle
from tests.support import care_members as members
from tests.support import world
from tests.support.care import planned
from tests.support.members import add_member
from tests.support.spend import (
    BOOK,
    SEPTEMBER,
    balances,
    completion,
    listed,
    moment,
    reserved_by_rows,
    spend_of,
    year_member,
)
from tests.support.world import YEAR, World


@pytest.fixture
def people(database: Database) -> World:
    """The small insurer with the list of its year: standard premiums are on it."""
    return listed(database, world.build(database))


PRICED_SIGNED = ("C4", "C9")
"""Items that cost something and are done against a signature or a photo: the rescue card, the plaque."""


@pytest.mark.parametrize("code", PRICED_SIGNED)
@pytest.mark.parametrize("cost", [None, Decimal(0), Decimal("120.5"), Decimal(900)])
def test_what_is_handed_over_against_a_signature_is_reserved_spent_and_released(
    database: Database, people: World, code: str, cost: Decimal | None
) -> None:
    with database.write() as session:
        row = year_member(session, people, world.GOLD, Tier.GOLD)
        point = next(one for one in members.touchpoints(session, row.customer_no).values() if one.code == code)
        before, purse = _item(session, row.customer_no, code), oracle.Purse()
        purse.open(oracle.expected_part(code, personal=point.contact_id is not None))
    assert before == (purse.reserved, Decimal(0))
    with database.write() as session:
        held = session.get_one(Touchpoint, point.id)
        with pytest.raises(DomainError):
            doing.complete(moment(session), held, completion(session, done_on=SEPTEMBER.date(), cost=cost))
        _sign(session, held)
        doing.complete(moment(session), held, completion(session, done_on=SEPTEMBER.date(), cost=cost))
    purse.done(cost or Decimal(0))
    with database.read() as session:
        assert _item(session, row.customer_no, code) == (purse.aside, purse.spent)
        assert _by_kind(session, row.customer_no, point.id) == {
            kind: yuan
            for kind, yuan in (
                ("reserve", purse.reserved),
                ("commit", purse.spent),
                ("release_reserve", purse.returned),
            )
            if yuan
        }
        balances(session, spend_of(session, row.customer_no))


def _item(session: Session, number: str, code: str) -> tuple[Decimal, Decimal]:
    """Reserved and spent of one item of the catalogue."""
    account = next(item.account for item in spend_of(session, number).items if item.code == code)
    return account.reserved, account.committed


def _by_kind(session: Session, number: str, touchpoint_id: UUID) -> dict[str, Decimal]:
    """The entries of one touchpoint, added up one by one."""
    moved = SpendStore(session).moved(spend_of(session, number).plan.id)
    return oracle.sums((entry.kind.value, entry.yuan) for entry, row in moved if row.id == touchpoint_id)


def _sign(session: Session, row: Touchpoint) -> None:
    """Whatever its kind asks for, handed in."""
    asked = next(item.proof for item in BOOK.keeping.plan if item.code == row.code)
    by_id = completion(session, done_on=SEPTEMBER.date()).actor_id
    for kind in asked:
        fields: dict[str, Any] = {
            "name": "p",
            "media_type": "image/png",
            "size": 1,
            "content": "-",
            "by_id": by_id,
            "at": SEPTEMBER,
        }
        session.add(TouchpointProof(touchpoint_id=row.id, kind=kind, **fields))
    session.flush()


def test_a_cost_corrected_downwards_stands_in_the_ledger(database: Database, people: World) -> None:
    """200 were entered where it was 130: the entry of then stays, what was too much is taken back on the same day."""
    with database.write() as session:
        row = year_member(session, people, world.GOLD, Tier.GOLD)
        point = next(one for one in members.touchpoints(session, row.customer_no).values() if one.code == "Z08")
        doing.complete(moment(session), point, completion(session, done_on=date(2026, 9, 15), cost=Decimal(200)))
    before = _entries_of(database, row.customer_no, point.id)
    with database.write() as session:
        session.get_one(Touchpoint, point.id).cost = Decimal(130)
    with database.read() as session:
        found = spend_of(session, row.customer_no)
        assert found.account.committed == 130
        assert found.account.reserved == reserved_by_rows(session, found)
        balances(session, found)
    after = _entries_of(database, row.customer_no, point.id)
    assert after[: len(before)] == before, "nothing that stood was changed"
    assert after[len(before) :] == [("commit", Decimal(-70)), ("release_reserve", Decimal(70))]


def _entries_of(database: Database, number: str, touchpoint_id: UUID) -> list[tuple[str, Decimal]]:
    with database.read() as session:
        moved = SpendStore(session).moved(spend_of(session, number).plan.id)
        return [(entry.kind.value, entry.yuan) for entry, row in moved if row.id == touchpoint_id]


@pytest.mark.parametrize("newest_first", [True, False])
def test_where_terms_overlap_the_touchpoint_goes_to_its_own_membership(
    database: Database, people: World, newest_first: bool
) -> None:
    """Two years of one customer that share their days, whichever the database gives first."""
    with database.write() as session:
        row = year_member(session, people, world.GOLD, Tier.GOLD)
        older = SpendStore(session).plan(row.customer_no, YEAR)
        assert older is not None
        other = add_member(session, row.customer_no, Tier.GOLD, row.valid_from)
        given = older.model_dump() | {"year": YEAR + 1, "membership_id": other.id}
        session.add(SpendPlan(**given | {"id": UUID(int=1 if newest_first else 2**128 - 1)}))
        session.flush()
        days = {
            "own": planned(row.customer_no, day=date(2026, 10, 1), membership_id=row.id, key="a"),
            "other": planned(row.customer_no, day=date(2026, 10, 1), membership_id=other.id, key="b"),
            "nobody's": planned(row.customer_no, day=date(2026, 10, 1), key="c"),
        }
        session.add_all(days.values())
        ids = {name: point.id for name, point in days.items()}
    with database.read() as session:
        for name, year in (("own", YEAR), ("other", YEAR + 1), ("nobody's", YEAR + 1)):
            found = SpendLedger(session).planned_cost(session.get_one(Touchpoint, ids[name]))
            assert found is not None
            assert (name, found[0].year) == (name, year)
