"""Cases recorded with shipped code must replay on this code: it runs when a new version of the worker starts."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from models.encryption import Keyring
from tests.replay.fingerprints import COMMITTED, fingerprints
from tests.replay.record import HISTORIES, SHAPES
from tests.replay.reordered import ReorderedMembership, ReorderedQualification
from tests.support.world import SECRET
from workflows.client import data_converter
from workflows.registry import WORKFLOWS, sandbox

FILES = sorted(HISTORIES.glob("*.json"))
MAX_EVENTS, MAX_PAYLOAD, MAX_UPDATES = 200, 64 * 1024, 50
LONG = {"rollout": 400}
"""A launch is one run over all its parts; everything else stays within 200 events, or carries itself over."""
pytestmark = pytest.mark.timeout(60)


def _history(path: Path) -> WorkflowHistory:
    document = json.loads(path.read_text(encoding="utf-8"))
    return WorkflowHistory.from_json(document["workflow_id"], document["history"])


def _replayer(workflows: Sequence[type] = WORKFLOWS) -> Replayer:
    converter = data_converter(Keyring(SECRET))
    return Replayer(workflows=workflows, data_converter=converter, workflow_runner=sandbox())


def test_every_shape_has_a_history() -> None:
    assert {path.stem for path in FILES} >= set(SHAPES), "python -m tests.replay.record"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_a_recorded_case_replays(path: Path) -> None:
    await _replayer().replay_workflow(_history(path))


@pytest.mark.parametrize("name", ["gold", "membership"])
async def test_a_reordered_copy_does_not_replay(name: str) -> None:
    """Test of the test: were this green, the replay above would prove nothing."""
    with pytest.raises(NondeterminismError):
        await _replayer([ReorderedQualification, ReorderedMembership]).replay_workflow(
            _history(HISTORIES / f"{name}.json")
        )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_shape_stays_within_its_budget(path: Path) -> None:
    events = _history(path).events
    updates = sum(event.HasField("workflow_execution_update_accepted_event_attributes") for event in events)
    assert len(events) <= LONG.get(path.stem, MAX_EVENTS), f"{len(events)} events"
    assert updates <= MAX_UPDATES
    assert max(event.ByteSize() for event in events) <= MAX_PAYLOAD


def test_the_engine_sees_no_person() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert not any(name in text for name in ("王晓梅", "恒远", "leader@example.com", "199-0000"))


def test_commands_are_issued_where_they_were() -> None:
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    assert fingerprints() == committed, (
        "The commands of a workflow changed. Cases that run at this moment replay their history against the new code: "
        "a command added, removed or moved breaks them. Guard it with workflow.patched(...) so that old runs keep the "
        "old order, record a history of the new path, then run `python -m tests.replay.record --fingerprints`."
    )
