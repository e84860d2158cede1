"""Activities of the membership workflow."""

import asyncio
from dataclasses import dataclass

from temporalio import activity

from activities.failures import reporting
from activities.handing_over import Outcome, handed_over
from activities.ports import Notifier, TouchpointCaller
from models.database import Database
from models.messages.letters import Letter
from models.messages.membership import (
    CarePlanned,
    EndBuffer,
    MembershipAnswered,
    MembershipMoved,
    MoveMembership,
    PlanCare,
    RecordMembershipAct,
)
from models.messages.qualification import MembershipGrant
from models.messages.service_acts import StopTouchpoint
from models.services.care import planning
from models.services.care.running import Amendment, amendments_of
from models.services.qualification import member_acts, member_stages, memberships


@dataclass
class MembershipActivities:
    """What a membership does in the world."""

    database: Database
    notifier: Notifier
    touchpoints: TouchpointCaller

    @activity.defn(name="announce-membership", no_thread_cancel_exception=True)
    def announce(self, grant: MembershipGrant) -> None:
        """Tell the customer of its tier, term and manager, once; recorded with the membership.

        A letter that cannot arrive, or may have, is its manager's to make good: the year is planned all the same.
        """
        with reporting():
            with self.database.write() as session:
                letter = memberships.prepare_letter(session, grant)
            if letter is None:
                return
            outcome = self._announced(letter)
            with self.database.write() as session:
                memberships.mark_announced(session, grant, letter, outcome)

    def _announced(self, letter: Letter) -> Outcome:
        """What became of it; one to nobody is refused. Raises OSError while there is no way out, for another try."""
        if not letter.to:
            return "refused"
        ((_, outcome),), failure = handed_over(self.notifier, [(letter.key, letter)])
        if failure is not None:
            raise failure
        return outcome

    @activity.defn(name="record-membership-act", no_thread_cancel_exception=True)
    def record_act(self, message: RecordMembershipAct) -> MembershipAnswered:
        """取消 or 降级: recorded with the freed seat, or what the same act did before."""
        with reporting(), self.database.write() as session:
            return member_acts.record_act(session, message)

    @activity.defn(name="end-downgrade-buffer", no_thread_cancel_exception=True)
    def end_buffer(self, message: EndBuffer) -> None:
        """The lower tier counts from now on; safe to repeat."""
        with reporting(), self.database.write() as session:
            member_acts.end_buffer(session, message)

    @activity.defn(name="plan-care")
    async def plan_care(self, message: PlanCare) -> CarePlanned:
        """Plan the year once per cause, then end or hand on the cases it left behind; safe to repeat at any point."""
        with reporting():
            plans, amendments = await asyncio.to_thread(self._planned, message)
            for amendment in amendments:
                await self.touchpoints.serve(*amendment)
        stopped = sum(isinstance(amendment.act, StopTouchpoint) for amendment in amendments)
        return CarePlanned(plans=plans, stopped=stopped)

    def _planned(self, message: PlanCare) -> tuple[int, list[Amendment]]:
        with self.database.write() as session:
            plans = planning.plan_customer(session, message)
            return len(plans), amendments_of(session, message.customer_no, message.at)

    @activity.defn(name="move-membership", no_thread_cancel_exception=True)
    def move(self, message: MoveMembership) -> MembershipMoved:
        """Stages as the day demands, with the seats that are free; safe to repeat."""
        with reporting(), self.database.write() as session:
            return member_stages.move(session, message)
