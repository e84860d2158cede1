"""Answers of the dashboard."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from api.schemas.base import Answer
from models.services.dashboard.figures import PanelName
from models.services.dashboard.standing import Level
from models.types import Tier


class NumberAnswer(Answer):
    """Pieces, a share from 0 to 1, working hours (`median`), points (`score`) or yuan.

    `rows` is the address of the rows it counts, adds up or is the mean of.
    """

    value: int | Decimal | None
    rows: str | None


class LineAnswer(Answer):
    """A line of a panel; `article` where an entry of the catalogue stands behind it."""

    key: str
    name: str
    article: str | None
    numbers: dict[str, NumberAnswer]


class PanelAnswer(Answer):
    """A panel; `is_kept` false: nothing of the kind is kept yet."""

    panel: PanelName
    is_kept: bool
    lines: list[LineAnswer]


class DashboardAnswer(Answer):
    """看板 of a level, over the days from `first` to `last`, both included."""

    level: Level
    institution_code: str | None
    first: date
    last: date
    tier: Tier | None
    panels: list[PanelAnswer]


class RowAnswer(Answer):
    """A row behind a number; `id` is its own, of a request or complaint that of its case."""

    kind: str
    id: UUID
    customer_no: str
    institution_code: str
    case_id: UUID | None
    value: Decimal | None = None
    """What a sum or a mean takes of it: yuan, or points of a sheet."""
