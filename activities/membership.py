"""Activities of the membership workflow."""

from dataclasses import dataclass

from temporalio import activity

from activities.failures import reporting
from activities.ports import Notifier
from models.database import Database
from models.messages.membership import EndBuffer, MembershipAnswered, RecordMembershipAct
from models.messages.qualification import MembershipGrant
from models.services.qualification import member_acts, memberships


@dataclass
class MembershipActivities:
    """What a membership does in the world."""

    database: Database
    notifier: Notifier

    @activity.defn(name="announce-membership")
    def announce(self, grant: MembershipGrant) -> None:
        """Tell the customer of its tier, term and manager, once; recorded with the membership."""
        with reporting():
            with self.database.write() as session:
                letter = memberships.prepare_letter(session, grant)
            if letter is None:
                return
            self.notifier.send(letter)
            with self.database.write() as session:
                memberships.mark_announced(session, grant, letter)

    @activity.defn(name="record-membership-act")
    def record_act(self, message: RecordMembershipAct) -> MembershipAnswered:
        """取消 or 降级: recorded with the freed seat, or what the same act did before."""
        with reporting(), self.database.write() as session:
            return member_acts.record_act(session, message)

    @activity.defn(name="end-downgrade-buffer")
    def end_buffer(self, message: EndBuffer) -> None:
        """The lower tier counts from now on; safe to repeat."""
        with reporting(), self.database.write() as session:
            member_acts.end_buffer(session, message)
