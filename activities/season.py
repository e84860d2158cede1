"""Activities of the quota season workflow: one record transaction each, insert-or-adopt."""

from dataclasses import dataclass

from temporalio import activity

from activities.failures import reporting
from models.database import Database
from models.messages.season import (
    RecordSeasonMove,
    RecordSeasonOpening,
    RemindSeason,
    SeasonOpened,
    SeasonRecorded,
)
from models.services.season import appeals, moving, opening

SUBJECTS = (appeals.SUBJECT,)
"""Lone approvals of a season: registered by being imported, wherever a worker runs."""


@dataclass
class SeasonActivities:
    """Records of quota seasons."""

    database: Database

    @activity.defn(name="record-season-opening", no_thread_cancel_exception=True)
    def record_opening(self, message: RecordSeasonOpening) -> SeasonOpened:
        """First record of a season."""
        with reporting(), self.database.write() as session:
            return opening.record_opening(session, message)

    @activity.defn(name="record-season-move", no_thread_cancel_exception=True)
    def record_move(self, message: RecordSeasonMove) -> SeasonRecorded:
        """One change of phase with everything that follows from it, or the one that stands."""
        with reporting(), self.database.write() as session:
            return moving.record_move(session, message)

    @activity.defn(name="remind-season", no_thread_cancel_exception=True)
    def remind(self, message: RemindSeason) -> None:
        """Tell head office that a phase ran over its date."""
        with reporting(), self.database.write() as session:
            moving.record_reminder(session, message)
