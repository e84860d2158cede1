"""Publishing a calendar: every running case is told once, and the publication ends when all have answered."""

from datetime import timedelta

from temporalio import workflow

from activities.calendar import CalendarActivities
from models.identifiers import CALENDAR_PUBLISH
from models.messages.calendar_publication import PublishCalendar, TellingProgress
from workflows.options import EFFECT

FIRST_PAUSE = timedelta(seconds=1)
"""Between two batches: at most fifty cases a second move their deadlines."""
LONGEST_PAUSE = timedelta(minutes=5)


@workflow.defn(name=CALENDAR_PUBLISH)
class CalendarPublishWorkflow:
    """One publication, by its id."""

    @workflow.run
    async def run(self, publish: PublishCalendar) -> TellingProgress:
        """Tell batch after batch, then look again until every case has answered or ended."""
        pause = FIRST_PAUSE
        while True:
            progress = await workflow.execute_activity_method(CalendarActivities.tell, publish, **EFFECT)
            if progress.finished:
                return progress
            pause = FIRST_PAUSE if progress.told_now else min(2 * pause, LONGEST_PAUSE)
            await workflow.sleep(pause)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(publish)
