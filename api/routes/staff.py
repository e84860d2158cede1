"""`/staff`: who holds which post where."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from sqlmodel import Session

from api.deps import Action, Caller, DatabaseDep, require
from api.paging import PagingDep
from api.schemas.access import PersonAnswer, PostAnswer
from api.schemas.base import PageAnswer
from models.services.accounts import account_or_refuse
from models.stores.accounts import AccountStore
from models.tables.organisation import Account

router = APIRouter(prefix="/staff", tags=["organisation"])
ReaderDep = Annotated[Caller, require(Action.READ_STAFF)]


def state_of(account: Account) -> Literal["active", "not_activated", "disabled"]:
    """Whether a person can sign in."""
    if account.disabled_at is not None:
        return "disabled"
    return "active" if account.password_hash else "not_activated"


def people_answers(session: Session, accounts: Sequence[Account]) -> list[PersonAnswer]:
    """Accounts with their posts, as JSON."""
    posts = AccountStore(session).posts_of([account.id for account in accounts])
    return [
        PersonAnswer(
            account_id=account.id,
            login=account.login,
            name=account.name,
            institution_code=account.institution_code,
            state=state_of(account),
            posts=[PostAnswer.model_validate(post) for post in posts if post.account_id == account.id],
        )
        for account in accounts
    ]


@router.get("")
def list_staff(
    database: DatabaseDep,
    paging: PagingDep,
    caller: ReaderDep,
    institution_code: Annotated[str | None, Query(max_length=32)] = None,
) -> PageAnswer[PersonAnswer]:
    """People of the caller's institutions with their posts."""
    with database.read() as session:
        scope = caller.scope(Action.READ_STAFF)
        store = AccountStore(session)
        rows = store.page(scope, after=paging.text(), limit=paging.fetch, institution_code=institution_code)
        shown, cursor = paging.cut(rows, lambda row: (row.login,))
        return PageAnswer(items=people_answers(session, shown), next_cursor=cursor)


@router.get("/{login}")
def read_person(login: str, database: DatabaseDep, caller: ReaderDep) -> PersonAnswer:
    """One person with its posts."""
    with database.read() as session:
        account = account_or_refuse(session, login, caller.scope(Action.READ_STAFF))
        return people_answers(session, [account])[0]
