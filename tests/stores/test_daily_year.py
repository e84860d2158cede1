"""A silver and a gold year swept on every single day, and with outages: each promise is taken up once, or let go.

What is expected of each row is reckoned from its dates and the days on which anything ran, by the table of
regulation 2.5 and 2.6 typed in here: no rule of the programme is asked.
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from models.database import Database
from models.service_types import TouchpointOrigin
from models.tables.book import Contact
from models.tables.care import Touchpoint
from models.types import BirthdayCalendar, ContactKind, MembershipStage, Stage, Tier
from tests.support import world
from tests.support.care_members import TERM, add_contact, member, plan
from tests.support.sweeping import Sweeper, morning, touchpoints
from tests.support.vip_year import days

GRACE = {"Z08": 20, "Z09": 30, "Z10": 1, "Z11": 2, "Z13": 20, "Z14": 60, "Z15": 30, "Z16": 30}
GRACE |= {"C2": 30, "C3": 60, "C4": 60, "C5": 30, "C6": 60, "C9": 60}
ASKED, LET_GO = {"Z09", "Z15", "Z16", "C2", "C5"}, {"Z10", "Z11"}
"""Natural days after which a missed one is past, and what becomes of it then; all others are done late."""
IN_TIME, LATE = (Stage.DONE, True), (Stage.DONE, False)
SKIPPED, MISSED = (Stage.SKIPPED, None), (Stage.MISSED, None)
ENDS = {
    0: {IN_TIME},
    1: {IN_TIME, LATE},
    3: {IN_TIME, LATE, SKIPPED},
    35: {IN_TIME, LATE, SKIPPED},
    60: {IN_TIME, LATE, SKIPPED, MISSED},  # what a person is asked about is taken up weeks before
}
"""How rows end in a year with outages of so many days."""
LAST = TERM[1] + timedelta(days=90)
BETWEEN = timedelta(days=15)
"""At least so long lies between two outages."""


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A silver and a gold customer whose year is planned, before its first day."""
    made = world.new_database(tmp_path)
    people = world.build(made)
    with made.write() as session:
        for alias, tier in ((world.SILVER, Tier.SILVER), (world.GOLD, Tier.GOLD)):
            lunar = BirthdayCalendar.LUNAR
            contact = add_contact(session, alias, ContactKind.HANDLER, "乙", birthday="05-05", calendar=lunar)
            session.get_one(Contact, contact).email = "handler@example.com"
            row = member(session, people, alias, tier)
            row.stage = MembershipStage.SERVING
            plan(session, row, at=datetime(2026, 2, 28, tzinfo=UTC))
    return made


def _rows(database: Database) -> list[Touchpoint]:
    found = [row for row in touchpoints(database) if row.origin is TouchpointOrigin.PLAN]
    return [row for row in found if row.code in GRACE]


def _alive(rows: list[Touchpoint], outage: int) -> list[date]:
    """Days of the year, and of the months after it, on which anything runs; outages begin where they hurt."""
    down: list[date] = []
    hurt = {row.due_on for row in rows if row.code in LET_GO} | {row.lead_on for row in rows if row.code in ASKED}
    for day in sorted(hurt) if outage else []:
        if not down or day >= down[-1] + timedelta(days=outage) + BETWEEN:
            down.append(day)
    spans = [(first, first + timedelta(days=outage)) for first in down]
    return [day for day in days(TERM[0], LAST) if not any(first <= day < end for first, end in spans)]


def _finds(rows: list[Touchpoint], alive: list[date]) -> list[date]:
    """Days on which something is to be found: all that a year with outages is swept on, and head office ever."""
    return sorted({min(day for day in alive if day >= on) for row in rows for on in (row.lead_on, row.due_on)})


def _expected(row: Touchpoint, swept: list[date], carrier: Touchpoint | None) -> tuple[Stage, bool | None]:
    """The end of a row, and whether it was in time."""
    if carrier is not None:
        ended = _expected(carrier, swept, None)
        return ended if ended[0] is Stage.DONE else (Stage.DONE, False)
    found = min(day for day in swept if day >= (row.lead_on if row.human else row.due_on))
    done = min(day for day in swept if day >= max(found, row.due_on))
    if row.due_on + timedelta(days=GRACE[row.code]) < found and row.code in ASKED | LET_GO:
        return (Stage.MISSED if row.code in ASKED else Stage.SKIPPED), None
    return Stage.DONE, done <= row.due_on


def _work(database: Database, day: date) -> None:
    """A person does what is due, and what should have been."""
    with database.write() as session:
        for row in _rows(database):
            if row.stage is Stage.DUE and row.due_on <= day:
                stored = session.get_one(Touchpoint, row.id)
                stored.stage, stored.done_on, stored.done_at = Stage.DONE, day, morning(day)
                stored.in_time = day <= row.due_on


@pytest.mark.timeout(150)
@pytest.mark.parametrize("outage", ENDS)
async def test_a_year_with_outages_has_each_promise_once(database: Database, outage: int) -> None:
    planned = _rows(database)
    sweeper, finds = Sweeper.on(database), _finds(planned, _alive(planned, outage))
    swept = finds if outage else list(days(*TERM))
    for day in swept:
        await sweeper.sweep(day)
        if day in finds:
            await sweeper.sweep(day, "HQ")
            _work(database, day)
    by_id: dict[UUID, Touchpoint] = {row.id: row for row in planned}
    carriers = {row.id: by_id[row.merged_into] for row in planned if row.merged_into}
    after = _rows(database)
    expected = {row.id: _expected(row, swept, carriers.get(row.id)) for row in planned}
    assert {row.id: (row.stage, row.in_time) for row in after} == expected
    assert set(expected.values()) == ENDS[outage]
    done = {row.id for row in planned if expected[row.id][0] is Stage.DONE}
    lone = {row.id for row in planned if row.id not in carriers or expected[carriers[row.id].id][0] is not Stage.DONE}
    by_hand = {row.id for row in planned if row.human}
    assert Counter(start.case_id for start in sweeper.engine.starts) == dict.fromkeys(done & lone & by_hand, 1)
    assert Counter(sweeper.outbox.keys()) == {f"touchpoint-{row_id}": 1 for row_id in done - by_hand}
