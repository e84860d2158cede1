"""Shapes of what is no single case: a season, a membership's end and buffer, a calendar told, a message sent."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import Session, select
from temporalio.client import WorkflowHandle

from activities.adapters.mailbox import MailFolder
from activities.adapters.memberships import EngineMemberships
from api.gateway import Gateway
from models.identifiers import MEMBERSHIP, calendar_publish_id, membership_id, notification_id
from models.messages.letters import Letter
from models.messages.membership import ContactsChanged, MembershipDue
from models.messages.qualification import MembershipState
from models.rules.calendar import CHINA, local_date
from models.services.calendar_publication import Change, ChangedDay, Publisher, publish
from models.services.evaluation import By, evaluate
from models.services.notifications import notify
from models.services.qualification import memberships
from models.services.rulebooks import ensure_builtin, rulebook_of
from models.tables.cases import Membership, Task
from models.tables.messages import Delivery
from models.types import DeliveryState, Door, MembershipStage, SeasonPhase, Tier
from tests.support import world
from tests.support.care_members import planned, running_member, start
from tests.support.member_acts import cancel, change_manager, downgrade
from tests.support.season import open_season
from tests.support.stage import Stage as Scene
from tests.support.telling import deliveries, with_address
from workflows.options import TASK_TIMEOUT
from workflows.outgoing import dispatch_due

TO_GOLD = ("unit", "svc", "lead", "hq-vip", "hq-lead")
NOON = datetime(2026, 2, 5, 4, 0, tzinfo=UTC)
Handle = WorkflowHandle[Any, Any]


async def season(scene: Scene) -> Handle:
    """From the freeze to the effect; the window for appeals is closed by its timer."""
    scene.write(_list)
    running = await open_season(scene.client, scene.world, world.YEAR, scene.queue)
    await running.through(SeasonPhase.DECLARE, SeasonPhase.RANK, SeasonPhase.PUBLISH)
    await scene.skip(days=30)
    while (await running.state()).phase is not SeasonPhase.APPEAL:
        await asyncio.sleep(0.05)
    await running.through(SeasonPhase.EFFECTIVE)
    await running.handle.result()
    return running.handle


async def membership_cancelled(scene: Scene) -> Handle:
    """Ended at once by the branch."""
    number = await _member(scene)
    await cancel(scene, number, "customer_wish")
    handle = scene.client.get_workflow_handle(membership_id(number))
    await handle.result()
    return handle


async def membership_downgraded(scene: Scene) -> Handle:
    """Fallen to silver when its buffer was over; it goes on."""
    number = await _member(scene)
    answer = await downgrade(scene, number, Tier.SILVER)
    assert answer.buffer_until is not None
    await scene.skip(days=(answer.buffer_until - local_date(datetime.now(UTC))).days + 2)
    while {row.tier for row in scene.rows(Membership)} != {Tier.SILVER}:
        await asyncio.sleep(0.05)
    await planned(scene.world.database, number, 2)
    return scene.client.get_workflow_handle(membership_id(number))


async def membership_fallen(scene: Scene) -> Handle:
    """The same since a year is planned: planned anew for the lower tier once the buffer is over."""
    return await membership_downgraded(scene)


async def membership_planned(scene: Scene) -> Handle:
    """Its year planned, planned anew for another contact and when it was upgraded, then ended by the customer."""
    number = scene.world.customer(world.GOLD)
    silver = _running(scene, number, Tier.SILVER)
    handle = await start(scene.client, scene.queue, scene.world.database, silver.case_id)
    await handle.signal("contacts_changed", ContactsChanged(key="import-1"))
    await planned(scene.world.database, number, 2)
    await handle.signal("due", MembershipDue(day=local_date(datetime.now(UTC))))
    gold = _running(scene, number, Tier.GOLD)
    with scene.world.database.read() as session:
        grant = memberships.grant_of(session, gold.case_id)
    await EngineMemberships(scene.client, scene.queue).grant(grant)
    await planned(scene.world.database, number, 3)
    await cancel(scene, number, "customer_wish")
    await handle.result()
    return handle


async def membership_given_to_another(scene: Scene) -> Handle:
    """Its account manager changed and its year planned anew for the new one, then ended by the customer."""
    number = scene.world.customer(world.GOLD)
    row = _running(scene, number, Tier.SILVER)
    handle = await start(scene.client, scene.queue, scene.world.database, row.case_id)
    await change_manager(scene, number, scene.world.accounts["bj-mgr"])
    await planned(scene.world.database, number, 2)
    await cancel(scene, number, "customer_wish")
    await handle.result()
    return handle


async def membership_carried_over(scene: Scene) -> Handle:
    """The run that carried itself over after one call of the sweep."""
    number = scene.world.customer(world.GOLD)
    _running(scene, number, Tier.SILVER)
    state = MembershipState(customer_no=number, roll_after=1)
    handle = await scene.client.start_workflow(
        MEMBERSHIP, state, id=membership_id(number), task_queue=scene.queue, task_timeout=TASK_TIMEOUT
    )
    await handle.signal("due", MembershipDue(day=local_date(datetime.now(UTC))))
    newest = scene.client.get_workflow_handle(membership_id(number))
    while not (await newest.query("holding"))["rolls"]:
        await asyncio.sleep(0.05)
    await newest.terminate()
    return scene.client.get_workflow_handle(membership_id(number), run_id=handle.result_run_id)


def _running(scene: Scene, number: str, tier: Tier) -> Membership:
    with scene.world.database.write() as session:
        return running_member(session, scene.world, number, tier)


async def calendar_told(scene: Scene) -> Handle:
    """A published day told to one running case."""
    await scene.declare()
    day = scene.rows(Task)[0].due_at.astimezone(CHINA).date()
    change = Change(day.year, (ChangedDay(day, False, False, "司庆"),))
    with scene.world.database.write() as session:
        by = Publisher(scene.world.accounts["ops"], "司庆放假", Door.PAGE, datetime.now(UTC))
        published = publish(session, change, by).id
    await Gateway(scene.client, scene.queue).tell_calendar(published)
    handle = scene.client.get_workflow_handle(calendar_publish_id(published))
    await handle.result()
    return handle


async def notification(scene: Scene) -> Handle:
    """A mail server that was away once: tried again after the pause, then out."""
    really, asked = MailFolder.send, []

    def away_once(self: MailFolder, letter: Letter) -> None:
        asked.append(letter.key)
        if len(asked) == 1:
            raise ConnectionRefusedError(111, "Connection refused")
        really(self, letter)

    with scene.world.database.write() as session:
        person = with_address(session, "lead")
        notify(session, to=[person.id], template="cc", key="recorded", at=NOON, context={"customer_no": "C1"})
        session.flush()
        waiting = deliveries(session)[-1].id
    MailFolder.send = away_once  # type: ignore[method-assign]
    try:
        await dispatch_due(scene.client, scene.world.database, scene.queue, NOON)
        while not scene.rows(Delivery)[0].attempts:
            await asyncio.sleep(0.05)
        await scene.skip(days=1)
        while scene.rows(Delivery)[0].state is not DeliveryState.SENT:
            await asyncio.sleep(0.05)
    finally:
        MailFolder.send = really  # type: ignore[method-assign]
    handle = scene.client.get_workflow_handle(notification_id(waiting))
    await handle.result()
    return handle


async def _member(scene: Scene) -> str:
    """An approved customer whose term runs now."""
    case = await scene.declare()
    await case.through(*TO_GOLD)
    await case.handle.result()
    while not scene.rows(Membership):
        await asyncio.sleep(0.05)
    scene.write(_runs_now)
    return scene.world.customer(world.GOLD)


def _runs_now(session: Session) -> None:
    today = local_date(datetime.now(UTC))
    for row in session.exec(select(Membership)):
        row.valid_from, row.valid_to = today.replace(day=1), date(today.year + 1, 2, 28)
        row.stage = MembershipStage.SERVING


def _list(session: Session) -> None:
    version = ensure_builtin(session)
    by = By("test", Door.SYSTEM, datetime(2026, 1, 9, tzinfo=UTC))
    rulebook = rulebook_of(session, version.id).rulebook
    evaluate(session, world.YEAR, rulebook, rulebook_version_id=version.id, by=by)


LONG_RUNS = (
    season,
    membership_cancelled,
    membership_downgraded,
    membership_fallen,
    membership_given_to_another,
    membership_planned,
    membership_carried_over,
    calendar_told,
    notification,
)
