"""服务投入 in the records: the ledger follows every touchpoint, figures are the sums of the rows they lead to."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, col, select

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.sweep import RecordOrder
from models.service_types import ProofKind, SpendState
from models.services.care import doing, touchpoints
from models.services.care.doing import OPEN
from models.services.care.touchpoints import Extra
from models.services.duties.replanning import plan_members
from models.services.rulebooks import ensure_builtin
from models.services.spend.figures import customers, of_customer, report
from models.stores.scope import NOTHING, Scope
from models.stores.spend import EVERYBODY, Reader, SpendStore
from models.stores.sweeps import SweepStore
from models.tables.book import Customer
from models.tables.care import CarePlan, Touchpoint
from models.tables.cases import Membership
from models.tables.spend import SpendEntry, SpendPlan
from models.types import Stage, Tier
from tests.rules import spend_oracle as oracle
from tests.support import care_members as members
from tests.support import world
from tests.support.care import planned
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

SIGNED = {item.code for item in BOOK.keeping.plan if ProofKind.SIGNATURE in item.proof or ProofKind.PHOTO in item.proof}


@pytest.fixture
def people(database: Database) -> World:
    """The small insurer with the list of its year: standard premiums are on it."""
    return listed(database, world.build(database))


def test_a_year_is_estimated_and_reserved_with_its_plan(database: Database, people: World) -> None:
    with database.write() as session:
        year_member(session, people, world.GOLD, Tier.GOLD)
        year_member(session, people, world.SILVER, Tier.SILVER)
    with database.read() as session:
        gold, silver = (spend_of(session, people.customer(alias)) for alias in (world.GOLD, world.SILVER))
    assert gold.plan.total == oracle.expected_total("gold", 2)
    assert silver.plan.total == oracle.expected_total("silver", 2)
    assert gold.plan.spend_limit == oracle.expected_limit("gold", gold.plan.standard_premium) == Decimal("60000.00")
    assert silver.plan.spend_limit == oracle.expected_limit("silver", silver.plan.standard_premium)
    assert {gold.figures.state, silver.figures.state} == {SpendState.WITHIN}
    assert gold.account.committed == 0
    assert gold.account.planned == gold.account.reserved + gold.account.left
    assert gold.account.planned == sum(item.account.planned for item in gold.items)
    with database.read() as session:
        assert gold.account.reserved == reserved_by_rows(session, gold)


@pytest.mark.parametrize("seed", range(4))
def test_random_years_agree_with_an_oracle(database: Database, people: World, seed: int) -> None:
    rng, spent = random.Random(seed), Decimal(0)
    with database.write() as session:
        row = year_member(session, people, world.GOLD, Tier.GOLD)
    for turn in range(25):
        with database.write() as session:
            spent += _something(session, rng, row, turn)
        with database.read() as session:
            found = spend_of(session, row.customer_no)
            assert found.account.committed == spent
            assert found.account.reserved == reserved_by_rows(session, found)
            balances(session, found)


def _something(session: Session, rng: random.Random, member: Membership, turn: int) -> Decimal:
    """One act on the year, by chance; gives what it cost."""
    rows = members.touchpoints(session, member.customer_no).values()
    row = rng.choice([one for one in rows if one.stage in OPEN and one.merged_into is None])
    match rng.choice(("done", "done", "skip", "stop", "move", "tier")):
        case "done":
            return _done(session, rng, row)
        case "skip":
            doing.skip(session, row, "不便", SEPTEMBER)
        case "stop":
            doing.stop(session, row, "停办", SEPTEMBER)
        case "move":
            doing.reschedule(moment(session), row, date(2026, 11, 2), "改期")
        case _:
            held = session.get(Membership, member.id)
            assert held is not None
            held.tier = Tier.SILVER if held.tier is Tier.GOLD else Tier.GOLD
            members.plan(session, held, "tier_changed", SEPTEMBER + timedelta(minutes=turn), str(turn))
    return Decimal(0)


def _done(session: Session, rng: random.Random, row: Touchpoint) -> Decimal:
    """Done at a cost by chance, or with none entered; what asks for a signature is left alone."""
    if row.code in SIGNED:
        return Decimal(0)
    cost = rng.choice((None, Decimal(0), Decimal(rng.randrange(1, 300_000)) / 100))
    doing.complete(moment(session), row, completion(session, done_on=date(2026, 9, 15), cost=cost))
    if cost is not None:
        return cost
    return Decimal(0) if row.human else oracle.expected_part(row.code, personal=row.contact_id is not None)


def test_what_leaves_by_itself_costs_its_part(database: Database, people: World) -> None:
    """The bulk update of sent letters passes the session by; the ledger hears of it all the same, and only once."""
    with database.write() as session:
        row = year_member(session, people, world.GOLD, Tier.GOLD)
        magazines = [one for one in members.touchpoints(session, row.customer_no).values() if one.code == "Z13"]
    changes = [
        {
            "row_id": one.id,
            "stage": Stage.DONE,
            "done_on": date(2026, 9, 15),
            "done_at": SEPTEMBER,
            "done_by_name": "system:schedule",
            "in_time": True,
            "withheld": None,
            "hushed_by": None,
            "record_no": f"R{number}",
            "updated_at": SEPTEMBER,
        }
        for number, one in enumerate(magazines[:3])
    ]
    for _again in range(2):
        with database.write() as session:
            SweepStore(session).close_sent(changes)
    with database.read() as session:
        assert spend_of(session, row.customer_no).account.committed == 30


def test_a_member_of_before_gets_an_estimate_and_its_ledger(database: Database, people: World) -> None:
    number = people.customer(world.GOLD)
    with database.write() as session:
        row = members.member(session, people, number, Tier.GOLD)
        session.add(
            CarePlan(
                membership_id=row.id,
                customer_no=number,
                number=1,
                cause="granted",
                cause_key="old",
                tier=Tier.GOLD,
                from_on=row.valid_from,
                until_on=row.valid_to,
                difference={"kept": [], "added": [], "cancelled": []},
                at=members.GRANTED,
            )
        )
        done = planned(number, day=date(2026, 4, 1), membership_id=row.id, stage=Stage.DONE, cost=Decimal("55.5"))
        done.done_on, done.done_at = date(2026, 4, 2), SEPTEMBER
        session.add_all((done, planned(number, day=date(2026, 10, 1), membership_id=row.id)))
    order = RecordOrder(
        institution_code="BJ", day=date(2026, 9, 15), at=SEPTEMBER, limit=10, phase="plans", after="spend|"
    )
    for expected in (1, 0):
        with database.write() as session:
            swept = plan_members(session, order)
        assert (swept.after, swept.counts) == (None, {"estimates": expected})
    with database.read() as session:
        account = spend_of(session, number).account
    assert (account.committed, account.reserved) == (Decimal("55.5"), Decimal(100))


def test_what_people_add_counts_and_asks_above_the_limit(database: Database, people: World) -> None:
    with database.write() as session:
        row = year_member(session, people, world.SILVER, Tier.SILVER)
        number = row.customer_no
    with database.write() as session:
        room = spend_of(session, number).figures
    visits = int((room.ceiling - room.projected) // 2000)
    assert visits >= 1
    for at in range(visits):
        _add(database, people, number, f"讲座{at}")
    with pytest.raises(DomainError) as refused:
        _add(database, people, number, "讲座超限")
    assert refused.value.code is ErrorCode.SPEND_LIMIT_EXCEEDED
    with database.read() as session:
        found = spend_of(session, number)
    assert found.account.extra == 2000 * visits
    assert Decimal(str(refused.value.context["over"])) == found.figures.with_extra(Decimal(2000)).over > 0
    with database.write() as session:
        plan = SpendStore(session).held(number, YEAR)
        assert plan is not None
        plan.approved_total = found.figures.projected + 2000
        session.add(plan)
    _add(database, people, number, "讲座超限")
    with database.read() as session:
        assert spend_of(session, number).figures.state is SpendState.APPROVED


def _add(database: Database, people: World, number: str, key: str) -> None:
    with database.write() as session:
        customer = session.get(Customer, number)
        version = ensure_builtin(session)
        assert customer is not None
        asked = Extra(
            key=key,
            code="Z15",
            reason="客户要求",
            by_id=people.accounts["mgr"],
            rulebook_version_id=version.id,
            due_on=date(2026, 11, 2),
        )
        touchpoints.add_extra(moment(session), customer, asked)


def test_the_budget_is_seen_by_the_owner_and_the_manager_only(database: Database, people: World) -> None:
    with database.write() as session:
        row = year_member(session, people, world.GOLD, Tier.GOLD)
        manager, other = row.manager_id, people.accounts["svc"]
    readers = {
        EVERYBODY: 1,
        Reader(Scope(("/HQ/BJ/",))): 1,
        Reader(Scope(("/HQ/SH/",))): 0,
        Reader(NOTHING): 0,
        Reader(NOTHING, manager): 1,
        Reader(NOTHING, other): 0,
        Reader(Scope(("/HQ/SH/",)), manager): 1,
    }
    with database.read() as session:
        for reader, rows in readers.items():
            assert len(report(session, YEAR, reader).rows) == rows
            assert (of_customer(session, people.customer(world.GOLD), YEAR, reader) is not None) == bool(rows)


def test_sums_by_institution_and_item_are_those_of_the_customers(database: Database, people: World) -> None:
    """The sums of the records against each customer's items, read one by one."""
    with database.write() as session:
        for alias, tier in ((world.GOLD, Tier.GOLD), (world.SILVER, Tier.SILVER), (world.BRANCH_OWNED, Tier.GOLD)):
            year_member(session, people, alias, tier)
        rows = members.touchpoints(session, people.customer(world.GOLD)).values()
        visit = next(one for one in rows if one.code == "Z08" and one.merged_into is None)
        doing.complete(moment(session), visit, completion(session, done_on=date(2026, 9, 15), cost=Decimal("33.33")))
    _add(database, people, people.customer(world.SILVER), "讲座")
    with database.read() as session:
        found = report(session, YEAR, EVERYBODY)
        shown = list(customers(session, found.rows))
        singles = {row.customer_no: spend_of(session, row.customer_no) for row in found.rows}
    assert len(singles) == 3
    for row, page in zip(found.rows, shown, strict=True):
        single = singles[row.customer_no]
        assert (row.account, row.figures, row.name) == (single.account, single.figures, single.name)
        assert (page.plan.customer_no, page.figures) == (row.customer_no, single.figures)
        assert sum(item.account.planned for item in single.items) == single.plan.total
    for name in ("planned", "extra", "reserved", "committed", "left"):
        whole = getattr(found.total, name)
        assert sum(getattr(one, name) for one in found.by_institution.values()) == whole
        for code, account in found.by_item.items():
            items = [item.account for single in singles.values() for item in single.items if item.code == code]
            assert getattr(account, name) == sum(getattr(item, name) for item in items)
        assert sum(getattr(one, name) for one in found.by_item.values()) == whole
    assert found.total.extra == 2000
    assert found.total.committed == Decimal("33.33")


def test_the_ledger_cannot_be_changed(database: Database, people: World) -> None:
    with database.write() as session:
        year_member(session, people, world.GOLD, Tier.GOLD)
    with pytest.raises(RuntimeError, match="in the ledger"):
        _falsify(database)
    with database.read() as session:
        assert len(session.exec(select(SpendPlan)).all()) == 1


def _falsify(database: Database) -> None:
    with database.write() as session:
        entry = session.exec(select(SpendEntry).order_by(col(SpendEntry.id))).first()
        assert entry is not None
        entry.yuan = Decimal(1)
        session.add(entry)
