"""Membership 会员周期: one per VIP, starts at approval. It arms no timer for dates that everyone shares."""

from uuid import UUID

from temporalio import workflow

from activities.membership import MembershipActivities
from models.identifiers import MEMBERSHIP
from models.messages.membership import (
    CancelMembership,
    ChangeManager,
    ContactAct,
    ContactsChanged,
    DowngradeMembership,
    EndBuffer,
    MembershipAct,
    MembershipAnswered,
    MembershipDue,
    MoveMembership,
    PlanCare,
    PlanCause,
    PlanWish,
    RecordMembershipAct,
)
from models.messages.qualification import MembershipGrant, MembershipState
from models.rules.calendar import local_date
from models.rules.membership import check_reason
from models.types import MembershipStage
from workflows.human_task import wait_until
from workflows.options import EFFECT
from workflows.record import record
from workflows.refusals import refusing

APPLIED_KEPT = 100
"""Answers carried over: an update that races with the change of runs is seconds old, never a hundred acts."""


@workflow.defn(name=MEMBERSHIP)
class MembershipWorkflow:
    """Holds the grants of one customer: announces each, has its year planned, and planned anew when things change.

    Only the buffer of a downgrade 降级缓冲期 has a timer: its end is this customer's own. The daily sweep calls it with
    `due` when its term begins, comes up for re-evaluation or is over. What was not carried out yet is carried over.
    """

    @workflow.init
    def __init__(self, state: MembershipState) -> None:
        self._grants = list(state.grants)
        self._pending: list[MembershipGrant] = []
        self._applied = dict(state.applied)
        self._wishes = list(state.wishes)
        self._due_on = state.due_on
        self._buffer = state.buffer
        self._asked, self._rolls, self._roll_after = state.asked, state.rolls, state.roll_after
        self._heard = 0
        self._ended = False

    @workflow.run
    async def run(self, state: MembershipState) -> MembershipState:
        """Do what is asked until the membership is over; whatever a last handler asks for is done too."""
        while not self._ended or self._wishes:
            await self._serve()
            await workflow.wait_condition(workflow.all_handlers_finished)
            if self._must_roll() and not self._has_work() and not self._ended:
                workflow.continue_as_new(self._carried())
        return self.holding()

    async def _serve(self) -> None:
        """One thing after the other, until the membership is over or is to carry itself over."""
        while self._has_work() or not (self._ended or self._must_roll()):
            buffer = self._buffer
            acted = await wait_until(
                lambda seen=buffer: self._wakes() or self._buffer is not seen,  # type: ignore[misc]
                buffer.buffer_ends_at if buffer else None,
            )
            await self._announce()
            await self._move()
            await self._plan()
            if not acted and buffer is not None:
                await self._end_buffer(buffer)

    def _wakes(self) -> bool:
        return self._has_work() or self._ended or self._must_roll()

    def _has_work(self) -> bool:
        return bool(self._pending or self._wishes or self._due_on)

    def _must_roll(self) -> bool:
        bound = self._roll_after is not None and self._heard >= self._roll_after
        return bound or workflow.info().is_continue_as_new_suggested()

    async def _announce(self) -> None:
        while self._pending:
            grant = self._pending[0]  # stays known while it is announced: the same case may signal again meanwhile
            await workflow.execute_activity_method(MembershipActivities.announce, grant, **EFFECT)
            self._grants.append(self._pending.pop(0))
            if grant.membership_id is not None:
                self._wishes.append(PlanWish(cause="granted", membership_id=grant.membership_id))

    async def _move(self) -> None:
        while self._due_on is not None:
            day, self._due_on = self._due_on, None
            message = MoveMembership(customer_no=self._customer_no(), day=day, at=workflow.now())
            moved = await workflow.execute_activity_method(MembershipActivities.move, message, **EFFECT)
            for membership_id in moved.over:
                self._wish("ended", membership_id)
            self._ended = self._ended or not moved.running

    async def _plan(self) -> None:
        while self._wishes:
            wish = self._wishes[0]
            message = PlanCare(customer_no=self._customer_no(), at=workflow.now(), **wish.model_dump())
            await workflow.execute_activity_method(MembershipActivities.plan_care, message, **EFFECT)
            self._wishes.remove(wish)

    async def _end_buffer(self, buffer: MembershipAnswered) -> None:
        message = EndBuffer(membership_id=buffer.membership_id, at=workflow.now())
        await workflow.execute_activity_method(MembershipActivities.end_buffer, message, **EFFECT)
        if self._buffer is buffer:
            self._buffer = None
        if buffer.replans:
            self._wish("tier_changed", buffer.membership_id)
            self._settle()

    def _wish(self, cause: PlanCause, membership_id: UUID | None = None) -> None:
        self._asked += 1
        key = f"{self._asked}@{workflow.now().isoformat()}"
        self._wishes.append(PlanWish(cause=cause, key=key, membership_id=membership_id))

    def _settle(self) -> None:
        """Have the records say what is over now, and whether any membership is left."""
        self._due_on = max(filter(None, (self._due_on, local_date(workflow.now()))))

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

    @workflow.signal
    def due(self, message: MembershipDue) -> None:
        """The sweep: a stage may have come, or the term may be over. The same day again changes nothing."""
        self._heard += 1
        self._due_on = max(filter(None, (self._due_on, message.day)))

    @workflow.signal
    def contacts_changed(self, message: ContactsChanged) -> None:
        """The book has other contacts, birthdays or consents: the year is planned anew, once per key."""
        self._heard += 1
        wish = PlanWish(cause="contacts_changed", key=message.key)
        if wish not in self._wishes:
            self._wishes.append(wish)

    @workflow.update
    async def cancel(self, act: CancelMembership) -> MembershipAnswered:
        """取消 at once: the seat is free, what is open is closed, and nothing is left to wait for."""
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

    @workflow.update
    async def contacts(self, act: ContactAct) -> MembershipAnswered:
        """重点服务对象 chosen anew, or one of them left: the year is planned anew for those who are served."""
        return await self._act(act)

    @workflow.update
    async def manager(self, act: ChangeManager) -> MembershipAnswered:
        """客户经理更换: what waits and what runs goes to the new one with the plan made anew."""
        return await self._act(act)

    @manager.validator
    def _check_manager(self, act: ChangeManager) -> None:
        with refusing():
            check_reason(act.comment)

    async def _act(self, act: MembershipAct) -> MembershipAnswered:
        known = self._applied.get(act.update_id)
        if known is not None:  # the engine knows an update id within one run only
            return known
        answer = await record(MembershipActivities.record_act, RecordMembershipAct(act=act, at=workflow.now()))
        self._heard += 1
        self._applied = dict([*self._applied.items(), (act.update_id, answer)][-APPLIED_KEPT:])
        self._follow(act, answer)
        return answer

    def _follow(self, act: MembershipAct, answer: MembershipAnswered) -> None:
        """What an accepted act sets off."""
        if isinstance(act, DowngradeMembership) and answer.stage is MembershipStage.DOWNGRADE_BUFFER:
            self._buffer = answer
        elif isinstance(act, CancelMembership) and answer.stage is MembershipStage.CANCELLED:
            self._ended = True
            if answer.replans:
                self._settle()
        elif not isinstance(act, CancelMembership | DowngradeMembership):
            self._wish("manager_changed" if isinstance(act, ChangeManager) else "contacts_changed")

    @workflow.query
    def holding(self) -> MembershipState:
        """The grants applied so far, and what is carried over beside them."""
        return MembershipState(
            customer_no=self._customer_no(),
            grants=tuple(self._grants),
            applied=self._applied,
            wishes=tuple(self._wishes),
            due_on=self._due_on,
            buffer=self._buffer,
            asked=self._asked,
            rolls=self._rolls,
            roll_after=self._roll_after,
        )

    def _carried(self) -> MembershipState:
        return self.holding().model_copy(update={"rolls": self._rolls + 1})

    def _customer_no(self) -> str:
        return workflow.info().workflow_id.split("/", 1)[1]
