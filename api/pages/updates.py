"""`/updates/{key}`: what became of an act whose answer was lost; leads on as soon as it is known."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import pending
from api.pages.render import see_other
from api.pages.task_acts import CHAIN_ACTS
from api.security.redirects import local_path
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.ops_types import OpsAct
from models.services import drafts
from models.stores.idempotency import DONE, IdempotencyStore
from models.tables.messages import IdempotencyRecord

router = APIRouter(prefix="/updates")
_OF_TASKS = {"decide", "correct"} | CHAIN_ACTS
_OF_THE_PROGRAMME = {"season-open", "season", "appeal", "membership-cancel", "membership-downgrade"}
"""Acts on no case: their outcome stands where the person came from."""
_TAKEN_IN, _ON_REQUESTS = "green-channel", "green-"
"""绿色通道: taking a request in, and the acts on one."""
_BY_OPERATIONS = {f"ops-{act.value}": act.value for act in OpsAct}


@router.get("/{key}")
def show_update(
    request: Request,
    key: Annotated[str, Path(max_length=100, pattern=r"^[\w.:-]+$")],
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.READ_ME)],
    *,
    back: Annotated[str, Query(max_length=2000)] = "/",
) -> Response:
    """Wait on, or go where the outcome stands."""
    with database.read() as session:
        row = IdempotencyStore(session).find(caller.account_id, key)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    if row.state != DONE:
        return pending(request, database, caller, key, kept="", back=local_path(back))
    return see_other(request, _outcome(database, caller, row, local_path(back)))


def _outcome(database: Database, caller: Caller, row: IdempotencyRecord, back: str) -> str:
    """Where the result stands; a draft of what went through is forgotten."""
    name, _, subject = row.route.partition(":")
    refused = "code" in (row.answer or {})
    if name in _OF_TASKS:
        if not refused:
            _forget(database, caller, f"task:{subject}")
        done = name if name in CHAIN_ACTS else "1"
        return _with(back if subject in back else f"/tasks/{subject}", row, done, refused=refused)
    if name in _OF_THE_PROGRAMME:
        return _with(back, row, name, refused=refused)
    case_id = (row.answer or {}).get("case_id")
    if name == _TAKEN_IN:
        return f"/{name}/{case_id}?done=open" if case_id else _with(back, row, "", refused=refused)
    if subject:
        page, done = _own_page(name, subject)
        return _with(page, row, done, refused=refused)
    return f"/cases/{case_id}?done={name}" if case_id else _with(back, row, "", refused=refused)


def _own_page(name: str, subject: str) -> tuple[str, str]:
    """The page of the case that was acted on, and what was done as that page calls it."""
    if name.startswith(_ON_REQUESTS):
        return f"/green-channel/{subject}", name.removeprefix(_ON_REQUESTS)
    if name in _BY_OPERATIONS:
        return f"/ops/cases/{subject}", _BY_OPERATIONS[name]
    return f"/cases/{subject}", name


def _with(address: str, row: IdempotencyRecord, done: str, *, refused: bool) -> str:
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}update={row.key}" if refused else f"{address}{joint}done={done}"


def _forget(database: Database, caller: Caller, subject: str) -> None:
    with database.write() as session:
        drafts.delete(session, caller.account_id, subject)
