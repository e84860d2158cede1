"""Activities of the qualification workflow beside the chain: its opening, and the start of the membership."""

import asyncio
from dataclasses import dataclass

from temporalio import activity

from activities.failures import reporting
from activities.ports import MembershipStarter
from models.database import Database
from models.messages.approval import Opened
from models.messages.qualification import CaseClosed, MembershipGrant, RecordOpening
from models.services.qualification import memberships, opening


@dataclass
class QualificationActivities:
    """The first record of qualification cases, and the start of what follows an approval."""

    database: Database
    membership_starter: MembershipStarter

    @activity.defn(name="record-opening", no_thread_cancel_exception=True)
    def record_opening(self, message: RecordOpening) -> Opened:
        """First record of a case; refused when the declaration is not allowed."""
        with reporting(), self.database.write() as session:
            return opening.record_opening(session, message)

    @activity.defn(name="start-membership")
    async def start_membership(self, message: CaseClosed) -> None:
        """Start the customer's membership workflow, or signal the one that runs; safe to repeat."""
        with reporting():
            await self.membership_starter.grant(await asyncio.to_thread(self._grant_of, message))

    def _grant_of(self, message: CaseClosed) -> MembershipGrant:
        with self.database.read() as session:
            return memberships.grant_of(session, message.case_id)
