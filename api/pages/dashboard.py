"""看板: panels of numbers by level, each of them a link to the rows it counts."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dashboard_answers import reader_of
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.dashboard_query import DASHBOARD, AskedDep, PanelDep
from api.pages.dashboard_rows import Behind, rows_page
from api.pages.dashboard_view import dashboard_page, panel_page
from api.pages.desk import desk_of
from api.pages.lists import TrailDep
from api.pages.render import is_fragment, render
from api.paging import PagingDep
from models.errors import DomainError, ErrorCode
from models.services.dashboard.standing import stand

router = APIRouter(prefix=DASHBOARD)
ReaderDep = Annotated[Caller, require(Action.READ_DASHBOARD)]


@router.get("")
def show_dashboard(
    request: Request, database: DatabaseDep, caller: ReaderDep, asked: AskedDep, panel: PanelDep
) -> Response:
    """The whole page; for htmx its panels come when they are seen, one by one, from the same address."""
    with database.read() as session:
        desk = desk_of(request, session, caller)
        at = stand(session, reader_of(caller), asked, desk.now)
        if panel is not None:
            return render(request, "pages/dashboard_panel.html", panel_page(desk, at, asked, panel))
        model = dashboard_page(desk, at, asked, is_lazy=is_fragment(request))
    return render(request, "pages/dashboard.html", model)


@router.get("/rows")
def show_rows(
    request: Request,
    database: DatabaseDep,
    caller: ReaderDep,
    asked: AskedDep,
    *,
    paging: PagingDep,
    trail: TrailDep,
    panel: PanelDep,
    line: Annotated[str, Query(max_length=120)] = "",
    mark: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The rows that one number counts."""
    if panel is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    with database.read() as session:
        desk = desk_of(request, session, caller)
        at = stand(session, reader_of(caller), asked, desk.now)
        model = rows_page(desk, at, Behind(panel=panel, line=line, mark=mark, paging=paging, trail=trail))
    return render(request, "pages/dashboard_rows.html", model)
