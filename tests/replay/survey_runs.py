"""The shape of a survey campaign: asked, reminded, extended, closed at its hour, published."""

import asyncio
from datetime import datetime, time, timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from models.messages.survey import ExtendSurvey, PublishSurvey
from models.rules.calendar import CHINA, local_date
from models.service_types import SurveyStage
from models.tables.survey import SurveyCampaign, SurveyInvitation
from tests.support import surveys
from tests.support.stage import Stage as Scene

Handle = WorkflowHandle[Any, Any]


async def survey(scene: Scene) -> Handle:
    """Opened at night, written to in the morning, reminded, extended, closed by itself, published."""
    assert scene.environment is not None
    now = await scene.environment.get_current_time()
    night = datetime.combine(local_date(now) + timedelta(days=1), time(22), CHINA)
    await scene.environment.sleep(night - now)
    with scene.world.database.write() as session:
        surveys.members(session, scene.world)
        campaign = surveys.drafted(session, scene.world, days=30)
    running = await surveys.open_survey(scene.client, scene.world, campaign, scene.queue)
    while len(scene.rows(SurveyInvitation)) < 3:
        await asyncio.sleep(0.05)
    await scene.skip(days=15)
    while scene.rows(SurveyCampaign)[0].reminded_at is None:
        await asyncio.sleep(0.05)
    later = local_date((await running.state()).closes_at.due_at) + timedelta(days=20)
    await running.send(await running.act(ExtendSurvey, closes_on=later))
    await scene.skip(days=60)
    assert (await running.state()).stage is SurveyStage.CLOSED
    await running.send(await running.act(PublishSurvey, reason=""))
    await running.handle.result()
    return running.handle


SURVEY_RUNS = (survey,)
