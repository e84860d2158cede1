"""Notification 通知: one delivery, or one digest, goes out. Tried again while nothing has left; never sent twice."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.notification import NotificationActivities
from models.identifiers import NOTIFICATION
from models.messages.notifications import (
    BROKEN_OFF,
    ClaimDelivery,
    Claimed,
    SendNotification,
    SendResult,
    SettleDelivery,
)
from workflows.options import SEND_ONCE
from workflows.record import record

BACK_OFF = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
)
"""Pauses between attempts: a mail server may be away for most of a day before a message is given up."""


@workflow.defn(name=NOTIFICATION)
class NotificationWorkflow:
    """Claims, sends, settles; the record always knows first."""

    @workflow.run
    async def run(self, start: SendNotification) -> str:
        """Attempt after attempt until it is out, refused, unconfirmed or given up; gives which."""
        for number, pause in enumerate((*BACK_OFF, None), start=1):
            order = ClaimDelivery(delivery_id=start.delivery_id, attempt=number, at=workflow.now())
            claimed = await record(NotificationActivities.claim, order)
            if not claimed.delivery_ids:
                return "nothing"
            result = await _send(claimed)
            again = result.outcome == "again" and pause is not None
            now = workflow.now()
            settled = SettleDelivery(
                delivery_ids=claimed.delivery_ids,
                result=result,
                at=now,
                retry_at=now + pause if again and pause is not None else None,
            )
            await record(NotificationActivities.settle, settled)
            if not again or pause is None:
                return "failed" if result.outcome == "again" else result.outcome
            await workflow.sleep(pause, summary="until the next attempt")
        return "failed"


async def _send(claimed: Claimed) -> SendResult:
    """One attempt. When the worker died in it nobody knows whether the message left: it is not sent again."""
    try:
        return await workflow.execute_activity_method(NotificationActivities.send, claimed, **SEND_ONCE)
    except ActivityError:
        return SendResult(outcome="unconfirmed", error=BROKEN_OFF)
