"""Seasons, campaigns and memberships beside their workflows: drift is found and mended, what is lost begins again."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session, col, select
from temporalio.service import RPCError

from api.gateway import Gateway
from api.gateway.reads import RunStatus
from api.reconciling import reconcile
from models.identifiers import season_id
from models.messages.qualification import MembershipState
from models.messages.survey import CloseSurvey
from models.ops_types import DriftKind
from models.service_types import SurveyStage
from models.services.by import By
from models.services.evaluation import By as EvaluationBy
from models.services.evaluation import evaluate
from models.services.reconcile import runs
from models.services.reconcile.programme import compare_programme
from models.services.rulebooks import ensure_builtin, rulebook_of
from models.tables.audit import AuditEntry
from models.tables.cases import Membership
from models.tables.reconcile import Drift
from models.tables.season import QuotaSeason
from models.tables.survey import SurveyCampaign
from models.types import Door, MembershipStage, SeasonPhase
from tests.support import surveys, world
from tests.support.every_kind import contents
from tests.support.season import open_season
from tests.support.stage import Stage
from tests.workflows.test_qualification import TO_GOLD
from workflows.options import TASK_TIMEOUT

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(120)]
BY = By("cli:test", Door.CLI)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def _programme(stage: Stage) -> None:
    """A member, a season that is declared for, and a campaign that was closed early."""
    with suppress(RPCError):
        await stage.client.get_workflow_handle(season_id(world.YEAR)).terminate("another test")
    await _member(stage)
    stage.write(_list)
    season = await open_season(stage.client, stage.world, world.YEAR, stage.queue)
    await season.through(SeasonPhase.DECLARE)
    with stage.world.database.write() as session:
        campaign = surveys.drafted(session, stage.world)
    survey = await surveys.open_survey(stage.client, stage.world, campaign, stage.queue)
    await survey.send(await survey.act(CloseSurvey, comment="已收齐"))


async def _member(stage: Stage) -> str:
    """A member, by its workflow."""
    case = await stage.declare()
    await case.through(*TO_GOLD)
    await case.handle.result()
    return str(_one(stage, Membership).workflow_id)


def _list(session: Session) -> None:
    """What the season freezes."""
    version = ensure_builtin(session)
    rulebook, by = rulebook_of(session, version.id).rulebook, EvaluationBy("test", Door.SYSTEM, LONG_AGO)
    evaluate(session, world.YEAR, rulebook, rulebook_version_id=version.id, by=by)


async def _run(stage: Stage, *, repair: bool, by: By = BY) -> Sequence[Drift]:
    with stage.world.database.write() as session:
        job_id = runs.ask(session, runs.Wish(repair, by)).id
    await reconcile(stage.world.database, Gateway(stage.client, stage.queue), job_id)
    # Other tests leave runs on the engine whose records are elsewhere.
    own = (row for row in stage.rows(Drift) if row.job_id == job_id and row.kind is not DriftKind.RECORD_MISSING)
    return sorted(own, key=lambda row: row.workflow_id)


def _harm(session: Session) -> None:
    for row in session.exec(select(QuotaSeason)):
        row.phase, row.published_at = SeasonPhase.RANK, LONG_AGO
    for campaign in session.exec(select(SurveyCampaign)):
        campaign.stage, campaign.closed_at, campaign.version = SurveyStage.OPEN, None, 99
    for member in session.exec(select(Membership)):
        member.valid_to = date(2020, 2, 29)


async def test_drift_of_the_programme_is_found_and_mended_and_nothing_else_is_touched(stage: Stage) -> None:
    await _programme(stage)
    before = contents(stage)
    assert await _run(stage, repair=True) == []
    assert contents(stage) == before
    stage.write(_harm)
    drifted = contents(stage)
    found = await _run(stage, repair=False)
    assert {row.workflow_id.partition("/")[0]: set(row.sides) for row in found} == {
        "membership": {"valid_to"},
        "quota-season": {"phase", "published_at"},
        "survey": {"stage", "closed_at", "version"},
    }
    assert contents(stage) == drifted
    mended = await _run(stage, repair=True)
    assert [row.kind for row in mended] == [DriftKind.CASE_DIFFERS] * 3
    assert all(row.repaired_at for row in mended)
    assert contents(stage) == before
    assert await _run(stage, repair=False) == []
    told = [row for row in stage.rows(AuditEntry) if row.action == "reconcile.repaired"]
    assert {row.object_id for row in told} == {row.workflow_id for row in found}


async def test_a_run_of_the_programme_that_is_gone_begins_again(stage: Stage) -> None:
    await _programme(stage)
    before, gateway = contents(stage), Gateway(stage.client, stage.queue)
    names = [_one(stage, table).workflow_id for table in (Membership, QuotaSeason, SurveyCampaign)]
    for name in names:
        await stage.client.get_workflow_handle(name).terminate("拔掉")
    told = await _run(stage, repair=False, by=runs.BY_THE_CLOCK)
    assert [(row.workflow_id, row.kind, row.repaired_at) for row in told] == [
        (name, DriftKind.RUN_MISSING, None) for name in names
    ]
    mended = await _run(stage, repair=True)
    assert all(row.repaired_at for row in mended)
    assert [(await gateway.standing(name)).status for name in names] == [RunStatus.RUNNING] * 3
    assert await _run(stage, repair=True) == []
    assert contents(stage) == before


async def test_what_only_the_records_know_of_a_member_is_told(stage: Stage) -> None:
    """A buffer that the workflow does not wait for, and a term that it was never told of."""
    name = await _member(stage)

    def harm(session: Session) -> None:
        (row,) = session.exec(select(Membership))
        row.stage, row.buffer_until = MembershipStage.DOWNGRADE_BUFFER, date(2027, 1, 31)

    stage.write(harm)
    (told,) = await _run(stage, repair=False)
    assert (told.kind, told.sides) == (DriftKind.RECORD_AHEAD, {"buffer_until": ["2027-01-31", None]})
    await stage.client.get_workflow_handle(name).terminate("拔掉")
    empty = MembershipState(customer_no=name.partition("/")[2])
    await stage.client.start_workflow("membership", empty, id=name, task_queue=stage.queue)

    mended = await _run(stage, repair=True)
    assert {row.kind for row in mended} == {DriftKind.RECORD_AHEAD}
    assert {name: bool(row.repaired_at) for row in mended for name in row.sides} == {
        "year": True,
        "buffer_until": False,
    }

    def back(session: Session) -> None:
        (row,) = session.exec(select(Membership).where(col(Membership.workflow_id) == name))
        row.stage, row.buffer_until = MembershipStage.SERVING, None

    stage.write(back)
    assert await _run(stage, repair=True) == []
    holding: MembershipState = await stage.client.get_workflow_handle(name).query(
        "holding", result_type=MembershipState
    )
    assert [grant.year for grant in holding.grants] == [world.YEAR]
    unrecorded = holding.grants[0].model_copy(update={"case_id": uuid4()})
    with stage.world.database.read() as session:
        found = compare_programme(session, name, holding.model_copy(update={"grants": (*holding.grants, unrecorded)}))
    assert [one.kind for one in found.differences] == [DriftKind.DECISION_MISSING], "its run is known: no orphan"


async def test_a_members_run_that_ended_before_its_term_begins_again(stage: Stage) -> None:
    name = await _member(stage)
    handle = stage.client.get_workflow_handle(name)
    began = await handle.describe()
    await handle.signal("ended")
    await handle.result()
    (told,) = await _run(stage, repair=False, by=runs.BY_THE_CLOCK)
    assert (told.kind, told.sides) == (DriftKind.RUN_MISSING, {"status": ["running", "completed"]})
    (mended,) = await _run(stage, repair=True)
    assert mended.repaired_at
    assert (await Gateway(stage.client, stage.queue).standing(name)).status is RunStatus.RUNNING
    for run in (began, await handle.describe()):
        assert run.raw_description.execution_config.default_workflow_task_timeout.ToTimedelta() == TASK_TIMEOUT
    assert await _run(stage, repair=True) == []


def _one(stage: Stage, table: Any) -> Any:
    (row,) = stage.rows(table)
    return row
