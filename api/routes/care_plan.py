"""`/customers/{customer_no}`: the care plan of the year, and the key contacts it is for."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from api import care_plan_acts
from api.care_plan_answers import care_plan_answer, key_contacts_answer
from api.deps import Action, Caller, DatabaseDep, require
from api.routes.sending import Sending, sending
from api.schemas.care_plan import CarePlanAnswer, ContactLeftBody, KeyContactsAnswer, KeyContactsBody
from api.schemas.customers import MembershipAnswer
from api.season_acts import now
from models.rules.calendar import local_date
from models.services.care.plan_view import contacts_view, plan_view

router = APIRouter(prefix="/customers/{customer_no}", tags=["care"])
ReaderDep = Annotated[Caller, require(Action.READ_CARE)]
KeepingDep = Annotated[Sending, sending(Action.KEEP_CONTACTS)]


@router.get("/care-plan")
def read_plan(customer_no: str, database: DatabaseDep, caller: ReaderDep) -> CarePlanAnswer:
    """Everything planned for the term that counts, and every re-planning with its reasons."""
    with database.read() as session:
        return care_plan_answer(plan_view(session, customer_no, caller.scope(Action.READ_CARE), local_date(now())))


@router.get("/key-contacts")
def read_contacts(customer_no: str, database: DatabaseDep, caller: ReaderDep) -> KeyContactsAnswer:
    """重点服务对象 of article 16, and whoever else could be chosen; masked."""
    with database.read() as session:
        scope = caller.scope(Action.READ_CARE)
        return key_contacts_answer(contacts_view(session, customer_no, scope, local_date(now())))


@router.put("/key-contacts")
async def change_contacts(customer_no: str, body: KeyContactsBody, by: KeepingDep) -> MembershipAnswer:
    """Choose 1-2 leaders and 1-2 handlers; the year is planned anew for them."""
    done = await by.send(
        f"key-contacts:{customer_no}",
        body,
        lambda key: care_plan_acts.change_contacts(
            by.caller, key, customer_no, contact_ids=body.contact_ids, reason=body.reason
        ),
    )
    return MembershipAnswer.model_validate(done.answer)


@router.post("/contacts/{contact_id}/left")
async def contact_left(customer_no: str, contact_id: UUID, body: ContactLeftBody, by: KeepingDep) -> MembershipAnswer:
    """The contact left the unit: what was planned for it is cancelled, what runs for it is stopped."""
    done = await by.send(
        f"contact-left:{contact_id}",
        body,
        lambda key: care_plan_acts.contact_left(
            by.caller, key, customer_no, contact_id, left_on=body.left_on, reason=body.reason
        ),
    )
    return MembershipAnswer.model_validate(done.answer)
