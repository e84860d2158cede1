"""Shapes of a launch: from the draft to the last part, with a part put off and handed over; one that is cancelled."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from models.rules.calendar import local_date
from tests.support.launch import Launch, open_launch
from tests.support.stage import Stage as Scene

Handle = WorkflowHandle[Any, Any]


async def draft(scene: Scene) -> Launch:
    """A launch of the branch, three days ahead."""
    assert scene.environment is not None
    today = local_date(await scene.environment.get_current_time())
    return await open_launch(scene.client, scene.world, today + timedelta(days=3), scene.queue, branches=("BJ",))


async def rollout(scene: Scene) -> Handle:
    """Drafted anew, launched, reminded, put off, handed over, done."""
    launch = await draft(scene)
    await launch.replan(branches=("BJ", "SH"))
    await launch.launch()
    await scene.skip(days=12)
    await launch.do_all(1)
    item = (await launch.state()).items[1]
    await launch.move(2, item.from_on, item.to_on + timedelta(days=7))
    (part,) = await launch.open_parts(2)
    await launch.reassign(part, "hq-lead")
    (part,) = await launch.open_parts(2)
    await launch.complete(part, "hq-lead")
    await launch.do_all(*range(3, 10))
    await launch.handle.result()
    return launch.handle


async def rollout_cancelled(scene: Scene) -> Handle:
    """Launched and cancelled."""
    launch = await draft(scene)
    await launch.launch()
    await launch.cancel()
    await launch.handle.result()
    return launch.handle


LAUNCH_RUNS: tuple[Callable[[Scene], Awaitable[Handle]], ...] = (rollout, rollout_cancelled)
