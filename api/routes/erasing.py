"""`/customers/{customer_no}/erasing`: the people of a customer, and erasing one of them 删除个人信息."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlmodel import Session

from api import erased_list, erasing_acts
from api.act_base import now
from api.deps import Action, Caller, DatabaseDep, SettingsDep, require
from api.routes.recording import Recording, recording
from api.schemas.erasing import EraseBody, ErasedAnswer, PersonsAnswer
from models.services.desk.once import Facts, once
from models.services.idempotency import Key

router = APIRouter(prefix="/customers/{customer_no}", tags=["retention"])
EraserDep = Annotated[Recording, recording(Action.ERASE_PERSONS)]


@router.get("/erasing")
def read_persons(
    customer_no: str, database: DatabaseDep, caller: Annotated[Caller, require(Action.ERASE_PERSONS)]
) -> PersonsAnswer:
    """The people of a customer, masked, each with what would go."""
    with database.read() as session:
        return erasing_acts.read(session, caller, customer_no)


@router.post("/contacts/{contact_id}/erase")
def erase_person(
    customer_no: str, contact_id: UUID, body: EraseBody, by: EraserDep, settings: SettingsDep
) -> ErasedAnswer:
    """Destroy the person's key and overwrite what identifies it; it cannot be undone."""

    def do(session: Session, key: Key) -> Facts:
        erased = lambda: erasing_acts.erase(session, by.caller, customer_no, contact_id, body.reason)  # noqa: E731
        return once(session, key, now(), erased)

    answer = by.once(f"contact-erase:{contact_id}", body, do, lambda _, facts: ErasedAnswer.model_validate(facts))
    erased_list.note(settings, by.database)
    return answer
