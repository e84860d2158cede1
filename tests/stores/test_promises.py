"""What was promised to a customer, counted from its records (articles 14-17)."""

from datetime import UTC, date, datetime, timedelta

from sqlmodel import Session

from models.database import Database
from models.rulebook import load_builtin
from models.rules.calendar import local_date
from models.service_types import TouchpointOrigin
from models.services.promises import PromiseLine, promises
from models.tables.care import Touchpoint
from models.types import Role, Stage, Tier
from tests.support import world as worlds

NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
TODAY = local_date(NOW)


def _touchpoint(customer_no: str, number: int, stage: Stage, due_on: date, in_time: bool | None) -> Touchpoint:
    return Touchpoint(
        customer_no=customer_no,
        institution_code="BJ",
        key=f"17(6):{number}",
        code="17(6)",
        item="yearly_visit",
        article="第17条",
        origin=TouchpointOrigin.DUTY,
        tier=Tier.REGULAR,
        planned_on=due_on,
        due_on=due_on,
        lead_on=due_on,
        role=Role.MGR,
        human=True,
        stage=stage,
        in_time=in_time,
        created_at=NOW,
        updated_at=NOW,
    )


def _line(session: Session, customer_no: str, item: str) -> PromiseLine:
    found = promises(session, customer_no, load_builtin(), NOW)
    return next(line for line in found.lines if line.entry.identifier == item)


def test_numbers_are_those_of_the_rows(database: Database) -> None:
    worlds.build(database)
    customer_no = worlds.SMALL
    rows = [
        (Stage.DONE, TODAY - timedelta(days=40), True),
        (Stage.DONE, TODAY - timedelta(days=30), False),
        (Stage.MISSED, TODAY - timedelta(days=20), None),
        (Stage.DUE, TODAY - timedelta(days=1), None),
        (Stage.PLANNED, TODAY + timedelta(days=10), None),
        (Stage.SKIPPED, TODAY, None),
        (Stage.CANCELLED, TODAY, None),
        (Stage.DONE, date(TODAY.year - 1, 12, 31), True),
    ]
    with database.write() as session:
        session.add_all(
            _touchpoint(customer_no, number, stage, due_on, in_time)
            for number, (stage, due_on, in_time) in enumerate(rows)
        )
    with database.read() as session:
        kept = _line(session, customer_no, "yearly_visit").kept
    assert (kept.due, kept.done, kept.late, kept.missed, kept.open) == (5, 2, 2, 1, 2)
    assert kept.next_due == TODAY - timedelta(days=1)


def test_a_customer_without_vip_status_is_promised_article_17_and_nothing_else(database: Database) -> None:
    worlds.build(database)
    with database.read() as session:
        found = promises(session, worlds.SMALL, load_builtin(), NOW)
    assert found.tier is Tier.REGULAR
    assert {line.entry.code[:3] for line in found.lines} == {"17("}
    assert (found.first, found.last) == (date(2026, 1, 1), date(2026, 12, 31))
