"""Activities of the qualification workflow: one record transaction each, insert-or-adopt."""

import asyncio
from dataclasses import dataclass

from temporalio import activity

from activities.failures import reporting
from activities.ports import MembershipStarter
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.approval import Opened, Recorded
from models.messages.qualification import CaseClosed, MembershipGrant, RecordBreach, RecordOpening, RecordStep
from models.services.approval import steps
from models.services.qualification import memberships, opening


@dataclass
class QualificationActivities:
    """Records of qualification cases, and the start of what follows an approval."""

    database: Database
    membership_starter: MembershipStarter

    @activity.defn(name="record-opening")
    def record_opening(self, message: RecordOpening) -> Opened:
        """First record of a case; refused when the declaration is not allowed."""
        with reporting(), self.database.write() as session:
            return opening.record_opening(session, message)

    @activity.defn(name="record-step")
    def record_step(self, message: RecordStep) -> Recorded:
        """Record one act with everything that follows from it, or adopt the one that stands."""
        with reporting():
            try:
                with self.database.write() as session:
                    return steps.record_step(session, message)
            except DomainError as error:
                if error.code is ErrorCode.QUOTA_EXCEEDED:
                    self._reserve(message)
                raise

    def _reserve(self, message: RecordStep) -> None:
        # The refused transaction is gone; waiting in the reserve list is a fact of its own.
        with self.database.write() as session:
            steps.enter_reserve(session, message)

    @activity.defn(name="record-breach")
    def record_breach(self, message: RecordBreach) -> None:
        """A deadline passed while its task was open."""
        with reporting(), self.database.write() as session:
            steps.record_breach(session, message)

    @activity.defn(name="start-membership")
    async def start_membership(self, message: CaseClosed) -> None:
        """Start the customer's membership workflow, or signal the one that runs; safe to repeat."""
        with reporting():
            await self.membership_starter.grant(await asyncio.to_thread(self._grant_of, message))

    def _grant_of(self, message: CaseClosed) -> MembershipGrant:
        with self.database.read() as session:
            return memberships.grant_of(session, message.case_id)
