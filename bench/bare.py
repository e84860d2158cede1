"""The floor: a workflow that takes three updates and does nothing else, with a worker of its own process."""

import asyncio
import sys

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, UnsandboxedWorkflowRunner, Worker

QUEUE = "bench-bare"


@workflow.defn(name="bench-bare")
class BareWorkflow:
    """Three decisions, then done."""

    def __init__(self) -> None:
        self._taken = 0

    @workflow.run
    async def run(self) -> int:
        """Wait for the third decision."""
        await workflow.wait_condition(lambda: self._taken >= 3)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._taken

    @workflow.update
    async def decide(self, step: int) -> int:
        """One decision."""
        self._taken += 1
        return step


async def main(address: str, namespace: str) -> None:
    """Run the worker until the process is killed."""
    client = await Client.connect(address, namespace=namespace)
    worker = Worker(
        client,
        task_queue=QUEUE,
        workflows=[BareWorkflow],
        workflow_runner=UnsandboxedWorkflowRunner(),
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
    )
    await worker.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
