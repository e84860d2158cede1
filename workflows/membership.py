"""Membership 会员周期: one per VIP, starts at approval. It arms no timer for dates that everyone shares."""

from temporalio import workflow

from activities.membership import MembershipActivities
from models.identifiers import MEMBERSHIP
from models.messages.membership import (
    CancelMembership,
    DowngradeMembership,
    EndBuffer,
    MembershipAnswered,
    RecordMembershipAct,
)
from models.messages.qualification import MembershipGrant, MembershipState
from models.rules.membership import check_reason
from models.types import MembershipStage
from workflows.human_task import wait_until
from workflows.options import EFFECT
from workflows.record import record
from workflows.refusals import refusing


@workflow.defn(name=MEMBERSHIP)
class MembershipWorkflow:
    """Holds the grants of one customer; each new grant is announced to the customer once.

    Only the buffer of a downgrade 降级缓冲期 has a timer: its end is this customer's own.
    """

    @workflow.init
    def __init__(self, state: MembershipState) -> None:
        self._grants = list(state.grants)
        self._pending: list[MembershipGrant] = []
        self._buffer: MembershipAnswered | None = None
        self._ended = False

    @workflow.run
    async def run(self, state: MembershipState) -> MembershipState:
        """Announce every grant, end a buffer in time; live until the membership is ended or cancelled."""
        while not self._ended:
            buffer = self._buffer
            due = buffer.buffer_ends_at if buffer else None
            acted = await wait_until(
                lambda seen=buffer: bool(self._pending) or self._ended or self._buffer is not seen,  # type: ignore[misc]
                due,
            )
            while self._pending:
                grant = self._pending.pop(0)
                await workflow.execute_activity_method(MembershipActivities.announce, grant, **EFFECT)
                self._grants.append(grant)
            if not acted and buffer is not None:
                await self._end_buffer(buffer)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.holding()

    async def _end_buffer(self, buffer: MembershipAnswered) -> None:
        message = EndBuffer(membership_id=buffer.membership_id, at=workflow.now())
        await workflow.execute_activity_method(MembershipActivities.end_buffer, message, **EFFECT)
        if self._buffer is buffer:
            self._buffer = None

    @workflow.signal
    def granted(self, grant: MembershipGrant) -> None:
        """An approved case grants a term; the same case signals again only after a crash."""
        known = {other.case_id for other in (*self._grants, *self._pending)}
        if grant.case_id not in known:
            self._pending.append(grant)

    @workflow.signal
    def ended(self) -> None:
        """The last term is over or the membership was cancelled."""
        self._ended = True

    @workflow.update
    async def cancel(self, act: CancelMembership) -> MembershipAnswered:
        """取消 at once: the seat is free, and nothing is left to wait for."""
        return await self._act(act)

    @cancel.validator
    def _check_cancel(self, act: CancelMembership) -> None:
        with refusing():
            check_reason(act.comment)

    @workflow.update
    async def downgrade(self, act: DowngradeMembership) -> MembershipAnswered:
        """降级: the old tier's services go on until the buffer is over."""
        return await self._act(act)

    @downgrade.validator
    def _check_downgrade(self, act: DowngradeMembership) -> None:
        with refusing():
            check_reason(act.comment)

    async def _act(self, act: CancelMembership | DowngradeMembership) -> MembershipAnswered:
        answer = await record(MembershipActivities.record_act, RecordMembershipAct(act=act, at=workflow.now()))
        if answer.stage is MembershipStage.CANCELLED:
            self._ended = True
        elif answer.stage is MembershipStage.DOWNGRADE_BUFFER:
            self._buffer = answer
        return answer

    @workflow.query
    def holding(self) -> MembershipState:
        """The grants applied so far."""
        return MembershipState(customer_no=workflow.info().workflow_id.split("/", 1)[1], grants=tuple(self._grants))
