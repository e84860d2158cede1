"""Activities of every approval: one record transaction each, insert-or-adopt."""

from dataclasses import dataclass

from temporalio import activity

from activities.failures import reporting
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.alarms import RecordAlarm
from models.messages.approval import Opened, Recorded
from models.messages.calendar_publication import AdoptCalendar, CalendarAdopted
from models.messages.lone_approval import RecordApprovalOpening
from models.messages.qualification import RecordBreach, RecordStep
from models.services import alarms, calendar_publication
from models.services.approval import lone, steps
from models.services.assessment import appeals
from models.services.care import clearance
from models.services.spend import over_limit

SUBJECTS = (clearance.SUBJECT, over_limit.SUBJECT, appeals.SUBJECT)
"""Lone approvals beside those of a season: registered by being imported, wherever a worker runs."""


@dataclass
class ApprovalActivities:
    """Records of what happens to a case while people approve it."""

    database: Database

    @activity.defn(name="record-approval-opening", no_thread_cancel_exception=True)
    def record_lone_opening(self, message: RecordApprovalOpening) -> Opened:
        """First record of a lone approval; refused when its subject may not start."""
        with reporting(), self.database.write() as session:
            return lone.record_opening(session, message)

    @activity.defn(name="record-step", no_thread_cancel_exception=True)
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

    @activity.defn(name="record-breach", no_thread_cancel_exception=True)
    def record_breach(self, message: RecordBreach) -> None:
        """A deadline passed while its task was open; of cases opened before alarms had a policy."""
        with reporting(), self.database.write() as session:
            steps.record_breach(session, message)

    @activity.defn(name="record-alarm", no_thread_cancel_exception=True)
    def record_alarm(self, message: RecordAlarm) -> None:
        """A reminder, breach or escalation went off: once by task and key, with its notifications."""
        with reporting(), self.database.write() as session:
            alarms.record_alarm(session, message)

    @activity.defn(name="adopt-calendar", no_thread_cancel_exception=True)
    def adopt_calendar(self, message: AdoptCalendar) -> CalendarAdopted:
        """Move the open deadlines of a case to a published calendar, once per publication."""
        with reporting(), self.database.write() as session:
            return calendar_publication.adopt(session, message)
