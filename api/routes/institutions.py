"""`/institutions`: the tree, as far as the caller sees it."""

from typing import Annotated

from fastapi import APIRouter

from api.deps import Action, Caller, DatabaseDep, require
from api.paging import PagingDep
from api.schemas.access import InstitutionAnswer
from api.schemas.base import PageAnswer
from models.errors import DomainError, ErrorCode
from models.stores.institutions import InstitutionStore

router = APIRouter(prefix="/institutions", tags=["organisation"])
ReaderDep = Annotated[Caller, require(Action.READ_INSTITUTIONS)]


@router.get("")
def list_institutions(database: DatabaseDep, paging: PagingDep, caller: ReaderDep) -> PageAnswer[InstitutionAnswer]:
    """Institutions 机构 in the order of the tree."""
    with database.read() as session:
        scope = caller.scope(Action.READ_INSTITUTIONS)
        rows = InstitutionStore(session).page(scope, after=paging.text(), limit=paging.fetch)
    shown, cursor = paging.cut(rows, lambda row: (row.path,))
    return PageAnswer(items=[InstitutionAnswer.model_validate(row) for row in shown], next_cursor=cursor)


@router.get("/{institution_code}")
def read_institution(institution_code: str, database: DatabaseDep, caller: ReaderDep) -> InstitutionAnswer:
    """One institution."""
    with database.read() as session:
        row = InstitutionStore(session).get(institution_code, caller.scope(Action.READ_INSTITUTIONS))
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return InstitutionAnswer.model_validate(row)
