"""What activities need from the world; `adapters/` implement it, tests fake it."""

from typing import Protocol

from models.messages.letters import Letter
from models.messages.qualification import MembershipGrant


class Notifier(Protocol):
    """Delivers letters."""

    def send(self, letter: Letter) -> None:
        """Deliver once per `letter.key`; delivering the same key again replaces it. Raises OSError when it cannot."""


class MembershipStarter(Protocol):
    """Starts or signals membership workflows."""

    async def grant(self, grant: MembershipGrant) -> None:
        """Start-with-signal; a repeated grant of the same case changes nothing."""
