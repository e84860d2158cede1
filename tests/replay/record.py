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
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from temporalio.client import WorkflowHandle

from models.identifiers import membership_id
from models.messages.scoring import CorrectedField, Correction
from models.types import SeatKind, Stage, Tier, Verdict
from tests.replay.fingerprints import COMMITTED, fingerprints
from tests.support import engine, world
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
