"""Gateways for tests of the frame."""

from collections.abc import AsyncIterator, Collection
from uuid import UUID

from pydantic import BaseModel

from api.gateway import Gateway
from api.gateway.history import History
from api.gateway.reads import Look, Run, StateT
from models.errors import DomainError, ErrorCode
from models.messages.approval import Answered
from models.messages.envelope import Envelope


class DeadGateway(Gateway):
    """An engine that is down: every call is refused before anything is sent."""

    def __init__(self) -> None:
        """Needs no client."""

    async def healthy(self) -> bool:
        """No."""
        return False

    async def send(self, envelope: Envelope) -> Answered:
        """Refused."""
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE)

    async def tell_calendar(self, publication_id: UUID) -> None:
        """Refused."""
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE)

    async def look(self, workflow_id: str, state: type[StateT], query: str = "state") -> Look[StateT]:
        """Refused."""
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE)

    async def running(self, kinds: Collection[str]) -> AsyncIterator[Run]:
        """Refused."""
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE)
        yield

    async def standing(self, workflow_id: str) -> Look[BaseModel]:
        """Refused."""
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE)

    async def history(self, workflow_id: str) -> History:
        """Refused."""
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE)

    async def terminate(self, workflow_id: str, run_id: str, reason: str) -> None:
        """Refused."""
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE)

    async def retry(self, workflow_id: str) -> tuple[str, ...]:
        """Refused."""
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE)
