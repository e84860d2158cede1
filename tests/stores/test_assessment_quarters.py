"""Record quality 记录及报表质量: the branch's quarterly summaries, each one once it was handed in or is overdue."""

from datetime import UTC, date, datetime, timedelta

import pytest

from models.database import Database
from models.messages.quarter import RecordPeriodOpening
from models.rules.quarter import Quarter
from models.services.assessment.facts import SOURCES, branch_facts
from models.services.quarter import closing
from models.services.rulebooks import ensure_builtin
from models.stores.facts import Asked, every
from models.stores.quarter import QuarterStore
from models.stores.scope import EVERYTHING, Scope
from models.types import Tier
from tests.support import quarters, world
from tests.support.members import add_member

YEAR = 2026
AT = datetime(YEAR, 12, 1, 2, 0, tzinfo=UTC)
HANDED_IN = {1: (0, 0), 2: (40, 0), 3: (0, 1)}
"""Quarter: days after its due day, times sent back. The first on time, the second late, the third incomplete."""


@pytest.fixture
def closed(database: Database) -> Database:
    """Three quarters of a branch, handed in as above; the last one of the year before was never."""
    people = world.build(database)
    with database.write() as session:
        ensure_builtin(session)
        member = add_member(session, world.GOLD, Tier.GOLD, date(YEAR - 1, 1, 1))
        member.valid_to = date(YEAR, 12, 31)
        session.flush()
        for quarter in (Quarter(YEAR - 1, 4), *(Quarter(YEAR, number) for number in HANDED_IN)):
            at = quarters.at(quarter.following, 0)
            closing.record_opening(session, RecordPeriodOpening(start=quarters.start(people, quarter), at=at))
            row = QuarterStore(session).get(quarter, quarters.BRANCH)
            assert row is not None
            if quarter.year == YEAR:
                late, row.sent_back = HANDED_IN[quarter.number]
                row.handed_in_at = datetime(row.due_on.year, row.due_on.month, row.due_on.day, 2, tzinfo=UTC)
                row.handed_in_at += timedelta(days=late)
            session.add(row)
    return database


def _asked(first: date, last: date, scope: Scope = EVERYTHING) -> Asked:
    return Asked(first, last, AT, scope)


def _quality(database: Database, asked: Asked) -> list[tuple[int, int]]:
    with database.read() as session:
        facts = branch_facts(session, asked, asked.first.year).get(quarters.BRANCH)
    found = [item for item in facts.measured if item.code == "record_quality"] if facts else []
    return [(int(part.good), part.of) for item in found for part in item.parts]


def test_one_of_three_was_handed_in_on_time_and_complete(closed: Database) -> None:
    asked = _asked(date(YEAR, 1, 1), date(YEAR, 12, 31))
    assert _quality(closed, asked) == [(1, 3)]
    with closed.read() as session:
        listed = list(every(session, SOURCES["record_quality"], asked))
    assert [(fact.ref, fact.good) for fact in listed] == [
        (f"{YEAR}/1/BJ", True),
        (f"{YEAR}/2/BJ", False),
        (f"{YEAR}/3/BJ", False),
    ]


def test_a_quarter_belongs_to_the_span_in_which_it_ends(closed: Database) -> None:
    assert _quality(closed, _asked(date(YEAR, 1, 1), date(YEAR, 3, 31))) == [(1, 1)]
    assert _quality(closed, _asked(date(YEAR, 1, 1), date(YEAR, 3, 30))) == []


def test_what_was_never_handed_in_counts_once_it_is_overdue(closed: Database) -> None:
    year_before = date(YEAR - 1, 1, 1), date(YEAR - 1, 12, 31)
    assert _quality(closed, _asked(*year_before)) == [(0, 1)]
    early = Asked(*year_before, datetime(YEAR, 1, 5, 2, 0, tzinfo=UTC), EVERYTHING)
    assert _quality(closed, early) == []


def test_another_branch_does_not_see_it(closed: Database) -> None:
    assert _quality(closed, _asked(date(YEAR, 1, 1), date(YEAR, 12, 31), Scope(("/HQ/SH/",)))) == []
