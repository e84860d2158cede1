"""Gateways for tests of the frame."""

from typing import Any

from models.errors import DomainError, ErrorCode


class DeadGateway:
    """An engine that is down: every call is refused before anything is sent."""

    async def healthy(self) -> bool:
        """No."""
        return False

    def __getattr__(self, name: str) -> Any:
        async def refuse(*_args: Any, **_kwargs: Any) -> None:
            raise DomainError(ErrorCode.ENGINE_UNAVAILABLE)

        return refuse
