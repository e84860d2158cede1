"""What activities need from the world; `adapters/` implement it, tests fake it."""

from typing import Protocol

from models.messages.calendar_publication import CalendarPublished
from models.messages.letters import Letter
from models.messages.membership import MembershipDue
from models.messages.qualification import MembershipGrant
from models.messages.quarter import StartPeriodClose
from models.messages.service import StartGreenChannel, StartTouchpoint
from models.messages.service_acts import AssignService, StopTouchpoint


class RefusedError(Exception):
    """The other side said no for good: an address that does not exist, a robot's address that is none.

    The text is stored and shown: it must name no person and no secret.
    """


class UnconfirmedError(Exception):
    """Everything was handed over and no answer came: it may have arrived, so it must not be sent again."""


class Notifier(Protocol):
    """Delivers letters."""

    def send(self, letter: Letter) -> None:
        """Deliver once per `letter.key`; delivering the same key again replaces it.

        Raises OSError when it cannot for now (nothing was delivered), RefusedError, UnconfirmedError.
        """


class ChatSender(Protocol):
    """Delivers lines to chat robots."""

    def send(self, url: str, title: str, body: str) -> None:
        """Deliver to the robot at an address. Raises as `Notifier.send`."""


class MembershipStarter(Protocol):
    """Starts or signals membership workflows."""

    async def grant(self, grant: MembershipGrant) -> None:
        """Start-with-signal; a repeated grant of the same case changes nothing."""


class CaseTeller(Protocol):
    """Signals running cases."""

    async def tell_calendar(self, workflow_id: str, message: CalendarPublished) -> None:
        """Signal `calendar_published`; a workflow that has ended is no error."""


class TouchpointCaller(Protocol):
    """Ends running touchpoint cases, or hands them on."""

    async def serve(self, workflow_id: str, act: StopTouchpoint | AssignService) -> bool:
        """Do the act to the case of a touchpoint; False when there was nothing left to do."""


class DutyStarter(Protocol):
    """Starts what the sweep found due, and calls memberships; each keeps a rate per second."""

    async def start_touchpoint(self, start: StartTouchpoint, per_second: int) -> bool:
        """Start the case of a touchpoint; False when it was started before."""

    async def start_renewal(self, start: StartGreenChannel, per_second: int) -> bool:
        """Start a renewal on the green channel and wait for its first record; False when it is refused."""

    async def start_close(self, start: StartPeriodClose, per_second: int) -> bool:
        """Start the close of a quarter; False when it was started before."""

    async def call_due(self, workflow_id: str, message: MembershipDue, per_second: int) -> bool:
        """Signal `due`; False when there is no such membership any more."""
