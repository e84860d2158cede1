"""The shape of a sweep 巡检: everything of one day found at dawn, its greetings out after the quiet hours."""

import asyncio
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import select
from temporalio.client import WorkflowHandle

from models.identifiers import sweep_id
from models.messages.sweep import StartSweep
from models.rules.calendar import CHINA, local_date
from models.service_types import TouchpointOrigin
from models.tables.book import Contact
from models.types import Tier
from tests.support import world
from tests.support.care_members import running_member
from tests.support.stage import Stage as Scene
from tests.support.sweeping import add_touchpoint
from workflows.sweeping import start_sweep

BRANCH = "BJ"
OVER_THE_QUIET = timedelta(hours=4)
"""From five o'clock."""
Handle = WorkflowHandle[Any, Any]


async def duty_sweep(scene: Scene) -> Handle:
    """A year planned, a visit started, a birthday and a magazine sent when the quiet hours were over."""
    day = await dawn(scene)
    plan(scene, day)
    return await swept(scene, day, {"plans", "started", "sent"})


async def duty_sweep_amending(scene: Scene) -> Handle:
    """The next day: whom the visit was for has left, so its running case is ended."""
    day = await dawn(scene)
    contact_id = plan(scene, day)
    await swept(scene, day, {"plans", "started", "sent"})
    scene.write(lambda session: setattr(session.get_one(Contact, contact_id), "left_on", day))
    return await swept(scene, await dawn(scene), {"replanned", "stopped"})


async def dawn(scene: Scene) -> date:
    """Five o'clock of the next day."""
    assert scene.environment is not None
    now = await scene.environment.get_current_time()
    day = local_date(now) + timedelta(days=1)
    await scene.environment.sleep(datetime.combine(day, time(5), CHINA) - now)
    return day


def plan(scene: Scene, day: date) -> UUID:
    """A gold member with a visit, a birthday and a magazine; gives whom the visit is for."""
    number = scene.world.customer(world.GOLD)
    with scene.world.database.write() as session:
        member = running_member(session, scene.world, number, Tier.GOLD)
        contact = session.exec(select(Contact).where(Contact.customer_no == number)).one()
        who = {"membership_id": member.id, "contact_id": contact.id, "assignee_id": member.manager_id}
        for code in ("Z08", "Z10", "Z13"):
            add_touchpoint(
                session, number, day, code=code, key=f"recorded:{code}", origin=TouchpointOrigin.MANUAL, **who
            )
        return contact.id


async def swept(scene: Scene, day: date, found: set[str]) -> Handle:
    """The sweep of the branch to its end, the quiet hours skipped."""
    assert scene.environment is not None
    assert await start_sweep(scene.client, scene.queue, StartSweep(institution_code=BRANCH, day=day))
    handle = scene.client.get_workflow_handle(sweep_id(BRANCH, day), result_type=dict[str, int])
    while (await handle.query("progress", result_type=dict[str, Any]))["phase"] != "quiet":
        await asyncio.sleep(0.05)
    await scene.environment.sleep(OVER_THE_QUIET)
    counts: dict[str, int] = await handle.result()
    assert found <= set(counts), counts
    return handle


async def duty_sweep_assessed(scene: Scene) -> Handle:
    """The same since a sweep looks for assessments to keep, too."""
    return await duty_sweep(scene)


async def duty_sweep_quarterly(scene: Scene) -> Handle:
    """The same with every step there is: running cases amended, assessments kept, quarters closed and compared."""
    return await duty_sweep(scene)


SWEEP_RUNS = (duty_sweep, duty_sweep_amending, duty_sweep_assessed, duty_sweep_quarterly)
