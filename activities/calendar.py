"""Activities of `calendar-publish`: telling running cases that their calendar changed, batch by batch."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from temporalio import activity

from activities.failures import reporting
from activities.ports import CaseTeller
from models.database import Database
from models.messages.calendar_publication import CalendarPublished, PublishCalendar, TellingProgress
from models.services import calendar_publication

BATCH = 50
TOLD_AGAIN_AFTER = timedelta(minutes=10)
"""A case that was told and has not answered for so long is told again: it follows a publication once only."""


@dataclass
class CalendarActivities:
    """Reads whom to tell, tells them, and says how far the telling is."""

    database: Database
    teller: CaseTeller

    @activity.defn(name="tell-calendar")
    async def tell(self, publish: PublishCalendar) -> TellingProgress:
        """Tell the next batch of running cases; repeated, it tells those again of which nothing was kept."""
        with reporting():
            waiting = await asyncio.to_thread(self._next_batch, publish.publication_id)
            message = CalendarPublished(publication_id=publish.publication_id)
            for workflow_id in waiting.values():
                await self.teller.tell_calendar(workflow_id, message)
            return await asyncio.to_thread(self._keep, publish.publication_id, tuple(waiting))

    def _next_batch(self, publication_id: UUID) -> dict[UUID, str]:
        now = datetime.now(UTC)
        with self.database.write() as session:
            return calendar_publication.next_batch(
                session, publication_id, now=now, again_before=now - TOLD_AGAIN_AFTER, limit=BATCH
            )

    def _keep(self, publication_id: UUID, told: tuple[UUID, ...]) -> TellingProgress:
        with self.database.write() as session:
            return calendar_publication.keep_told(session, publication_id, told, datetime.now(UTC))
