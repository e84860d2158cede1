"""Recorder of the golden histories: `python -m tests.replay.record [SHAPE...]`, run by hand.

Run it for a *new* shape, or to add a history of a new released version under a new name. Never record a shape again to
make a red replay green: the red says that cases running at this moment would break (use `workflow.patched`).
`python -m tests.replay.record --fingerprints` writes the command fingerprints anew, after the same thought.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from temporalio.client import WorkflowHandle

from models.identifiers import membership_id
from models.messages.approval import RouteStep
from models.messages.calendar_publication import CalendarPublished
from models.messages.handing import (
    AddSigner,
    Delegate,
    HandBack,
    PauseClock,
    RemoveSigner,
    ResumeClock,
    TakeBack,
    Transfer,
)
from models.messages.scoring import CorrectedField, Correction
from models.rules.calendar import local_date, next_working_day
from models.services.approval.subjects import Subject, register
from models.services.calendar_publication import Change, ChangedDay, Publisher, publish
from models.services.calendars import case_calendar
from models.tables.desk import TaskAlarm
from models.types import AddedPosition, Door, PauseReason, Role, SeatKind, SignerRule, Stage, Tier, Verdict
from tests.replay.fingerprints import COMMITTED, fingerprints
from tests.replay.long_runs import LONG_RUNS
from tests.replay.service_runs import SERVICE_RUNS
from tests.replay.survey_runs import SURVEY_RUNS
from tests.replay.sweep_runs import SWEEP_RUNS
from tests.support import engine, rules, world
from tests.support.engine import Refused
from tests.support.stage import Stage as Scene

HISTORIES = Path(__file__).parent / "histories"
TO_BRANCH = ("unit", "svc", "lead")
TO_GOLD = (*TO_BRANCH, "hq-vip", "hq-lead")
Handle = WorkflowHandle[Any, Any]


async def gold(scene: Scene) -> Handle:
    """Declared and approved through every level."""
    case = await scene.declare()
    await case.through(*TO_GOLD)
    await case.handle.result()
    return case.handle


async def silver(scene: Scene) -> Handle:
    """Final at the branch."""
    case = await scene.declare(world.SILVER, Tier.SILVER, SeatKind.SILVER)
    await case.through(*TO_BRANCH)
    await case.handle.result()
    return case.handle


async def returned_resubmitted(scene: Scene) -> Handle:
    """Back to the declarant once, then gold: the longest ordinary path."""
    case = await scene.declare()
    await case.through(*TO_GOLD[:-1])
    await case.decide("hq-lead", Verdict.RETURN, comment="缺少证明")
    await case.resubmit(changed=("facts",))
    await case.through(*TO_GOLD)
    await case.handle.result()
    return case.handle


async def returned_to_review(scene: Scene) -> Handle:
    """Back to an earlier step; still open there."""
    case = await scene.declare()
    await case.through(*TO_BRANCH)
    await case.decide("hq-vip", Verdict.RETURN, comment="请补充", return_to=Stage.BRANCH_REVIEW)
    return case.handle


async def rejected(scene: Scene) -> Handle:
    """Ended by the branch."""
    case = await scene.declare()
    await case.through("unit")
    await case.decide("svc", Verdict.REJECT, comment="材料不实")
    await case.handle.result()
    return case.handle


async def withdrawn(scene: Scene) -> Handle:
    """Ended by the declarant."""
    case = await scene.declare()
    await case.withdraw()
    await case.handle.result()
    return case.handle


async def corrected(scene: Scene) -> Handle:
    """A fact corrected, an older look refused in the handler, then one step on."""
    case = await scene.declare()
    fact = Correction(
        policy_no=f"{scene.world.customer(world.GOLD)}-{world.YEAR}",
        year=world.YEAR,
        field=CorrectedField.PREMIUM_RECEIVED,
        value=Decimal(1_900_000),
    )
    await case.correct("unit", (fact,))
    await case.through("unit")
    return case.handle


async def breach(scene: Scene) -> Handle:
    """A deadline passed, then the task was done after all."""
    case = await scene.declare()
    await scene.skip(30)
    while "breach" not in scene.audited(case):
        await asyncio.sleep(0.05)
    await case.through("unit")
    return case.handle


async def refused_opening(scene: Scene) -> Handle:
    """Not eligible: the run fails."""
    try:
        await scene.declare(world.SMALL)
    except Refused:
        return scene.client.get_workflow_handle(f"qualification/{world.YEAR}/{scene.world.customer(world.SMALL)}/1")
    raise AssertionError("the declaration was not refused")


async def membership(scene: Scene) -> Handle:
    """One customer approved in two years."""
    handle = scene.client.get_workflow_handle(membership_id(scene.world.customer(world.GOLD)))
    for number, year in enumerate((world.YEAR, world.YEAR + 1), start=1):
        kind = SeatKind.RANKED if number == 1 else SeatKind.SPECIAL
        case = await scene.declare(seat_kind=kind, year=year)
        await case.through(*TO_GOLD)
        await case.handle.result()
        while len((await handle.query("holding"))["grants"]) < number:
            await asyncio.sleep(0.05)
    return handle


async def countersigned(scene: Scene) -> Handle:
    """Three signers, one added before one of them and one added and removed again, then decided by two of three."""
    three = ({"login": "svc"}, {"login": "sh-lead"}, {"login": "bj-mgr"})
    rules.put_in_force(
        scene.world.database, rules.step(Stage.BRANCH_REVIEW, rule=SignerRule.QUORUM, needed=2, signers=three)
    )
    case = await scene.declare()
    await case.decide("unit")
    for removed in (True, False):
        to = case.target("hq-vip", authorised=False)
        await case.hand(AddSigner, "svc", to=to, position=AddedPosition.BEFORE)
        step = (await case.state()).step
        added = [seat.signer_id for seat in step.signers if seat.added_by] if step else []
        if removed:
            await case.hand(RemoveSigner, "svc", signer_id=added[0])
    await case.through("bj-mgr", "hq-vip", "svc")
    return case.handle


async def handed_over(scene: Scene) -> Handle:
    """Delegated and back, transferred, decided, taken back, paused and resumed, decided again."""
    case = await scene.declare()
    await case.decide("unit")
    await case.hand(Delegate, "svc", to=case.target("bj-mgr", authorised=False))
    await case.hand(HandBack, "bj-mgr")
    await case.hand(Transfer, "svc", to=case.target("sh-lead"))
    task = (await case.state()).tasks[0]
    await case.decide("sh-lead")
    await case.hand(TakeBack, "sh-lead", task_id=task.task_id)
    await case.hand(PauseClock, "sh-lead", reason=PauseReason.WAITING_FOR_CUSTOMER)
    await scene.skip(30)
    await case.hand(ResumeClock, "sh-lead")
    await case.decide("sh-lead")
    return case.handle


async def escalated(scene: Scene) -> Handle:
    """Reminded, overdue, escalated rung by rung, then done after all."""
    case = await scene.declare()
    await scene.skip(60)
    while "rung:3" not in {alarm.key for alarm in scene.rows(TaskAlarm)}:
        await asyncio.sleep(0.05)
    await case.through("unit")
    return case.handle


async def decided_automatically(scene: Scene) -> Handle:
    """Nobody acted: the system rejected at the first step that may."""
    rules.put_in_force(
        scene.world.database,
        rules.reminders(auto_verdict=Verdict.REJECT, auto_after_working_days=1, repeat_at_most=1, ladder=()),
    )
    case = await scene.declare()
    await case.decide("unit")
    await scene.skip(30)
    await case.handle.result()
    return case.handle


async def redated(scene: Scene) -> Handle:
    """A published calendar moved the deadline, told twice; then one step on."""
    case = await scene.declare()
    now = datetime.now(UTC)
    with scene.world.database.write() as session:
        calendar = case_calendar(session, scene.record(case), now)
        day = next_working_day(calendar, local_date(now))
        by = Publisher(scene.world.accounts["ops"], "司庆放假", Door.PAGE, now)
        published = publish(session, Change(day.year, (ChangedDay(day, False, False, "司庆"),)), by).id
    for _ in range(2):
        await case.handle.signal("calendar_published", CalendarPublished(publication_id=published))
    await case.through("unit")
    return case.handle


async def lone_approval(scene: Scene) -> Handle:
    """A lone approval in two steps."""
    steps = ((Stage.HQ_REVIEW, Role.HQ_VIP), (Stage.HQ_APPROVAL, Role.HQ_LEAD))
    route = tuple(
        RouteStep(stage=stage, role=role, institution_code="HQ", due_on=date(2026, 1, 1), may_reject=True)
        for stage, role in steps
    )
    register(Subject("recorded", lambda *_: None, lambda *_: route))
    customer = scene.world.customer(world.GOLD)
    case = await engine.start_lone(scene.client, scene.world, customer, "recorded", queue=scene.queue)
    await case.through("hq-vip", "hq-lead")
    await case.handle.result()
    return case.handle


SHAPES: Mapping[str, Callable[[Scene], Awaitable[Handle]]] = {
    shape.__name__: shape
    for shape in (
        gold,
        silver,
        returned_resubmitted,
        returned_to_review,
        rejected,
        withdrawn,
        corrected,
        breach,
        refused_opening,
        membership,
        countersigned,
        handed_over,
        escalated,
        decided_automatically,
        redated,
        lone_approval,
        *LONG_RUNS,
        *SERVICE_RUNS,
        *SWEEP_RUNS,
        *SURVEY_RUNS,
    )
}


async def record(names: list[str]) -> None:
    """Run each shape on a server of its own and keep its history."""
    for number, name in zip(count(1), names, strict=False):
        with tempfile.TemporaryDirectory() as home:
            database = world.new_database(Path(home))
            people, queue = world.build(database, offset=900_000 + 100 * number), f"record-{uuid4()}"
            async with engine.time_skipping() as server, engine.worker(server.client, people, Path(home), queue):
                handle = await SHAPES[name](Scene(server.client, people, queue, Path(home), server))
                history = await handle.fetch_history()
            database.dispose()
        document = {"workflow_id": history.workflow_id, "history": _anonymous(history.to_json_dict())}
        (HISTORIES / f"{name}.json").write_text(json.dumps(document, indent=0) + "\n", encoding="utf-8")


def _anonymous(value: Any) -> Any:
    """Without the names of the machine and process it was recorded on."""
    if isinstance(value, dict):
        return {key: _anonymous(item) for key, item in value.items() if key != "identity"}
    return [_anonymous(item) for item in value] if isinstance(value, list) else value


def main(arguments: list[str]) -> None:
    """Record the named shapes, or those that have no history yet."""
    if arguments == ["--fingerprints"]:
        COMMITTED.write_text(json.dumps(fingerprints(), indent=2) + "\n", encoding="utf-8")
        return
    missing = [name for name in SHAPES if not (HISTORIES / f"{name}.json").exists()]
    asyncio.run(record(arguments or missing))


if __name__ == "__main__":
    main(sys.argv[1:])
