"""当时所见: what stood on an approver's page when it decided, and what is different now."""

from dataclasses import dataclass

from api.pages.view.common import Strip
from api.pages.view.score import ScoreTable
from api.pages.view.shell import Page
from api.pages.view.task import ChangeRow, Fact, Seat


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidencePage(Page):
    """One snapshot, checked against its digest."""

    subject: str
    sentence: str
    """陈志远 于 2月5日 10:21 同意了 分公司审批."""
    digest: str
    strips: tuple[Strip, ...] = ()
    form: tuple[Fact, ...] = ()
    score: ScoreTable | None = None
    clock: tuple[Fact, ...] = ()
    seats: tuple[Seat, ...] = ()
    differences: tuple[ChangeRow, ...] = ()
    same: str = ""
    """Said when nothing differs."""
    raw: str = ""
    """The stored snapshot itself."""
