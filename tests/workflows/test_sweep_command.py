"""`greenlane sweep --date --branch` as a user types it, on a real engine and its worker."""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select
from typer.testing import CliRunner, Result

from api import sweep_run
from api.cli import app
from api.problem_texts import PROBLEM_TEXTS
from models.errors import ErrorCode
from models.rules.calendar import CHINA, local_date
from models.service_types import TouchpointOrigin
from models.tables.book import Contact
from models.tables.cases import Case
from models.tables.service import DutySweep
from models.types import CaseKind, Tier
from tests.support import world
from tests.support.care_members import running_member
from tests.support.stage import Stage
from tests.support.sweeping import add_touchpoint

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(90)]

BRANCH = "BJ"
OVER_THE_QUIET = timedelta(hours=4)
"""From five o'clock."""
Call = Callable[..., Result]


@pytest.fixture
def greenlane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command on the records and the engine of the test."""
    monkeypatch.setenv("GREENLANE_HOME", str(tmp_path))
    monkeypatch.setenv("GREENLANE_SECRET_KEY", world.SECRET)
    monkeypatch.setenv("GREENLANE_DATABASE_URL", f"sqlite:///{tmp_path}/records.db")
    monkeypatch.setenv("GREENLANE_TEMPORAL_ADDRESS", "127.0.0.1:1")
    return lambda *arguments: CliRunner().invoke(app, ["sweep", *arguments])


def _on_engine(stage: Stage, monkeypatch: pytest.MonkeyPatch, queue: str | None = None) -> None:
    monkeypatch.setenv("GREENLANE_TEMPORAL_ADDRESS", stage.client.service_client.config.target_host)
    monkeypatch.setenv("GREENLANE_TEMPORAL_NAMESPACE", stage.client.namespace)
    monkeypatch.setenv("GREENLANE_TASK_QUEUE", queue or stage.queue)


def _shown(result: Result) -> tuple[str, str, dict[str, int]]:
    """Branch, phase and counts of the one row; what does not fit its line goes on below."""
    assert result.exit_code == 0, result.output
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in result.output.splitlines() if "│" in line]
    branch, phase, found = (" ".join(filter(None, cells)) for cells in zip(*lines, strict=True))
    return branch, phase, {name: int(number) for name, number in re.findall(r"([a-z_]+) (\d+)", found)}


async def _at_five(stage: Stage) -> date:
    """Tomorrow's dawn on the engine; gives the day it is for whoever types the command."""
    assert stage.environment is not None
    now = await stage.environment.get_current_time()
    five = datetime.combine(local_date(now) + timedelta(days=1), time(5), CHINA)
    await stage.environment.sleep(five - now)
    return local_date(datetime.now(UTC))


def _due(stage: Stage, day: date) -> None:
    """A gold member with a visit and a magazine of the day."""

    def write(session: Session) -> None:
        number = stage.world.customer(world.GOLD)
        member = running_member(session, stage.world, number, Tier.GOLD)
        contact = session.exec(select(Contact).where(Contact.customer_no == number)).one()
        who = {"membership_id": member.id, "contact_id": contact.id, "assignee_id": member.manager_id}
        for code in ("Z08", "Z13"):
            add_touchpoint(session, number, day, code=code, key=f"test:{code}", origin=TouchpointOrigin.MANUAL, **who)

    stage.write(write)


async def test_a_sweep_is_started_followed_and_shown_again_but_never_repeated(
    timed_stage: Stage, greenlane: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    _on_engine(timed_stage, monkeypatch)
    day = await _at_five(timed_stage)
    _due(timed_stage, day)
    chosen = ("--date", day.isoformat(), "--branch", BRANCH)
    branch, phase, counts = _shown(await asyncio.to_thread(greenlane, *chosen))
    assert (branch, phase, counts["plans"]) == (BRANCH, "quiet", 1)
    assert counts["started"] >= 1
    assert "sent" not in counts, "nobody is written to at five in the morning"
    cases = _touchpoint_cases(timed_stage)
    assert len(cases) == counts["started"]
    assert _shown(await asyncio.to_thread(greenlane, *chosen))[2] == counts
    assert timed_stage.environment is not None
    await timed_stage.environment.sleep(OVER_THE_QUIET)
    async with asyncio.timeout(30):
        while not all(row.finished_at for row in timed_stage.rows(DutySweep)):
            await asyncio.sleep(0.05)
    _, phase, counts = _shown(await asyncio.to_thread(greenlane, *chosen))
    assert phase == "finished"
    assert counts["sent"] >= 1
    assert _touchpoint_cases(timed_stage) == cases
    (row,) = timed_stage.rows(DutySweep)
    assert (row.institution_code, row.day, row.counts) == (BRANCH, day, counts)


def _touchpoint_cases(stage: Stage) -> list[str]:
    return sorted(row.workflow_id for row in stage.rows(Case) if row.kind is CaseKind.CARE_TOUCHPOINT)


async def test_without_a_worker_it_says_that_the_sweep_waits(
    timed_stage: Stage, greenlane: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    _on_engine(timed_stage, monkeypatch, queue="nobody-works-on-this")
    monkeypatch.setattr(sweep_run, "ANSWER", timedelta(seconds=1))
    branch, phase, counts = _shown(await asyncio.to_thread(greenlane, "--branch", "SH"))
    assert (branch, phase, counts) == ("SH", "waiting", {})


async def test_what_cannot_be_swept_is_refused_in_words(stage: Stage, greenlane: Call) -> None:
    unknown = await asyncio.to_thread(greenlane, "--branch", "BJ01")
    assert unknown.exit_code == 1
    assert _words(unknown) == PROBLEM_TEXTS[ErrorCode.NOT_FOUND].en
    ahead = local_date(datetime.now(UTC)) + timedelta(days=2)
    later = await asyncio.to_thread(greenlane, "--date", ahead.isoformat())
    assert later.exit_code == 2
    assert "a day to come has nothing due yet" in _words(later)
    away = await asyncio.to_thread(greenlane, "--branch", BRANCH)
    assert away.exit_code == 1
    assert PROBLEM_TEXTS[ErrorCode.ENGINE_UNAVAILABLE].en in _words(away)
    assert not stage.rows(DutySweep)


def _words(result: Result) -> str:
    """What was said, without frames and line ends."""
    return " ".join(result.output.replace("│", "").split())


async def test_a_sweep_that_failed_is_told_and_not_followed_for_ever(
    timed_stage: Stage, greenlane: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    _on_engine(timed_stage, monkeypatch)
    result = await asyncio.to_thread(greenlane, "--date", "0001-01-01", "--branch", BRANCH)
    assert (result.exit_code, "failed" in result.output) == (1, True), "no calendar reaches that far back"
