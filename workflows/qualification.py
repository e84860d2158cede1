"""Qualification 资格评定: from a declaration (附件一) through every level of approval to a membership."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.qualification import QualificationActivities
from models.identifiers import QUALIFICATION
from models.messages.approval import Answered, ApprovalState, Correct, Decide, Resubmit, Withdraw
from models.messages.qualification import CaseClosed, RecordOpening, StartQualification
from models.rules import approval
from models.types import CaseKind, Outcome
from workflows.approval_chain import ApprovalChain
from workflows.options import EFFECT
from workflows.record import record


@workflow.defn(name=QUALIFICATION)
class QualificationWorkflow:
    """One declaration of one customer for one evaluation year."""

    @workflow.init
    def __init__(self, start: StartQualification) -> None:
        self._start = start
        self._chain: ApprovalChain | None = None
        self._refused: ApplicationError | None = None

    @workflow.run
    async def run(self, start: StartQualification) -> Outcome:
        """Open, live through the approval chain, start the membership of an approved case."""
        await self._open(start)
        chain = await self._ready()
        await chain.run()
        if chain.state.outcome is Outcome.APPROVED:
            await workflow.execute_activity_method(
                QualificationActivities.start_membership,
                # Of the record, not of the start message: an adopted opening is another request's case.
                CaseClosed(case_id=chain.state.case_id),
                **EFFECT,
            )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return chain.state.outcome or Outcome.CANCELLED

    async def _open(self, start: StartQualification) -> None:
        try:
            message = RecordOpening(start=start, at=workflow.now())
            opened = await record(QualificationActivities.record_opening, message)
        except ApplicationError as error:
            # The declarant waits in `opened`: it gets the refusal, then the run fails so that the id is free again.
            self._refused = error
            await workflow.wait_condition(workflow.all_handlers_finished)
            raise
        self._chain = ApprovalChain(
            CaseKind.QUALIFICATION,
            opened,
            lambda step: record(QualificationActivities.record_step, step),
            lambda breach: record(QualificationActivities.record_breach, breach),
        )

    async def _ready(self) -> ApprovalChain:
        await workflow.wait_condition(lambda: self._chain is not None or self._refused is not None)
        if self._chain is None:
            raise self._refused or ApplicationError("not opened")
        return self._chain

    @workflow.update
    async def opened(self) -> Answered:
        """Wait for the first record; refused when the declaration is."""
        return (await self._ready()).answer()

    @workflow.update
    async def decide(self, act: Decide) -> Answered:
        """同意 / 驳回 / 退回 on the open task."""
        return await (await self._ready()).act(approval.decide, act)

    @decide.validator
    def _check_decide(self, act: Decide) -> None:
        if self._chain is not None:
            self._chain.check(approval.check_decide, act)

    @workflow.update
    async def correct(self, act: Correct) -> Answered:
        """A reviewer corrects facts; the score is recomputed by the record."""
        return await (await self._ready()).act(approval.correct, act)

    @correct.validator
    def _check_correct(self, act: Correct) -> None:
        if self._chain is not None:
            self._chain.check(approval.check_correct, act)

    @workflow.update
    async def resubmit(self, act: Resubmit) -> Answered:
        """重新提交 by the declarant."""
        return await (await self._ready()).act(approval.resubmit, act)

    @resubmit.validator
    def _check_resubmit(self, act: Resubmit) -> None:
        if self._chain is not None:
            self._chain.check(approval.check_resubmit, act)

    @workflow.update
    async def withdraw(self, act: Withdraw) -> Answered:
        """撤销 by the declarant."""
        return await (await self._ready()).act(approval.withdraw, act)

    @withdraw.validator
    def _check_withdraw(self, act: Withdraw) -> None:
        if self._chain is not None:
            self._chain.check(approval.check_withdraw, act)

    @workflow.query
    def state(self) -> ApprovalState | None:
        """The state as the workflow holds it, for operators and reconciliation."""
        return self._chain.state if self._chain else None
