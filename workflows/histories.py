"""Reads out of a history what its workflow asked the records to write, by replaying it: the messages as they were.

Runs outside the sandbox, on the shipped workflow code; nothing is executed, results come from the history.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import (
    Interceptor,
    Replayer,
    StartActivityInput,
    StartLocalActivityInput,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

from workflows.registry import WORKFLOWS


@dataclass
class Asked:
    """An activity that a workflow asked for: when, its wire name, its message, and what it answered."""

    at: datetime
    name: str
    message: Any
    answer: Any


async def asked_by(client: Client, workflow_id: str) -> list[Asked]:
    """Every activity of the workflow's newest run that answered, in order.

    Raises RPCError for a workflow that the engine does not know, and what the replayer raises for a history that the
    shipped code cannot replay.
    """
    history = await client.get_workflow_handle(workflow_id).fetch_history()
    return await _replayed(client, history)


async def _replayed(client: Client, history: WorkflowHistory) -> list[Asked]:
    notes = _Notes()
    replayer = Replayer(
        workflows=list(WORKFLOWS),
        data_converter=client.data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=[notes],
    )
    await replayer.replay_workflow(history)
    return notes.taken


class _Notes(Interceptor):
    def __init__(self) -> None:
        self.taken: list[Asked] = []

    def workflow_interceptor_class(self, _: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        taken = self.taken

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                self.next.init(_Outbound(outbound, taken))

        return Inbound


class _Outbound(WorkflowOutboundInterceptor):
    def __init__(self, following: WorkflowOutboundInterceptor, taken: list[Asked]) -> None:
        super().__init__(following)
        self._taken = taken

    def start_local_activity(self, input: StartLocalActivityInput) -> ActivityHandle[Any]:  # noqa: A002 - as the SDK
        return self._note(input.activity, input.args, self.next.start_local_activity(input))

    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:  # noqa: A002 - as the SDK
        return self._note(input.activity, input.args, self.next.start_activity(input))

    def _note(self, name: str, args: Sequence[Any], handle: ActivityHandle[Any]) -> ActivityHandle[Any]:
        at = workflow.now()

        def answered(task: asyncio.Future[Any]) -> None:
            if not task.cancelled() and task.exception() is None and args:
                self._taken.append(Asked(at, name, args[0], task.result()))

        handle.add_done_callback(answered)
        return handle
