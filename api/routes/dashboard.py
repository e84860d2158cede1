"""`/dashboard`: the numbers of every panel, the rows behind each of them, all panels as a workbook."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from sqlmodel import Session

from api.dashboard_answers import dashboard_answer, panels_of, reader_of, row_answer, rows_behind
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.dashboard_charts import workbook_of
from api.paging import PagingDep
from api.schemas.base import PageAnswer
from api.schemas.dashboard import DashboardAnswer, RowAnswer
from models.services.dashboard.figures import PanelName
from models.services.dashboard.panels import lines
from models.services.dashboard.standing import EARLIEST, LATEST, Asked, Level, Standing, stand
from models.types import Tier

router = APIRouter(tags=["dashboard"])
ReaderDep = Annotated[Caller, require(Action.READ_DASHBOARD)]


async def _asked(
    *,
    level: Level | None = None,
    institution: Annotated[str, Query(max_length=32)] = "",
    first: Annotated[date | None, Query(alias="from", ge=EARLIEST, le=LATEST)] = None,
    last: Annotated[date | None, Query(alias="to", ge=EARLIEST, le=LATEST)] = None,
    tier: Tier | None = None,
) -> Asked:
    return Asked(level, institution.strip(), first, last, tier)


AskedDep = Annotated[Asked, Depends(_asked)]


@router.get("/dashboard")
def read_dashboard(database: DatabaseDep, caller: ReaderDep, asked: AskedDep) -> DashboardAnswer:
    """Every panel. Without `level` that of the caller's widest post; days are inclusive, this year by default."""
    with database.read() as session:
        at = _stand(session, caller, asked)
        return dashboard_answer(at, {panel: lines(session, at, panel) for panel in panels_of(caller, at)})


@router.get("/dashboard/rows")
def read_rows(
    database: DatabaseDep,
    caller: ReaderDep,
    asked: AskedDep,
    paging: PagingDep,
    *,
    panel: PanelName,
    line: Annotated[str, Query(max_length=120)],
    mark: Annotated[str, Query(max_length=20)],
) -> PageAnswer[RowAnswer]:
    """The rows that one number counts, adds up or is the mean of."""
    with database.read() as session:
        at = _stand(session, caller, asked)
        found = rows_behind(session, caller, at, (panel, line, mark), paging)
        shown, cursor = paging.cut([row_answer(row) for row in found], lambda row: (str(row.id),))
    return PageAnswer(items=shown, next_cursor=cursor)


@router.get("/dashboard.xlsx", response_class=Response)
def download(database: DatabaseDep, caller: ReaderDep, asked: AskedDep) -> Response:
    """All panels, a sheet with its chart each."""
    with database.read() as session:
        at = _stand(session, caller, asked)
        return workbook_of(at, {panel: lines(session, at, panel) for panel in panels_of(caller, at)})


def _stand(session: Session, caller: Caller, asked: Asked) -> Standing:
    return stand(session, reader_of(caller), asked, datetime.now(UTC))
