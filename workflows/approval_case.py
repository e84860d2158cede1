"""What every workflow that people approve has in common: its opening, its acts, its calendar."""

from collections.abc import Awaitable

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from models.messages.approval import Answered, ApprovalState, Correct, Decide, Opened, Resubmit, Withdraw
from models.messages.calendar_publication import CalendarPublished
from models.messages.handing import HandingAct
from models.types import CaseKind
from workflows.approval_chain import ApprovalChain


class ApprovalCase:
    """A case around its chain: refused until its first record stands, then one act after another."""

    def __init__(self, kind: CaseKind) -> None:
        self._kind = kind
        self._chain: ApprovalChain | None = None
        self._refused: ApplicationError | None = None

    async def live(self, opening: Awaitable[Opened]) -> ApprovalState:
        """Open by the record of the opening and live until the case has an outcome; gives the last state."""
        try:
            opened = await opening
        except ApplicationError as error:
            # The declarant waits in `opened`: it gets the refusal, then the run fails so that the id is free again.
            self._refused = error
            await workflow.wait_condition(workflow.all_handlers_finished)
            raise
        self._chain = ApprovalChain(self._kind, opened)
        chain = await self._ready()
        await chain.run()
        return chain.state

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
        return await (await self._ready()).act(act)

    @decide.validator
    def _check_decide(self, act: Decide) -> None:
        if self._chain is not None:
            self._chain.check(act)

    @workflow.update
    async def correct(self, act: Correct) -> Answered:
        """A reviewer corrects facts; the score is recomputed by the record."""
        return await (await self._ready()).act(act)

    @correct.validator
    def _check_correct(self, act: Correct) -> None:
        if self._chain is not None:
            self._chain.check(act)

    @workflow.update
    async def resubmit(self, act: Resubmit) -> Answered:
        """重新提交 by the declarant."""
        return await (await self._ready()).act(act)

    @resubmit.validator
    def _check_resubmit(self, act: Resubmit) -> None:
        if self._chain is not None:
            self._chain.check(act)

    @workflow.update
    async def withdraw(self, act: Withdraw) -> Answered:
        """撤销 by the declarant."""
        return await (await self._ready()).act(act)

    @withdraw.validator
    def _check_withdraw(self, act: Withdraw) -> None:
        if self._chain is not None:
            self._chain.check(act)

    @workflow.update
    async def act(self, act: HandingAct) -> Answered:
        """Handing over, more or fewer signers, taking back, pausing the clock."""
        return await (await self._ready()).act(act)

    @act.validator
    def _check_act(self, act: HandingAct) -> None:
        if self._chain is not None:
            self._chain.check(act)

    @workflow.signal
    async def calendar_published(self, message: CalendarPublished) -> None:
        """The working calendar changed: open deadlines follow, once."""
        await workflow.wait_condition(lambda: self._chain is not None or self._refused is not None)
        if self._chain is not None:
            await self._chain.adopt(message)

    @workflow.query
    def state(self) -> ApprovalState | None:
        """The state as the workflow holds it, for operators and reconciliation."""
        return self._chain.state if self._chain else None
