"""待办: what waits for me, most pressing first; what I did; what I started."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.deps import Action, Caller, DatabaseDep, require
from api.pages.build_inbox import inbox_page
from api.pages.desk import desk_of
from api.pages.inbox_query import INBOX, InboxQueryDep
from api.pages.lists import TrailDep
from api.pages.render import render
from api.paging import PagingDep

router = APIRouter()


@router.get(INBOX)
def show_inbox(
    request: Request,
    database: DatabaseDep,
    query: InboxQueryDep,
    paging: PagingDep,
    trail: TrailDep,
    *,
    caller: Annotated[Caller, require(Action.READ_TASKS)],
) -> Response:
    """One page of a box; the filter stands in the address."""
    with database.read() as session:
        model = inbox_page(desk_of(request, session, caller), query, paging, trail)
    return render(request, "pages/inbox.html", model)
