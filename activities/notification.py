"""Activities of the notification workflow: record before, send at most once an attempt, record after."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.exc import OperationalError
from temporalio import activity

from activities.failures import reporting
from activities.ports import ChatSender, Notifier, RefusedError, UnconfirmedError
from models.database import Database
from models.messages.letters import Letter
from models.messages.notifications import ClaimDelivery, Claimed, SendResult, SettleDelivery
from models.services.notifications import sending
from models.services.notifications.sending import Prepared


@dataclass
class NotificationActivities:
    """Deliveries on their way out. `base_url` stands before every address in a message."""

    database: Database
    notifier: Notifier
    chat: ChatSender
    base_url: str

    @activity.defn(name="claim-delivery", no_thread_cancel_exception=True)
    def claim(self, order: ClaimDelivery) -> Claimed:
        """An attempt begins: noted before anything leaves."""
        with reporting(), self.database.write() as session:
            return sending.claim(session, order)

    @activity.defn(name="send-delivery", no_thread_cancel_exception=True)
    def send(self, claimed: Claimed) -> SendResult:
        """One attempt. The engine starts it once: a worker that dies in here leaves the outcome unconfirmed."""
        try:
            with self.database.write() as session:
                prepared = sending.prepare(session, claimed.delivery_ids, self.base_url, datetime.now(UTC))
        except OperationalError:
            return SendResult(outcome="again", error="records unavailable")
        return self._outcome(prepared)

    @activity.defn(name="settle-delivery", no_thread_cancel_exception=True)
    def settle(self, settled: SettleDelivery) -> None:
        """What became of an attempt."""
        with reporting(), self.database.write() as session:
            sending.settle(session, settled)

    def _outcome(self, prepared: Prepared) -> SendResult:
        try:
            self._hand_over(prepared)
        except RefusedError as error:
            return SendResult(outcome="failed", error=str(error), dropped=prepared.dropped)
        except UnconfirmedError as error:
            return SendResult(outcome="unconfirmed", error=str(error), dropped=prepared.dropped)
        except OSError as error:
            return SendResult(outcome="again", error=_plain(error), dropped=prepared.dropped)
        return SendResult(outcome="sent", dropped=prepared.dropped)

    def _hand_over(self, prepared: Prepared) -> None:
        message = prepared.message
        if isinstance(message, Letter):
            self.notifier.send(message)
        elif message is not None:
            self.chat.send(message.url, message.title, message.body)


def _plain(error: OSError) -> str:
    """What went wrong without addresses: the system's own words for a failed call, ours otherwise."""
    return error.strerror or str(error) or type(error).__name__
