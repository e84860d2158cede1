"""Activities of service cases 服务: one record transaction each, insert-or-adopt."""

from dataclasses import dataclass

from temporalio import activity

from activities.failures import reporting
from models.database import Database
from models.messages.service import (
    AdoptServiceCalendar,
    RecordServiceOpening,
    RecordServiceStep,
    ServiceCalendarAdopted,
    ServiceOpened,
    ServiceRecorded,
)
from models.services.servicing import calendar, opening, steps


@dataclass
class ServiceActivities:
    """Records of what happens while a customer is served."""

    database: Database

    @activity.defn(name="record-service-opening", no_thread_cancel_exception=True)
    def record_opening(self, message: RecordServiceOpening) -> ServiceOpened:
        """First record of a service case; refused when it may not start."""
        with reporting(), self.database.write() as session:
            return opening.record_opening(session, message)

    @activity.defn(name="record-service-step", no_thread_cancel_exception=True)
    def record_step(self, message: RecordServiceStep) -> ServiceRecorded:
        """Record one act with everything that follows from it, or adopt the one that stands."""
        with reporting(), self.database.write() as session:
            return steps.record_step(session, message)

    @activity.defn(name="record-service-calendar", no_thread_cancel_exception=True)
    def adopt_calendar(self, message: AdoptServiceCalendar) -> ServiceCalendarAdopted:
        """Move the open deadlines of a service case to a published calendar, once per publication."""
        with reporting(), self.database.write() as session:
            return calendar.adopt(session, message)
