"""Signals to the workflows of running cases."""

from dataclasses import dataclass

import structlog
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from models.messages.calendar_publication import CalendarPublished

_log = structlog.get_logger(__name__)


@dataclass
class EngineCases:
    """Signals by workflow id."""

    client: Client

    async def tell_calendar(self, workflow_id: str, message: CalendarPublished) -> None:
        """Signal the case; one that the engine knows no more has ended, which the records will say."""
        try:
            await self.client.get_workflow_handle(workflow_id).signal("calendar_published", message)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            _log.warning("no running workflow to tell of the calendar", workflow_id=workflow_id)
