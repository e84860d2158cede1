"""A survey campaign on durable execution: asked, reminded once, closed at its hour, extended, published."""

import asyncio
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from models.messages.survey import CloseSurvey, ExtendSurvey, PublishSurvey, RecordSurveyMove, SurveyState
from models.rules import survey_stages
from models.rules.calendar import local_date
from models.service_types import SurveyStage
from models.services.calendars import snapshot
from models.services.rulebooks import rulebook_in_force
from models.services.survey import links, moving
from models.stores.audit import AuditStore
from models.tables.messages import Notification
from models.tables.survey import SurveyCampaign, SurveyInvitation
from tests.support import surveys
from tests.support.engine import Refused
from tests.support.stage import Stage
from tests.support.surveys import RunningSurvey

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]


def _drafted(stage: Stage, days: int = 60) -> SurveyCampaign:
    with stage.world.database.write() as session:
        surveys.members(session, stage.world)
        return surveys.drafted(session, stage.world, days=days)


async def _opened(stage: Stage, days: int = 60) -> RunningSurvey:
    return await surveys.open_survey(stage.client, stage.world, _drafted(stage, days=days), stage.queue)


def _letters(stage: Stage, kind: str) -> list[Message]:
    files = sorted(Path(stage.home / "mail").glob(f"*survey-{kind}*"))
    return [message_from_bytes(file.read_bytes()) for file in files]


def _text(letter: Message) -> str:
    payload = letter.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


async def _sent(stage: Stage, kind: str, count: int) -> list[Message]:
    for _ in range(200):
        if len(found := _letters(stage, kind)) >= count:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"{count} letters expected, {len(_letters(stage, kind))} sent")


def _audited(stage: Stage, campaign_id: object) -> list[str]:
    with stage.world.database.read() as session:
        return [entry.action for entry in AuditStore(session).of("survey", str(campaign_id))]


async def test_from_the_opening_to_the_publication(timed_stage: Stage) -> None:
    stage = timed_stage
    running = await _opened(stage)
    await stage.skip(days=2)  # over the quiet hours, if it was opened in them
    letters = await _sent(stage, "invite", 2)
    rows = {row.id: row for row in stage.rows(SurveyInvitation)}
    assert sorted(row.channel.value for row in rows.values()) == ["mail", "mail", "qr"]  # one of them wants no mail
    mailed = [row for row in rows.values() if row.channel.value == "mail"]
    for asked in mailed:
        assert any(links.secret_of(asked.id) in _text(letter) for letter in letters)
        assert asked.sent_at is not None
    with stage.world.database.write() as session:
        surveys.answered(session, mailed[0].id, at=(await running.state()).opened_at)
    await stage.skip(days=12)
    (reminder,) = await _sent(stage, "remind", 1)
    assert links.secret_of(mailed[1].id) in _text(reminder)
    await stage.skip(days=70)
    assert (await running.state()).stage is SurveyStage.CLOSED
    assert len(_letters(stage, "remind")) == 1
    with pytest.raises(Refused, match="wrong_stage"):
        await running.send(await running.act(CloseSurvey))
    publish = await running.act(PublishSurvey)
    assert await running.send(publish) == await running.send(publish)
    assert await running.handle.result() is SurveyStage.PUBLISHED
    (row,) = stage.rows(SurveyCampaign)
    assert (row.stage, row.version) == (SurveyStage.PUBLISHED, 4)
    assert None not in {row.opened_at, row.reminded_at, row.closed_at, row.published_at}
    assert _audited(stage, row.id) == ["survey.drafted", "survey.opened", "survey.closed", "survey.published"]
    told = {item.account_id for item in stage.rows(Notification) if item.template == "survey_published"}
    assert told == {stage.world.accounts[login] for login in ("svc", "lead")}  # of this branch only


async def test_extended_and_closed_early(timed_stage: Stage) -> None:
    stage = timed_stage
    running = await _opened(stage, days=20)
    before = (await running.state()).closes_at.due_at
    later = local_date(before) + timedelta(days=30)
    await running.send(await running.act(ExtendSurvey, closes_on=later))
    await stage.skip(days=25)
    assert (await running.state()).stage is SurveyStage.OPEN  # its first hour is over, not its time
    with pytest.raises(Refused, match="invalid_input"):
        await running.send(await running.act(ExtendSurvey, closes_on=local_date(before)))
    with pytest.raises(Refused, match="reason_required"):
        await running.send(await running.act(CloseSurvey, reason=" "))
    with pytest.raises(Refused, match="stale_version"):
        await running.send(await running.act(CloseSurvey, version=2))
    with pytest.raises(Refused, match="not_allowed"):
        await running.send(await running.act(CloseSurvey, login="lead"))
    await running.send(await running.act(CloseSurvey, login="hq-vip"))
    (row,) = stage.rows(SurveyCampaign)
    assert (row.stage, row.version, row.closes_on) == (SurveyStage.CLOSED, 4, later)
    assert _audited(stage, row.id)[-2:] == ["survey.extended", "survey.closed"]
    await running.send(await running.act(PublishSurvey, reason=""))
    await running.handle.result()


async def test_a_refused_opening_leaves_a_draft_that_can_be_opened(timed_stage: Stage) -> None:
    stage = timed_stage
    campaign = _drafted(stage)
    with pytest.raises(Refused, match="not_allowed"):
        await surveys.open_survey(stage.client, stage.world, campaign, stage.queue, login="sh-lead")
    assert stage.rows(SurveyCampaign)[0].stage is SurveyStage.DRAFT
    first = await surveys.open_survey(stage.client, stage.world, campaign, stage.queue)
    again = await surveys.open_survey(stage.client, stage.world, campaign, stage.queue)
    assert await first.state() == await again.state()
    await first.handle.terminate()


async def test_an_engine_that_forgot_goes_on_from_the_records(timed_stage: Stage) -> None:
    stage = timed_stage
    running = await _opened(stage)
    await stage.skip(days=2)
    await _sent(stage, "invite", 2)
    await running.handle.terminate()
    (row,) = stage.rows(SurveyCampaign)
    again = await surveys.open_survey(stage.client, stage.world, row, stage.queue)
    assert await again.state() == SurveyState.model_validate(row.state)
    await again.send(await again.act(CloseSurvey))
    assert stage.rows(SurveyCampaign)[0].stage is SurveyStage.CLOSED
    assert len(_letters(stage, "invite")) == 2  # nobody is asked twice
    await again.handle.terminate()


async def test_a_move_that_stands_already_is_adopted(timed_stage: Stage) -> None:
    stage = timed_stage
    running = await _opened(stage)
    state = await running.state()
    act = await running.act(CloseSurvey, login="hq-vip")
    with stage.world.database.write() as session:
        day = local_date(state.opened_at)
        calendar = snapshot(session, rulebook_in_force(session, day).rulebook.working_time, day)
        after = survey_stages.move(state, act, state.opened_at, calendar)
        moving.record_move(session, RecordSurveyMove(before=state, after=after, act=act, at=state.opened_at))
    with pytest.raises(Refused, match="stale_version"):  # another's stands: the workflow takes it over
        await running.send(await running.act(CloseSurvey))
    assert (await running.state()).stage is SurveyStage.CLOSED
    assert (await running.send(act)).stage is SurveyStage.CLOSED  # its own request comes after all
    await running.handle.terminate()
