"""绿色通道 (附件三): from the intake of a request to the customer's confirmation."""

from temporalio import workflow

from models.identifiers import GREEN_CHANNEL
from models.messages.service import StartGreenChannel
from models.types import Outcome
from workflows.service_case import ServiceCase


@workflow.defn(name=GREEN_CHANNEL)
class GreenChannelWorkflow(ServiceCase):
    """One request of one customer."""

    @workflow.init
    def __init__(self, start: StartGreenChannel) -> None:
        super().__init__()

    @workflow.run
    async def run(self, start: StartGreenChannel) -> Outcome:
        """Received, accepted, handled, confirmed."""
        return await self.live(start)
