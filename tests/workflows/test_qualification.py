"""Every outcome of a qualification on a real engine, with the real records behind it."""

import pytest
from sqlmodel import select

from models.tables.cases import Case, Decision, Membership, Seat, Task
from models.types import Outcome, SeatKind, TaskState, Tier, Verdict
from models.types import Stage as CaseStage
from tests.support import world
from tests.support.engine import Refused
from tests.workflows.conftest import Stage

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]

TO_BRANCH = ("unit", "svc", "lead")
TO_GOLD = (*TO_BRANCH, "hq-vip", "hq-lead")


async def test_gold_takes_every_level_and_starts_a_membership(stage: Stage) -> None:
    case = await stage.declare()
    for login in TO_GOLD:
        await case.decide(login)
    assert await case.handle.result() is Outcome.APPROVED
    with stage.world.database.read() as session:
        row = session.get(Case, case.case_id)
        membership = session.exec(select(Membership)).one()
        seat = session.exec(select(Seat)).one()
        tasks = session.exec(select(Task)).all()
    assert row is not None
    assert (row.stage, row.outcome, row.open_key) == (CaseStage.ACTIVE, Outcome.APPROVED, None)
    assert (membership.valid_from.isoformat(), membership.valid_to.isoformat()) == ("2026-03-01", "2027-02-28")
    assert (seat.tier, seat.seat_kind, seat.scope_code, seat.seat_no) == (Tier.GOLD, SeatKind.RANKED, "HQ", 1)
    assert [task.state for task in tasks] == [TaskState.DONE] * 5
    assert membership.club_contact_id is not None
