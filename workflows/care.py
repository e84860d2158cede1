"""关怀触点 (附件四) that a person does: from its lead time to its proof."""

from temporalio import workflow

from models.identifiers import CARE_TOUCHPOINT
from models.messages.service import StartTouchpoint
from models.types import Outcome
from workflows.service_case import ServiceCase


@workflow.defn(name=CARE_TOUCHPOINT)
class TouchpointWorkflow(ServiceCase):
    """One touchpoint of one customer."""

    @workflow.init
    def __init__(self, start: StartTouchpoint) -> None:
        super().__init__()

    @workflow.run
    async def run(self, start: StartTouchpoint) -> Outcome:
        """Due, then done, skipped or stopped."""
        return await self.live(start)
