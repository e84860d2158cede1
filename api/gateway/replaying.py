"""Whether this code can go on with what runs now: histories of running cases are replayed on it before it is deployed.

A history says what a workflow did; replaying it on other code must give the same commands, else that case would stand
still the moment a worker with this code takes it up.
"""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple, TypeVar

from temporalio import workflow
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer

from workflows.registry import WORKFLOWS, sandbox

PAGE = 1000
Found = TypeVar("Found")


class Replayed(NamedTuple):
    """One history on this code; `problem` is None when it replays."""

    workflow_id: str
    kind: str
    events: int
    problem: str | None


def release_id() -> str:
    """Version, and a digest of the code that replays: two releases that differ in it are two releases."""
    root = Path(__file__).parents[2]
    files = sorted(path for room in ("workflows", "models") for path in (root / room).rglob("*.py"))
    digest = sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    return f"{version('greenlane')}+{digest[:12]}"


def workflow_types() -> list[str]:
    """Wire names of everything a worker runs."""
    return [workflow._Definition.must_from_class(each).name or "" for each in WORKFLOWS]


async def sampled(client: Client, kinds: Iterable[str], per_kind: int) -> AsyncIterator[WorkflowHistory]:
    """Histories of running workflows: so many of each type, of every age; the oldest ran on the oldest code.

    One that ends meanwhile is left out.
    """
    for kind in kinds:
        query = f"ExecutionStatus = 'Running' AND WorkflowType = '{kind}'"
        running = [(one.start_time, one.id, one.run_id) async for one in client.list_workflows(query, page_size=PAGE)]
        for _, workflow_id, run_id in spread(sorted(running), per_kind):
            try:
                yield await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise


def spread(found: Sequence[Found], most: int) -> list[Found]:
    """At most so many, evenly from the first to the last; of one, the first."""
    if len(found) <= most:
        return list(found)
    step = (len(found) - 1) / max(1, most - 1)
    return [found[round(place * step)] for place in range(most)]


def saved(folder: Path) -> list[WorkflowHistory]:
    """Histories that `save` wrote, by name. Raises ValueError for a file that is none."""
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def save(folder: Path, history: WorkflowHistory) -> None:
    """Write a history, its payloads encrypted as the engine keeps them; what is there under its name is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    name = sha256(history.workflow_id.encode()).hexdigest()[:16]
    document = {"workflow_id": history.workflow_id, "history": json.loads(history.to_json())}
    (folder / f"{_kind(history)}-{name}.json").write_text(json.dumps(document), encoding="utf-8")


async def replay(history: WorkflowHistory, converter: DataConverter, on: Sequence[type] = WORKFLOWS) -> Replayed:
    """Replay one history on this code."""
    replayer = Replayer(workflows=on, data_converter=converter, workflow_runner=sandbox())
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    problem = None if result.replay_failure is None else str(result.replay_failure)
    return Replayed(history.workflow_id, _kind(history), len(history.events), problem)


def _kind(history: WorkflowHistory) -> str:
    return str(history.events[0].workflow_execution_started_event_attributes.workflow_type.name)


def _read(path: Path) -> WorkflowHistory:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return WorkflowHistory.from_json(document["workflow_id"], document["history"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} holds no history: {error}") from error
