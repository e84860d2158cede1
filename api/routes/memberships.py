"""`/customers/{customer_no}`: its membership is cancelled or downgraded, its account manager changed."""

from typing import Annotated

from fastapi import APIRouter

from api import care_plan_acts, season_acts
from api.deps import Action
from api.routes.sending import Sending, sending
from api.schemas.customers import CancelBody, DowngradeBody, ManagerBody, MembershipAnswer

router = APIRouter(prefix="/customers/{customer_no}", tags=["customers"])
EndingDep = Annotated[Sending, sending(Action.END_MEMBERSHIP)]


@router.post("/membership/cancel")
async def cancel(customer_no: str, body: CancelBody, by: EndingDep) -> MembershipAnswer:
    """取消 by an immediate cause of the rulebook: the seat is free at once."""
    done = await by.send(
        f"membership-cancel:{customer_no}",
        body,
        lambda key: season_acts.cancel_membership(by.caller, key, customer_no, cause=body.cause, reason=body.reason),
    )
    return MembershipAnswer.model_validate(done.answer)


@router.post("/membership/downgrade")
async def downgrade(customer_no: str, body: DowngradeBody, by: EndingDep) -> MembershipAnswer:
    """降级: services of the old tier go on until the buffer is over."""
    done = await by.send(
        f"membership-downgrade:{customer_no}",
        body,
        lambda key: season_acts.downgrade_membership(by.caller, key, customer_no, to=body.tier, reason=body.reason),
    )
    return MembershipAnswer.model_validate(done.answer)


@router.post("/manager")
async def change_manager(
    customer_no: str, body: ManagerBody, by: Annotated[Sending, sending(Action.CHANGE_MANAGER)]
) -> MembershipAnswer:
    """客户经理更换: touchpoints that wait and cases that run go to the new manager."""
    done = await by.send(
        f"manager:{customer_no}",
        body,
        lambda key: care_plan_acts.change_manager(by.caller, key, customer_no, to=body.to, reason=body.reason),
    )
    return MembershipAnswer.model_validate(done.answer)
