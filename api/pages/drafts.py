"""`/drafts/{subject}`: forms save what is being typed, so that nothing typed is lost."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.deps import Action, Caller, DatabaseDep, require
from models.database import Database
from models.services import drafts

_NOT_TYPED = frozenset({"csrf_token", "idempotency_key", "version", "customer_no", "year"})
router = APIRouter(prefix="/drafts")


@router.post("/{subject}", status_code=204)
async def save_draft(
    request: Request,
    subject: Annotated[str, Path(max_length=100, pattern=r"^[a-z]+:[\w.:-]+$")],
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.READ_ME)],
) -> Response:
    """Keep every text field of the form under the caller's own account; empty fields forget the draft."""
    typed = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    await run_in_threadpool(_save, database, caller, subject, typed)
    return Response(status_code=204)


def _save(database: Database, caller: Caller, subject: str, typed: dict[str, str]) -> None:
    fields = {name: value for name, value in typed.items() if name not in _NOT_TYPED}
    with database.write() as session:
        drafts.save(session, caller.account_id, subject, fields, datetime.now(UTC))
