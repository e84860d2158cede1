"""Before a release: running cases replay on this code, and not on code that moved a command. On a real engine."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.gateway.replaying import release_id, replay, sampled, save, saved, spread, workflow_types
from models.encryption import Keyring
from models.services import releases
from models.types import SeatKind, Tier
from tests.replay.reordered import ReorderedMembership, ReorderedQualification
from tests.support import world
from tests.support.stage import Stage
from workflows.client import data_converter

pytestmark = [pytest.mark.temporal, pytest.mark.faults, pytest.mark.timeout(120)]
CONVERTER = data_converter(Keyring(world.SECRET))


async def _running(stage: Stage) -> None:
    gold = await stage.declare()
    await gold.through("unit")
    await stage.declare(world.SILVER, Tier.SILVER, SeatKind.SILVER)


async def _seen(stage: Stage, number: int) -> None:
    """The list of running workflows follows the engine a moment behind."""
    for _ in range(100):
        if len([one async for one in sampled(stage.client, workflow_types(), 10)]) >= number:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the engine lists too few")


async def test_running_cases_replay_from_the_engine_and_from_files(stage: Stage, tmp_path: Path) -> None:
    await _running(stage)
    await _seen(stage, 2)
    async for history in sampled(stage.client, workflow_types(), 10):
        save(tmp_path / "histories", history)
    found = [await replay(history, CONVERTER) for history in saved(tmp_path / "histories")]
    assert "qualification" in {one.kind for one in found}
    assert all(one.problem is None for one in found)
    moved = [
        await replay(history, CONVERTER, [ReorderedQualification, ReorderedMembership])
        for history in saved(tmp_path / "histories")
    ]
    assert any("ondetermin" in (one.problem or "") for one in moved), "a check that passes everything proves nothing"


async def test_the_oldest_case_is_always_among_them(stage: Stage) -> None:
    """It began on the oldest code, for which the old branch of a patch is kept."""
    first = await stage.declare()
    second = await stage.declare(world.SILVER, Tier.SILVER, SeatKind.SILVER)
    ids: list[str] = []
    while not {first.handle.id, second.handle.id} <= set(ids):  # the list follows the engine a moment behind
        ids = [one.workflow_id async for one in sampled(stage.client, ["qualification"], 1000)]
    assert ids.index(first.handle.id) < ids.index(second.handle.id)
    (oldest,) = [one async for one in sampled(stage.client, ["qualification"], 1)]
    assert oldest.workflow_id == ids[0]


@pytest.mark.parametrize(("there", "most"), [(0, 3), (3, 3), (4, 3), (1000, 100), (101, 100), (7, 2), (7, 1)])
def test_a_sample_reaches_from_the_oldest_to_the_newest(there: int, most: int) -> None:
    taken = spread(range(there), most)
    assert len(taken) == len(set(taken)) == min(there, most)
    assert taken == sorted(taken)
    assert taken[:1] == list(range(there))[:1]
    assert most == 1 or taken[-1:] == list(range(there))[-1:]


async def test_the_command_keeps_what_it_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await _running(stage)
    await _seen(stage, 2)
    monkeypatch.setenv("GREENLANE_HOME", str(stage.home))
    monkeypatch.setenv("GREENLANE_SECRET_KEY", world.SECRET)
    monkeypatch.setenv("GREENLANE_TEMPORAL_ADDRESS", stage.client.service_client.config.target_host)
    monkeypatch.setenv("GREENLANE_TEMPORAL_NAMESPACE", stage.client.namespace)
    done = await asyncio.to_thread(CliRunner().invoke, app, ["replay", "--sample", "5"])
    assert done.exit_code == 0, done.output
    assert "may be deployed" in done.output
    with stage.world.database.read() as session:
        (check,) = releases.newest(session, 5)
    assert (check.release, check.failed) == (release_id(), {})
    assert check.passed["qualification"] >= 2, "cases of other tests run on this engine as well"


def test_what_is_no_history_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLANE_HOME", str(tmp_path))
    (tmp_path / "broken.json").write_text("{}", encoding="utf-8")
    done = CliRunner().invoke(app, ["replay", "--from", str(tmp_path)])
    assert done.exit_code == 1
    assert "broken.json holds no history" in done.output
