"""Activities of launches 启动计划: one record transaction each, insert-or-adopt."""

from dataclasses import dataclass

from temporalio import activity

from activities.failures import reporting
from models.database import Database
from models.messages.rollout import (
    AdoptRolloutCalendar,
    RecordRolloutOpening,
    RecordRolloutStep,
    RolloutCalendarAdopted,
    RolloutOpened,
    RolloutRecorded,
)
from models.services.rollout import calendar, opening, steps


@dataclass
class RolloutActivities:
    """Records of launches."""

    database: Database

    @activity.defn(name="record-rollout-opening", no_thread_cancel_exception=True)
    def record_opening(self, message: RecordRolloutOpening) -> RolloutOpened:
        """First record of a launch; refused when another one is open."""
        with reporting(), self.database.write() as session:
            return opening.record_opening(session, message)

    @activity.defn(name="record-rollout-step", no_thread_cancel_exception=True)
    def record_step(self, message: RecordRolloutStep) -> RolloutRecorded:
        """Record one act with everything that follows from it, or adopt the one that stands."""
        with reporting(), self.database.write() as session:
            return steps.record_step(session, message)

    @activity.defn(name="record-rollout-calendar", no_thread_cancel_exception=True)
    def adopt_calendar(self, message: AdoptRolloutCalendar) -> RolloutCalendarAdopted:
        """Move the open deadlines of a launch to a published calendar, once per publication."""
        with reporting(), self.database.write() as session:
            return calendar.adopt(session, message)
