"""A gateway that takes whatever it is sent, or answers as told, for tests of pages without an engine."""

from uuid import UUID

from api.gateway import Gateway
from models.errors import DomainError
from models.messages.approval import Answered
from models.messages.envelope import Envelope, StartEnvelope
from models.types import Stage


class AcceptingGateway(Gateway):
    """Keeps what was sent; `refusal` is raised instead when it is set."""

    def __init__(self) -> None:
        self.sent: list[Envelope] = []
        self.refusal: DomainError | None = None
        self.calendars: list[UUID] = []

    async def healthy(self) -> bool:
        """Yes."""
        return True

    async def tell_calendar(self, publication_id: UUID) -> None:
        """Kept."""
        self.calendars.append(publication_id)

    async def send(self, envelope: Envelope) -> Answered:
        """Accepted, or refused as told."""
        self.sent.append(envelope)
        if self.refusal is not None:
            raise self.refusal
        assert isinstance(envelope, StartEnvelope)
        return Answered(case_id=envelope.act.case_id, stage=Stage.UNIT_CHECK, version=1)
