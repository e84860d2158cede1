"""Activities of a quarter's close: its first record; every later one is an approval's."""

from dataclasses import dataclass

from temporalio import activity

from activities.failures import reporting
from models.database import Database
from models.messages.approval import Opened
from models.messages.quarter import RecordPeriodOpening
from models.services.quarter import closing


@dataclass
class QuarterActivities:
    """Records of closes."""

    database: Database

    @activity.defn(name="record-period-opening", no_thread_cancel_exception=True)
    def record_opening(self, message: RecordPeriodOpening) -> Opened:
        """Freeze the quarter, or adopt the close that stands."""
        with reporting(), self.database.write() as session:
            return closing.record_opening(session, message)
