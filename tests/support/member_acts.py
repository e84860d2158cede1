"""Acts on a running membership, as the gateway sends them."""

from itertools import count
from typing import Any
from uuid import UUID

from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from models.identifiers import membership_id
from models.messages.approval import PostRef
from models.messages.membership import CancelMembership, ChangeManager, DowngradeMembership, MembershipAnswered
from models.types import Door, Tier
from tests.support.engine import Refused
from tests.support.stage import Stage

_numbers = count(1)


def _who(stage: Stage, login: str, reason: str, key: str) -> dict[str, Any]:
    role, code = stage.world.post(login)
    return {
        "update_id": f"{stage.world.accounts[login]}:{key or f'member-{next(_numbers)}'}",
        "content_hash": "x",
        "actor_id": stage.world.accounts[login],
        "actor_name": stage.world.name(login),
        "posts": (PostRef(role=role, institution_code=code),),
        "door": Door.API,
        "comment": reason,
    }


async def cancel(
    stage: Stage, customer_no: str, cause: str, *, login: str = "lead", reason: str = "客户来函", key: str = ""
) -> MembershipAnswered:
    """取消. Raises Refused."""
    act = CancelMembership(**_who(stage, login, reason, key), customer_no=customer_no, cause=cause)
    return await _send(stage, "cancel", act)


async def downgrade(stage: Stage, customer_no: str, to: Tier, *, login: str = "lead") -> MembershipAnswered:
    """降级. Raises Refused."""
    return await _send(
        stage, "downgrade", DowngradeMembership(**_who(stage, login, "价值下降", ""), customer_no=customer_no, to=to)
    )


async def change_manager(stage: Stage, customer_no: str, to: UUID, *, login: str = "lead") -> MembershipAnswered:
    """客户经理更换. Raises Refused."""
    return await _send(
        stage, "manager", ChangeManager(**_who(stage, login, "岗位调整", ""), customer_no=customer_no, to=to)
    )


async def _send(
    stage: Stage, name: str, act: CancelMembership | DowngradeMembership | ChangeManager
) -> MembershipAnswered:
    handle = stage.client.get_workflow_handle(membership_id(act.customer_no))
    try:
        answer: MembershipAnswered = await handle.execute_update(
            name, act, id=act.update_id, result_type=MembershipAnswered
        )
    except WorkflowUpdateFailedError as error:
        if isinstance(error.cause, ApplicationError):
            raise Refused(error.cause) from error
        raise
    return answer
