"""Tells a membership of a term, for whoever is no activity.

Never imported by workflow code: it talks to the server.
"""

from temporalio.client import Client

from activities.adapters.memberships import EngineMemberships
from models.messages.qualification import MembershipGrant


async def grant(client: Client, task_queue: str, term: MembershipGrant) -> None:
    """Tell it, or start it by that; it ignores what it knows. Raises RPCError."""
    await EngineMemberships(client, task_queue).grant(term)
