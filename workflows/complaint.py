"""咨询 and 投诉 (附件五): from the first word to the customer's view, and to a reopening."""

from temporalio import workflow

from models.identifiers import COMPLAINT
from models.messages.service import StartComplaint
from models.types import Outcome
from workflows.service_case import ServiceCase


@workflow.defn(name=COMPLAINT)
class ComplaintWorkflow(ServiceCase):
    """One inquiry, or one complaint with every life it had."""

    @workflow.init
    def __init__(self, start: StartComplaint) -> None:
        super().__init__()

    @workflow.run
    async def run(self, start: StartComplaint) -> Outcome:
        """Replied to, investigated, judged, closed; alive while it may be reopened."""
        return await self.live(start)
