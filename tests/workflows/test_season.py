"""The quota season on durable execution: phases, the published list, its window, reminders, records that adopt."""

from datetime import UTC, datetime

import pytest
from sqlmodel import Session

from models.messages.season import RecordSeasonMove
from models.rules import season as rules
from models.services.calendars import snapshot
from models.services.evaluation import By, evaluate
from models.services.rulebooks import ensure_builtin, rulebook_of
from models.services.season import moving
from models.stores.audit import AuditStore
from models.tables.evaluation import Evaluation
from models.tables.messages import Notification
from models.tables.organisation import Account
from models.tables.season import QuotaSeason, SeasonListing
from models.types import Door, SeasonPhase, SeatKind
from tests.support import world
from tests.support.appeals import waiting_appeal
from tests.support.engine import Refused
from tests.support.season import RunningSeason, open_season
from tests.support.stage import Stage
from tests.workflows.test_qualification import TO_GOLD

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]
TO_PUBLISHED = (SeasonPhase.DECLARE, SeasonPhase.RANK, SeasonPhase.PUBLISH)


def _list(session: Session) -> None:
    version = ensure_builtin(session)
    rulebook = rulebook_of(session, version.id).rulebook
    evaluate(
        session,
        world.YEAR,
        rulebook,
        rulebook_version_id=version.id,
        by=By("test", Door.SYSTEM, datetime(2026, 1, 9, tzinfo=UTC)),
    )


async def _opened(stage: Stage) -> RunningSeason:
    stage.write(_list)
    return await open_season(stage.client, stage.world, world.YEAR, stage.queue)


async def test_from_the_freeze_to_the_effect(timed_stage: Stage) -> None:
    stage = timed_stage
    season = await _opened(stage)
    again = await open_season(stage.client, stage.world, world.YEAR, stage.queue)
    assert (await again.state()) == (await season.state())
    await season.through(SeasonPhase.DECLARE)
    assert stage.rows(Evaluation)[0].frozen_at is not None
    gold = await stage.declare()
    await gold.through(*TO_GOLD)
    await season.through(SeasonPhase.RANK, SeasonPhase.PUBLISH)
    listed = {row.customer_no: (row.rank, row.seat_kind, row.reason) for row in stage.rows(SeasonListing)}
    number = stage.world.customer
    assert listed == {
        number(world.BRANCH_OWNED): (1, None, "not_declared"),
        number(world.GOLD): (2, SeatKind.RANKED, None),
        number(world.SILVER): (3, None, "not_declared"),
        number(world.SMALL): (4, None, "below_entry"),
    }
    told = [row for row in stage.rows(Notification) if row.template == "season_published"]
    names = {stage.world.accounts[login] for login in ("mgr", "unit", "svc", "lead", "sh-lead", "bj-mgr")}
    assert {row.account_id for row in told} == names
    with pytest.raises(Refused, match="wrong_stage"):
        await season.send(season.act(SeasonPhase.FREEZE, 4))
    await stage.skip(days=30)  # over the window, whatever holidays lie in it
    assert (await season.state()).phase is SeasonPhase.APPEAL
    appeal = waiting_appeal(stage.world, stage.rows(Evaluation)[0].rulebook_version_id, datetime.now(UTC))
    stage.write(lambda session: session.add(appeal))
    with pytest.raises(Refused, match="wrong_stage"):
        await season.through(SeasonPhase.EFFECTIVE)
    stage.write(lambda session: session.delete(session.merge(appeal)))
    await season.through(SeasonPhase.EFFECTIVE)
    assert await season.handle.result() is SeasonPhase.EFFECTIVE
    (row,) = stage.rows(QuotaSeason)
    assert (row.phase, row.version, row.publish_reason) == (SeasonPhase.EFFECTIVE, 6, "按日程")
    assert row.closed_at is not None
    with stage.world.database.read() as session:
        audited = [entry.action for entry in AuditStore(session).of("season", str(world.YEAR))]
    assert [action for action in audited if action != "season.overdue"] == [
        "season.opened",
        "season.declare",
        "season.rank",
        "season.publish",
        "season.appeal",
        "season.effective",
    ]
    assert audited.count("season.overdue") >= 1  # the settling of appeals ran over 1 March: told, not ended


async def test_refusals_stale_versions_and_the_way_back(timed_stage: Stage) -> None:
    stage = timed_stage
    with pytest.raises(Refused, match="not_allowed"):
        await open_season(stage.client, stage.world, world.YEAR, stage.queue, login="lead")
    season = await open_season(stage.client, stage.world, world.YEAR, stage.queue)
    with pytest.raises(Refused, match="not_found"):  # there is no list to freeze
        await season.through(SeasonPhase.DECLARE)
    assert (await season.state()).version == 1
    stage.write(_list)
    first = season.act(SeasonPhase.DECLARE, 1)
    assert await season.send(first) == await season.send(first)
    with pytest.raises(Refused, match="stale_version"):
        await season.send(season.act(SeasonPhase.DECLARE, 1))
    with pytest.raises(Refused, match="reason_required"):
        await season.send(season.act(SeasonPhase.RANK, 2, reason=" "))
    await season.through(SeasonPhase.RANK, SeasonPhase.FREEZE)
    assert stage.rows(Evaluation)[0].frozen_at is None
    stage.write(lambda session: _disable(session, stage))
    with pytest.raises(Refused, match="not_allowed"):
        await season.through(SeasonPhase.DECLARE)


def _disable(session: Session, stage: Stage) -> None:
    account = session.get(Account, stage.world.accounts["hq-vip"])
    assert account is not None
    account.disabled_at = datetime.now(UTC)


async def test_what_stands_in_the_records_is_adopted(timed_stage: Stage) -> None:
    stage = timed_stage
    season = await _opened(stage)
    state = await season.state()
    stands, late = season.act(SeasonPhase.DECLARE, 1), season.act(SeasonPhase.DECLARE, 1)

    def crash_after_commit(session: Session) -> None:
        now = datetime.now(UTC)
        calendar = snapshot(session, rulebook_of(session, ensure_builtin(session).id).rulebook.working_time, now.date())
        after = rules.move(state, stands, now, calendar)
        moving.record_move(session, RecordSeasonMove(before=state, after=after, act=stands, at=now))

    stage.write(crash_after_commit)
    with pytest.raises(Refused, match="stale_version"):
        await season.send(late)
    assert (await season.send(stands)).version == 2
    (row,) = stage.rows(QuotaSeason)
    assert (row.version, (await season.state()).moves[-1].update_id) == (2, stands.update_id)
