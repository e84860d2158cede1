"""`greenlane quarter close YEAR Q --institution` as a user types it, on a real engine and its worker."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from api.problem_texts import PROBLEM_TEXTS
from models.errors import ErrorCode
from models.rules.calendar import local_date
from models.rules.quarter import Quarter
from models.tables.quarter import QuarterSummary
from tests.support import quarters, world
from tests.support.stage import Stage

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(90)]
Call = Callable[..., Result]


@pytest.fixture
def greenlane(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command on the records and the engine of the test."""
    monkeypatch.setenv("GREENLANE_HOME", str(tmp_path))
    monkeypatch.setenv("GREENLANE_SECRET_KEY", world.SECRET)
    monkeypatch.setenv("GREENLANE_DATABASE_URL", f"sqlite:///{tmp_path}/records.db")
    monkeypatch.setenv("GREENLANE_TEMPORAL_ADDRESS", stage.client.service_client.config.target_host)
    monkeypatch.setenv("GREENLANE_TEMPORAL_NAMESPACE", stage.client.namespace)
    monkeypatch.setenv("GREENLANE_TASK_QUEUE", stage.queue)
    return lambda *arguments: CliRunner().invoke(app, ["quarter", "close", *arguments])


def _rows(result: Result) -> dict[str, str]:
    """Stage by branch."""
    assert result.exit_code == 0, result.output
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in result.output.splitlines() if "│" in line]
    return {line[0]: line[1] for line in lines if line[0]}


async def test_a_quarter_is_frozen_once_a_branch(stage: Stage, greenlane: Call) -> None:
    quarter = quarters.last_quarter()
    named = (str(quarter.year), str(quarter.number))
    assert _rows(await asyncio.to_thread(greenlane, *named, "--institution", "BJ")) == {"BJ": "collecting"}
    assert [row.institution_code for row in stage.rows(QuarterSummary)] == ["BJ"]
    before = stage.rows(QuarterSummary)[0].id
    assert _rows(await asyncio.to_thread(greenlane, *named)) == {"BJ": "collecting", "SH": "collecting"}
    assert {row.institution_code for row in stage.rows(QuarterSummary)} == {"BJ", "SH"}
    assert before in {row.id for row in stage.rows(QuarterSummary)}


async def test_what_cannot_be_closed_is_refused_in_words(
    stage: Stage, greenlane: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    quarter, running = quarters.last_quarter(), Quarter.of(local_date(datetime.now(UTC)))
    ahead = await asyncio.to_thread(greenlane, str(running.year), str(running.number))
    assert (ahead.exit_code, "has not ended" in ahead.output) == (2, True)
    named = (str(quarter.year), str(quarter.number))
    unknown = await asyncio.to_thread(greenlane, *named, "--institution", "BJ01")
    assert (unknown.exit_code, PROBLEM_TEXTS[ErrorCode.NOT_FOUND].en in " ".join(unknown.output.split())) == (1, True)
    monkeypatch.setenv("GREENLANE_TEMPORAL_ADDRESS", "127.0.0.1:1")
    away = await asyncio.to_thread(greenlane, *named, "--institution", "BJ")
    said = " ".join(away.output.split())
    assert (away.exit_code, PROBLEM_TEXTS[ErrorCode.ENGINE_UNAVAILABLE].en in said) == (1, True)
    assert not stage.rows(QuarterSummary)
