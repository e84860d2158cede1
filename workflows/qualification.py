"""Qualification 资格评定: from a declaration (附件一) through every level of approval to a membership."""

from temporalio import workflow

from activities.qualification import QualificationActivities
from models.identifiers import QUALIFICATION
from models.messages.qualification import CaseClosed, RecordOpening, StartQualification
from models.types import CaseKind, Outcome
from workflows.approval_case import ApprovalCase
from workflows.options import EFFECT
from workflows.record import record


@workflow.defn(name=QUALIFICATION)
class QualificationWorkflow(ApprovalCase):
    """One declaration of one customer for one evaluation year."""

    @workflow.init
    def __init__(self, start: StartQualification) -> None:
        super().__init__(CaseKind.QUALIFICATION)

    @workflow.run
    async def run(self, start: StartQualification) -> Outcome:
        """Open, live through the approval chain, start the membership of an approved case."""
        message = RecordOpening(start=start, at=workflow.now())
        state = await self.live(record(QualificationActivities.record_opening, message))
        if state.outcome is Outcome.APPROVED:
            await workflow.execute_activity_method(
                QualificationActivities.start_membership,
                # Of the record, not of the start message: an adopted opening is another request's case.
                CaseClosed(case_id=state.case_id),
                **EFFECT,
            )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return state.outcome or Outcome.CANCELLED
