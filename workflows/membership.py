"""Membership 会员周期: one per VIP, starts at approval. It arms no timer for dates that everyone shares."""

from temporalio import workflow

from activities.membership import MembershipActivities
from models.identifiers import MEMBERSHIP
from models.messages.qualification import MembershipGrant, MembershipState
from workflows.options import EFFECT


@workflow.defn(name=MEMBERSHIP)
class MembershipWorkflow:
    """Holds the grants of one customer; each new grant is announced to the customer once."""

    @workflow.init
    def __init__(self, state: MembershipState) -> None:
        self._grants = list(state.grants)
        self._pending: list[MembershipGrant] = []
        self._ended = False

    @workflow.run
    async def run(self, state: MembershipState) -> MembershipState:
        """Announce every grant; live until the membership is ended by a signal."""
        while not self._ended:
            await workflow.wait_condition(lambda: bool(self._pending) or self._ended)
            while self._pending:
                grant = self._pending.pop(0)
                await workflow.execute_activity_method(MembershipActivities.announce, grant, **EFFECT)
                self._grants.append(grant)
        return self.holding()

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

    @workflow.query
    def holding(self) -> MembershipState:
        """The grants applied so far."""
        return MembershipState(customer_no=workflow.info().workflow_id.split("/", 1)[1], grants=tuple(self._grants))
