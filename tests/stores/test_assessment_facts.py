"""Figures of an assessment: the sum of the list each opens, and what the counters of services and complaints say."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from models.database import Database
from models.services.assessment.facts import SOURCES, branch_facts
from models.services.assessment.overview import facts_behind
from models.services.assessment.reckoning import Place, asked_of
from models.services.complaints.figures import complaint_figures
from models.stores.facts import Asked, every, page_of
from models.stores.scope import EVERYTHING, Scope
from models.stores.service_counts import Owner, ServiceCounts
from models.tables.book import Policy
from models.types import PolicyStatus, Tier
from tests.stores.conftest import records_of
from tests.support import world
from tests.support.assessed import YEAR, fill
from tests.support.care_members import running_member

AT = datetime(YEAR, 10, 20, 2, 0, tzinfo=UTC)
BJ, SH = Scope(("/HQ/BJ/",)), Scope(("/HQ/SH/",))
ASKED = Asked(date(YEAR, 1, 1), date(YEAR, 12, 31), AT, EVERYTHING)
BRANCH = {"BJ": "BJ", "BJ01": "BJ", "SH": "SH"}


@pytest.fixture(params=[1, 2, 3], scope="module")
def filled(
    lasting_database: Database, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """Records that are only read, by the seed of their facts."""
    kind, folder = lasting_database.engine.dialect.name, tmp_path_factory.mktemp("filled")
    for database in records_of(kind, request, folder):
        world.build(database)
        with database.write() as session:
            fill(session, request.param)
        yield database


def test_every_figure_is_the_sum_of_its_list(filled: Database) -> None:
    with filled.read() as session:
        for item, sources in SOURCES.items():
            for scope in (EVERYTHING, BJ, SH):
                asked = ASKED._replace(scope=scope)
                counts = [count for source in sources for count in source.counts(session, asked)]
                listed = list(every(session, sources, asked, chunk=7))
                assert sum(count.of for count in counts) == len(listed), item
                assert sum(count.good for count in counts) == sum(fact.good for fact in listed), item
                assert len({(fact.kind, fact.ref) for fact in listed}) == len(listed)


def test_pages_of_any_size_make_the_same_list(filled: Database) -> None:
    sources = SOURCES["on_time_rate"]
    with filled.read() as session:
        whole = [fact for _, fact in page_of(session, sources, ASKED, (0, None), 10_000)]
        assert len(whole) > 20
        assert list(every(session, sources, ASKED, chunk=1)) == whole
        assert list(every(session, sources, ASKED, chunk=13)) == whole


def test_completion_and_timeliness_are_what_the_counter_of_services_says(filled: Database) -> None:
    with filled.read() as session:
        found = branch_facts(session, ASKED, YEAR)
        entries = ServiceCounts(session, ASKED.first, ASKED.last).by(Owner.INSTITUTION, AT)
    done: Counter[tuple[str, str, str]] = Counter()
    for entry, kept in entries.items():
        branch = BRANCH[entry.owner]
        if entry.code in {"Z08", "Z10", "17(4)"}:
            done[branch, "completion_rate", "of"] += kept.judged
            done[branch, "completion_rate", "good"] += kept.done
        elif entry.code in {"Z04", "Z17"}:
            done[branch, "on_time_rate", "of"] += kept.judged
            done[branch, "on_time_rate", "good"] += kept.in_time
    for branch, facts in found.items():
        for item in facts.measured:
            if item.code in {"completion_rate", "on_time_rate"}:
                (part,) = item.parts
                assert part.of == done[branch, item.code, "of"]
                assert part.good == Decimal(done[branch, item.code, "good"])


def test_complaints_are_what_their_figures_say_earlier_lives_and_all(filled: Database) -> None:
    with filled.read() as session:
        found = branch_facts(session, ASKED, YEAR)
        figures = complaint_figures(session, ASKED.first, ASKED.last, AT)
    for branch, facts in found.items():
        mine = [item for item in figures if BRANCH[item.key] == branch]
        measured = next(item for item in facts.measured if item.code == "complaint_on_time_rate")
        assert facts.justified == sum(item.justified for item in mine)
        assert sum(part.of for part in measured.parts) == sum(item.complaints_due for item in mine)
        assert sum(part.good for part in measured.parts) == sum(item.complaints_in_time for item in mine)
    assert any(facts.justified for facts in found.values())


def test_the_facts_of_a_branch_hold_none_of_another(filled: Database) -> None:
    with filled.read() as session:
        for item in SOURCES:
            rows = facts_behind(session, Place(YEAR, "SH", EVERYTHING), item, "live", AT, after=None, limit=500)
            assert {fact.institution_code for _, fact in rows} <= {"SH"}


def _members(session: Session, built: world.World) -> None:
    for number, tier in ((world.GOLD, Tier.GOLD), (world.SILVER, Tier.SILVER), (world.SMALL, Tier.SILVER)):
        member = running_member(session, built, number, tier)
        member.valid_from, member.valid_to = date(YEAR - 1, 3, 1), date(YEAR, 12, 31)
        session.add(member)


def test_a_member_is_kept_while_a_policy_is_in_force(database: Database) -> None:
    built = world.build(database)
    with database.write() as session:
        _members(session, built)
        lost = session.exec(select(Policy).where(Policy.policy_no == f"{world.SILVER}-{YEAR}")).one()
        lost.status, lost.ended_on = PolicyStatus.SURRENDERED, date(YEAR, 6, 30)
        session.add(lost)
    with database.read() as session:
        found = branch_facts(session, asked_of(YEAR, "year", AT, EVERYTHING), YEAR)["BJ"].measured[0]
        before = branch_facts(session, asked_of(YEAR, "Q1", AT, EVERYTHING), YEAR)["BJ"].measured[0]
    assert {part.tier: (part.good, part.of) for part in found.parts} == {
        Tier.GOLD: (Decimal(1), 1),
        Tier.SILVER: (Decimal(1), 2),
    }
    assert {part.tier: (part.good, part.of) for part in before.parts}[Tier.SILVER] == (Decimal(2), 2)


def test_whoever_became_a_member_later_or_ended_before_is_not_of_the_year_start(database: Database) -> None:
    built = world.build(database)
    with database.write() as session:
        _members(session, built)
        later = running_member(session, built, world.BRANCH_OWNED, Tier.GOLD)
        later.valid_from, later.valid_to = date(YEAR, 1, 2), date(YEAR, 12, 31)
        session.add(later)
    with database.read() as session:
        found = branch_facts(session, asked_of(YEAR, "year", AT, EVERYTHING), YEAR)["BJ"].measured[0]
        none = branch_facts(session, asked_of(YEAR + 2, "year", AT, EVERYTHING), YEAR + 2)
    assert sum(part.of for part in found.parts) == 3
    assert none == {}
