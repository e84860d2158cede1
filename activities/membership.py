"""Activities of the membership workflow."""

from dataclasses import dataclass

from temporalio import activity

from activities.failures import reporting
from activities.ports import Notifier
from models.database import Database
from models.messages.qualification import MembershipGrant
from models.services.qualification import memberships


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
