"""Activities of a survey campaign: one record transaction each, and one chunk of messages at a time."""

from dataclasses import dataclass

from temporalio import activity

from activities.failures import reporting
from activities.handing_over import handed_over
from activities.ports import Notifier
from models.database import Database
from models.messages.survey import (
    RecordSurveyMove,
    RecordSurveyOpening,
    SurveyOpened,
    SurveyOrder,
    SurveyRecorded,
    SurveySent,
)
from models.services.survey import inviting, moving, opening
from models.services.survey.inviting import Claims


@dataclass
class SurveyActivities:
    """Records of campaigns, and their letters by the way that greetings go."""

    database: Database
    notifier: Notifier
    base_url: str

    @activity.defn(name="record-survey-opening", no_thread_cancel_exception=True)
    def record_opening(self, message: RecordSurveyOpening) -> SurveyOpened:
        """First record of a campaign that runs."""
        with reporting(), self.database.write() as session:
            return opening.record_opening(session, message)

    @activity.defn(name="record-survey-move", no_thread_cancel_exception=True)
    def record_move(self, message: RecordSurveyMove) -> SurveyRecorded:
        """One change of stage or closing time, or the one that stands."""
        with reporting(), self.database.write() as session:
            return moving.record_move(session, message)

    @activity.defn(name="send-survey", no_thread_cancel_exception=True)
    def send(self, order: SurveyOrder) -> SurveySent:
        """Ask the customers of one chunk. Raises when the way out is closed for now: the rest is claimed again."""
        with reporting():
            claims = self._claims(order)
            outcomes, failure = handed_over(self.notifier, [(ready, ready.letter) for ready in claims.ready])
            settled = {}
            if outcomes:
                with self.database.write() as session:
                    settled = inviting.settle(session, outcomes, order)
            if failure is not None:
                raise failure
        return SurveySent(after=claims.after, counts={"invited": claims.invited, **settled})

    def _claims(self, order: SurveyOrder) -> Claims:
        with self.database.write() as session:
            return inviting.claim(session, order, self.base_url)
