"""`/stand-ins`: dated stand-ins 代理, and their rehearsal."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlmodel import Session

from api import stand_in_acts
from api.deps import Action, Caller, DatabaseDep, require
from api.paging import Paging, PagingDep
from api.routes.recording import Recording, recording
from api.schemas.base import PageAnswer
from api.schemas.stand_ins import RehearsalAnswer, StandInAnswer, StandInBody
from models.stores.stand_ins import StandInStore
from models.tables.desk import StandIn

router = APIRouter(prefix="/stand-ins", tags=["stand-ins"])
SetterDep = Annotated[Caller, require(Action.SET_STAND_IN)]
ActorDep = Annotated[Recording, recording(Action.SET_STAND_IN)]


class Whose(StrEnum):
    """Which stand-ins a list shows."""

    MINE = "mine"
    FOR_OTHERS = "for_others"
    BRANCH = "branch"


@router.get("")
def list_stand_ins(
    database: DatabaseDep, paging: PagingDep, caller: SetterDep, whose: Whose = Whose.MINE
) -> PageAnswer[StandInAnswer]:
    """`mine`: who acts for the caller; `for_others`: for whom it acts; `branch`: of its people. Latest start first."""
    with database.read() as session:
        rows = stand_ins_of(session, caller, whose, paging)
        shown, cursor = paging.cut(rows, lambda row: (row.starts_at.isoformat(), str(row.id)))
        return PageAnswer(items=stand_in_acts.stand_in_answers(session, caller, shown), next_cursor=cursor)


def stand_ins_of(session: Session, caller: Caller, whose: Whose, paging: Paging) -> list[StandIn]:
    """One page of a list and a row more."""
    store, after = StandInStore(session), paging.instant_and_id()
    if whose is Whose.BRANCH:
        return store.in_scope(caller.scope(Action.MANAGE_STAND_INS), after=after, limit=paging.fetch)
    read = store.of_principal if whose is Whose.MINE else store.of_stand_in
    return read(caller.account_id, after=after, limit=paging.fetch)


@router.post("", status_code=201)
def create_stand_in(body: StandInBody, by: ActorDep) -> StandInAnswer:
    """Set one for oneself; the branch lead for its people too. Both are told, and it ends by itself."""
    return by.once(
        "stand-in",
        body,
        lambda session, key: stand_in_acts.put(session, by.caller, key, body),
        lambda session, facts: stand_in_acts.stand_in_by_facts(session, by.caller, facts),
    )


@router.post("/rehearse")
def rehearse(body: StandInBody, database: DatabaseDep, caller: SetterDep) -> RehearsalAnswer:
    """预演: what the same body would do, without doing it."""
    with database.read() as session:
        return stand_in_acts.rehearsal_answer(stand_in_acts.rehearsal(session, caller, body))


@router.post("/{stand_in_id}/end")
def end_stand_in(stand_in_id: UUID, by: ActorDep) -> StandInAnswer:
    """End it now; one that is over stays as it is."""
    return by.once(
        f"stand-in-end:{stand_in_id}",
        None,
        lambda session, key: stand_in_acts.end(session, by.caller, key, stand_in_id),
        lambda session, facts: stand_in_acts.stand_in_by_facts(session, by.caller, facts),
    )
