"""The dashboard over HTTP, and what pages and HTTP share: who reads, and the numbers that are links to their rows."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from api.pages.lists import href
from api.schemas.dashboard import DashboardAnswer, LineAnswer, NumberAnswer, PanelAnswer, RowAnswer
from api.security.caller import Caller
from api.security.policy import Action
from models.rulebook import RegularService, ServiceItem
from models.services.dashboard.figures import Line, PanelName
from models.services.dashboard.panels import COUNTED
from models.services.dashboard.standing import Level, Reader, Standing
from models.tables.care import Touchpoint
from models.tables.cases import Membership, Task
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.types import Role

ROWS = "/dashboard/rows"


def reader_of(caller: Caller) -> Reader:
    """Whom the dashboard is for."""
    scope = caller.scope(Action.READ_DASHBOARD)
    return Reader(caller.account_id, scope, Role.MGR in caller.roles)


def panels_of(caller: Caller) -> tuple[PanelName, ...]:
    """What the caller may see: cost only with the permission to read the spend."""
    return tuple(panel for panel in PanelName if panel is not PanelName.COST or caller.may(Action.READ_SPEND))


def params_of(at: Standing) -> dict[str, str | None]:
    """Where the reader stands, as parameters of an address that opens the same numbers on another day, too."""
    return {
        "level": at.level.value,
        "institution": at.top.code if at.top and at.level is not Level.HQ else None,
        "from": at.ground.first.isoformat(),
        "to": at.ground.last.isoformat(),
        "tier": at.ground.tier.value if at.ground.tier else None,
    }


def rows_href(at: Standing, panel: PanelName, line: Line, mark: str) -> str:
    """The rows that a number counts; empty for a share, a median, a sum, or nothing to show."""
    if mark not in COUNTED.get(panel, ()) or not line.cells[mark]:
        return ""
    return href(ROWS, {"panel": panel.value, "line": line.key, "mark": mark, **params_of(at)})


def dashboard_answer(at: Standing, panels: Mapping[PanelName, tuple[Line, ...] | None]) -> DashboardAnswer:
    """Every panel with its lines."""
    return DashboardAnswer(
        level=at.level,
        institution_code=at.top.code if at.top else None,
        first=at.ground.first,
        last=at.ground.last,
        tier=at.ground.tier,
        panels=[_panel(at, name, lines) for name, lines in panels.items()],
    )


def _panel(at: Standing, name: PanelName, lines: tuple[Line, ...] | None) -> PanelAnswer:
    return PanelAnswer(panel=name, is_kept=lines is not None, lines=[_line(at, name, line) for line in lines or ()])


def _line(at: Standing, panel: PanelName, line: Line) -> LineAnswer:
    cells = {
        mark: NumberAnswer(value=value, rows=f"/api/v1{where}" if (where := rows_href(at, panel, line, mark)) else None)
        for mark, value in line.cells.items()
    }
    return LineAnswer(key=line.key, name=" · ".join(_names(line)), article=_article(line), numbers=cells)


def _names(line: Line) -> Iterator[str]:
    for part in line.called:
        yield part.name_zh if isinstance(part, ServiceItem | RegularService) else str(part)


def _article(line: Line) -> str | None:
    entries = (part.article for part in line.called if isinstance(part, ServiceItem | RegularService))
    return next(entries, None)


_KINDS: Mapping[type, str] = {
    Membership: "membership",
    Task: "task",
    Touchpoint: "touchpoint",
    GreenChannelRecord: "green_channel",
    ComplaintRecord: "complaint",
}


def row_answer(row: Any) -> RowAnswer:
    """One row behind a number."""
    return RowAnswer(
        kind=_KINDS[type(row)],
        id=number_of(row),
        customer_no=row.customer_no,
        institution_code=row.institution_code,
        case_id=row.case_id,
    )


def number_of(row: Any) -> UUID:
    """The id that a list of such rows is sorted by: its own, of a request or complaint that of its case."""
    found: UUID = row.case_id if isinstance(row, GreenChannelRecord | ComplaintRecord) else row.id
    return found
