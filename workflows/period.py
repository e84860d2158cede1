"""Period close 季度汇总: the summary of one branch's quarter (附件二) from its freeze to its publication."""

from temporalio import workflow

from activities.quarter import QuarterActivities
from models.identifiers import PERIOD_CLOSE
from models.messages.quarter import RecordPeriodOpening, StartPeriodClose
from models.types import CaseKind, Outcome
from workflows.approval_case import ApprovalCase
from workflows.record import record


@workflow.defn(name=PERIOD_CLOSE)
class PeriodCloseWorkflow(ApprovalCase):
    """One quarter of one branch; the branch is reminded and escalated as with every task."""

    @workflow.init
    def __init__(self, start: StartPeriodClose) -> None:
        super().__init__(CaseKind.PERIOD_CLOSE)

    @workflow.run
    async def run(self, start: StartPeriodClose) -> Outcome:
        """Freeze, and live through preparing, checking and publishing."""
        message = RecordPeriodOpening(start=start, at=workflow.now())
        state = await self.live(record(QuarterActivities.record_opening, message))
        await workflow.wait_condition(workflow.all_handlers_finished)
        return state.outcome or Outcome.CANCELLED
