"""Lone approval: one thing that people approve on its own, such as an appeal 申诉; its subject knows what follows."""

from temporalio import workflow

from activities.approval import ApprovalActivities
from models.identifiers import APPROVAL
from models.messages.lone_approval import RecordApprovalOpening, StartApproval
from models.types import CaseKind, Outcome
from workflows.approval_case import ApprovalCase
from workflows.record import record


@workflow.defn(name=APPROVAL)
class LoneApprovalWorkflow(ApprovalCase):
    """One lone approval; what its end changes is written with the last decision."""

    @workflow.init
    def __init__(self, start: StartApproval) -> None:
        super().__init__(CaseKind.APPROVAL)

    @workflow.run
    async def run(self, start: StartApproval) -> Outcome:
        """Open, and live through the approval chain."""
        message = RecordApprovalOpening(start=start, at=workflow.now())
        state = await self.live(record(ApprovalActivities.record_lone_opening, message))
        await workflow.wait_condition(workflow.all_handlers_finished)
        return state.outcome or Outcome.CANCELLED
