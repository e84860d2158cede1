"""`/customers/{customer_no}`: its membership is cancelled or downgraded, its account manager changed."""

from typing import Annotated

from fastapi import APIRouter

from api import acts, care_plan_acts, season_acts
from api.deps import Action, Caller, DatabaseDep, GatewayDep, IdempotencyKeyDep, require
from api.schemas.customers import CancelBody, DowngradeBody, ManagerBody, MembershipAnswer

router = APIRouter(prefix="/customers/{customer_no}", tags=["customers"])
EnderDep = Annotated[Caller, require(Action.END_MEMBERSHIP)]


@router.post("/membership/cancel")
async def cancel(
    customer_no: str,
    body: CancelBody,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: EnderDep,
) -> MembershipAnswer:
    """取消 by an immediate cause of the rulebook: the seat is free at once."""
    idempotency = acts.key_for(caller, key, f"membership-cancel:{customer_no}", body.model_dump(mode="json"))
    prepare = season_acts.cancel_membership(caller, idempotency, customer_no, cause=body.cause, reason=body.reason)
    done = await acts.perform(database, gateway, idempotency, prepare)
    return MembershipAnswer.model_validate(done.answer)


@router.post("/membership/downgrade")
async def downgrade(
    customer_no: str,
    body: DowngradeBody,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: EnderDep,
) -> MembershipAnswer:
    """降级: services of the old tier go on until the buffer is over."""
    idempotency = acts.key_for(caller, key, f"membership-downgrade:{customer_no}", body.model_dump(mode="json"))
    prepare = season_acts.downgrade_membership(caller, idempotency, customer_no, to=body.tier, reason=body.reason)
    done = await acts.perform(database, gateway, idempotency, prepare)
    return MembershipAnswer.model_validate(done.answer)


@router.post("/manager")
async def change_manager(
    customer_no: str,
    body: ManagerBody,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: Annotated[Caller, require(Action.CHANGE_MANAGER)],
) -> MembershipAnswer:
    """客户经理更换: touchpoints that wait and cases that run go to the new manager."""
    idempotency = acts.key_for(caller, key, f"manager:{customer_no}", body.model_dump(mode="json"))
    prepare = care_plan_acts.change_manager(caller, idempotency, customer_no, to=body.to, reason=body.reason)
    done = await acts.perform(database, gateway, idempotency, prepare)
    return MembershipAnswer.model_validate(done.answer)
