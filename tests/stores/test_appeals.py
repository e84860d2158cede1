"""申诉: who was answered may not ask again; who was not, may."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

from models.database import Database
from models.errors import DomainError
from models.identifiers import approval_id, season_id
from models.messages.calendar import Deadline
from models.messages.lone_approval import StartApproval
from models.messages.season import SeasonState
from models.services.rulebooks import ensure_builtin
from models.services.season.appeals import may_start
from models.stores.season import APPEAL
from models.tables.columns import new_id
from models.tables.season import QuotaSeason, SeasonListing
from models.types import UNDECIDED_OUTCOMES, Door, Outcome, SeasonPhase, Tier
from tests.support import world
from tests.support.appeals import waiting_appeal
from tests.support.world import World

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
APPEALED = approval_id(APPEAL, world.SMALL, 1)


def _published(session: Session, people: World) -> None:
    """A list that may be appealed against, with a customer who has no seat on it."""
    until = Deadline(due_at=NOW + timedelta(days=5), provisional=False, calendar_version="x")
    state = SeasonState(
        year=world.YEAR, phase=SeasonPhase.PUBLISH, opened_at=NOW, appeal_working_days=5, appeals_until=until
    )
    session.add(
        QuotaSeason(
            year=world.YEAR,
            workflow_id=season_id(world.YEAR),
            phase=state.phase,
            opened_by=people.accounts["hq-vip"],
            opened_at=NOW,
            state=state.model_dump(mode="json"),
        )
    )
    session.add(
        SeasonListing(
            year=world.YEAR,
            customer_no=people.customer(world.SMALL),
            institution_code="BJ01",
            value=Decimal(1),
            tier=Tier.REGULAR,
        )
    )


def _appealed(session: Session, people: World, outcome: Outcome | None) -> None:
    version = ensure_builtin(session).id
    session.add(waiting_appeal(people, version, NOW, workflow_id=APPEALED, outcome=outcome))


def test_what_operations_cut_off_is_decided_by_nobody() -> None:
    assert Outcome.TERMINATED in UNDECIDED_OUTCOMES
    assert {Outcome.APPROVED, Outcome.REJECTED}.isdisjoint(UNDECIDED_OUTCOMES)


@pytest.mark.parametrize("outcome", [None, *Outcome])
def test_an_appeal_that_was_cut_off_may_be_made_again(database: Database, outcome: Outcome | None) -> None:
    people = world.build(database)
    with database.write() as session:
        _published(session, people)
        _appealed(session, people, outcome)
    start = StartApproval(
        update_id="a:again",
        content_hash="x",
        actor_id=people.accounts["mgr"],
        actor_name="周敏",
        door=Door.PAGE,
        case_id=new_id(),
        workflow_id=approval_id(APPEAL, world.SMALL, 2),
        subject=APPEAL,
        customer_no=people.customer(world.SMALL),
        year=world.YEAR,
        attempt=2,
        reason="数据未含新增保单",
    )
    with database.read() as session:
        if outcome in UNDECIDED_OUTCOMES:
            may_start(session, start, NOW)
            return
        with pytest.raises(DomainError, match="duplicate_case"):
            may_start(session, start, NOW)
