"""The dashboard over HTTP, and what pages and HTTP share: who reads, and the numbers that are links to their rows."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.pages.lists import href
from api.paging import Paging
from api.schemas.dashboard import DashboardAnswer, LineAnswer, NumberAnswer, PanelAnswer, RowAnswer
from api.security.caller import Caller
from api.security.policy import Action
from models.errors import DomainError, ErrorCode
from models.rulebook import RegularService, ServiceItem
from models.services.dashboard.figures import Line, PanelName
from models.services.dashboard.panels import mark_of, rows
from models.services.dashboard.standing import Level, Reader, Standing
from models.stores.dashboard import Answered, Invited, Spent
from models.tables.care import Touchpoint
from models.tables.cases import Membership, Task
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.tables.spend import SpendPlan
from models.types import Role

ROWS = "/dashboard/rows"


def reader_of(caller: Caller) -> Reader:
    """Whom the dashboard is for."""
    scope = caller.scope(Action.READ_DASHBOARD)
    return Reader(caller.account_id, scope, Role.MGR in caller.roles)


def panels_of(caller: Caller, at: Standing) -> tuple[PanelName, ...]:
    """What the caller may see where it stands: cost only where it may read the spend of all of it."""
    return tuple(panel for panel in PanelName if panel is not PanelName.COST or _reads_spend(caller, at))


def _reads_spend(caller: Caller, at: Standing) -> bool:
    if at.top is None:
        return caller.may(Action.READ_SPEND)
    return caller.scope(Action.READ_SPEND).covers(at.top.path)


def rows_behind(
    session: Session, caller: Caller, at: Standing, number: tuple[PanelName, str, str], paging: Paging
) -> list[Any]:
    """One row more than a page of those that a number (panel, line, mark) opens. Raises NOT_FOUND where none is."""
    if number[0] not in panels_of(caller, at):
        raise DomainError(ErrorCode.NOT_FOUND)
    return rows(session, at, *number, after=paging.id(), limit=paging.fetch)


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
    """The rows that a number counts, adds up or is the mean of; empty for a share, a median, or nothing to show."""
    behind = mark_of(panel, mark)
    if behind is None or not line.cells[mark]:
        return ""
    return href(ROWS, {"panel": panel.value, "line": line.key, "mark": behind, **params_of(at)})


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
    Invited: "survey",
    Answered: "sheet",
    Spent: "spend",
    SpendPlan: "spend_plan",
}


def row_answer(row: Any) -> RowAnswer:
    """One row behind a number."""
    whose = owner_of(row)
    return RowAnswer(
        kind=_KINDS[type(row)],
        id=number_of(row),
        customer_no=whose.customer_no,
        institution_code=whose.institution_code,
        case_id=getattr(row, "case_id", None),
        value=value_of(row),
    )


def owner_of(row: Any) -> Any:
    """What names the customer, the institution and the tier of a row: of a spending its estimate, else the row."""
    if isinstance(row, Spent):
        return row.beside
    return row.row if isinstance(row, Invited | Answered) else row


def value_of(row: Any) -> Decimal | None:
    """What a mean or a sum takes of a row: points of a sheet, yuan of a spending or an estimate."""
    match row:
        case Answered(sheet, _):
            return sheet.score
        case Spent(entry, _):
            return entry.yuan
        case SpendPlan():
            return row.total
    return None


def number_of(row: Any) -> UUID:
    """The id that a list of such rows is sorted by: its own, of a request or complaint that of its case."""
    row = row.row if isinstance(row, Invited | Answered | Spent) else row
    found: UUID = row.case_id if isinstance(row, GreenChannelRecord | ComplaintRecord) else row.id
    return found
