"""Starts membership workflows on the engine."""

from dataclasses import dataclass

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from activities.adapters.duties import TASK_TIMEOUT
from models.identifiers import MEMBERSHIP, membership_id
from models.messages.qualification import MembershipGrant, MembershipState


@dataclass
class EngineMemberships:
    """Start-with-signal: starts the customer's membership or signals the one that runs."""

    client: Client
    task_queue: str

    async def grant(self, grant: MembershipGrant) -> None:
        """Idempotent: the workflow ignores a case it already knows."""
        await self.client.start_workflow(
            MEMBERSHIP,
            MembershipState(customer_no=grant.customer_no),
            id=membership_id(grant.customer_no),
            task_queue=self.task_queue,
            task_timeout=TASK_TIMEOUT,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            start_signal="granted",
            start_signal_args=[grant],
        )
