"""Running cases of every kind on a real engine, and everything the records hold."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from sqlmodel import Session, SQLModel, select

from models.messages.approval import RouteStep
from models.messages.lone_approval import StartApproval
from models.messages.service_acts import AcceptService, CompleteService
from models.rules.calendar import local_date
from models.services.approval import subjects
from models.services.approval.subjects import Subject
from models.tables.cases import Membership
from models.types import MembershipStage, Role, SeatKind, Tier, Verdict
from models.types import Stage as CaseStage
from tests.support import quarters, world
from tests.support import serving_engine as serving
from tests.support.engine import start_lone
from tests.support.launch import open_launch
from tests.support.serving import COUNTER
from tests.support.stage import Stage

ADDED_TO = frozenset({"audit_entry", "drift", "job", "idempotency_record"})
"""What operations may add to; everything else stays as it was."""
SUBJECT = "every-kind"
_OLDER = count(2)


async def every_kind(stage: Stage) -> None:
    """One or more running cases of every kind with acts behind them, and two that are closed."""
    soon = local_date(datetime.now(UTC)) + timedelta(days=3)
    gold = await stage.declare()
    await gold.decide("unit")
    await gold.decide("svc", Verdict.RETURN, comment="补材料", return_to=CaseStage.UNIT_CHECK)
    await gold.decide("unit")
    silver = await stage.declare(world.SILVER, Tier.SILVER, SeatKind.SILVER)
    await silver.through("unit", "svc", "lead")
    await _alone(stage)
    await serving.request(stage)
    accepted = await serving.request(stage, reference_no="CL-2")
    await accepted.act(AcceptService, COUNTER)
    await accepted.act(CompleteService, COUNTER, result="已赔付")
    await serving.complaint(stage)
    await serving.touchpoint(stage, soon)
    launch = await open_launch(stage.client, stage.world, soon, stage.queue)
    await launch.launch()
    await launch.do_all(1)
    quarter = quarters.last_quarter()
    for _ in range(next(_OLDER)):  # its id names the quarter, and the engine is shared: each call has one of its own
        quarter = quarter.before
    with stage.world.database.write() as session:
        quarters.fill(session, stage.world, quarter)
        for row in session.exec(select(Membership).where(Membership.valid_to == quarter.last)):
            row.stage = MembershipStage.EXPIRED  # terms from before the records: no run of theirs is under way
    close = await quarters.close(stage.client, stage.world, quarter, queue=stage.queue)
    await close.decide("svc")


async def _alone(stage: Stage) -> None:
    """A lone approval, one signature in."""
    subjects.register(Subject(name=SUBJECT, may_start=lambda *_: None, route=_route))
    case = await start_lone(stage.client, stage.world, stage.world.customer(world.GOLD), SUBJECT, queue=stage.queue)
    await case.decide("hq-vip")


def _route(_: Session, __: StartApproval, ___: datetime) -> tuple[RouteStep, ...]:
    steps = ((CaseStage.HQ_REVIEW, Role.HQ_VIP), (CaseStage.HQ_APPROVAL, Role.HQ_LEAD))
    return tuple(
        RouteStep(stage=stage, role=role, institution_code="HQ", due_on=date(2026, 1, 1), may_reject=True)
        for stage, role in steps
    )


def contents(stage: Stage) -> dict[str, list[Any]]:
    """Every row of every table but those that operations adds to."""
    with stage.world.database.read() as session:
        return {
            name: sorted(map(str, session.execute(table.select()).all()))
            for name, table in SQLModel.metadata.tables.items()
            if name not in ADDED_TO
        }
