"""The shipped workflows with one command put where it was not: what a careless change looks like."""

from temporalio import workflow

from models.identifiers import MEMBERSHIP, QUALIFICATION
from models.messages.qualification import MembershipGrant, MembershipState, StartQualification
from models.types import Outcome
from workflows.membership import MembershipWorkflow
from workflows.qualification import QualificationWorkflow


@workflow.defn(name=QUALIFICATION)
class ReorderedQualification(QualificationWorkflow):
    """Waits before the record of the opening."""

    @workflow.init
    def __init__(self, start: StartQualification) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: StartQualification) -> Outcome:
        """A timer where a record was."""
        await workflow.sleep(1)
        return await super().run(start)


@workflow.defn(name=MEMBERSHIP)
class ReorderedMembership(MembershipWorkflow):
    """Waits before it announces."""

    @workflow.init
    def __init__(self, state: MembershipState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: MembershipState) -> MembershipState:
        """A timer where an announcement was."""
        await workflow.sleep(1)
        return await super().run(state)

    @workflow.signal
    def granted(self, grant: MembershipGrant) -> None:
        """As shipped."""
        super().granted(grant)
