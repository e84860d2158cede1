"""Parts of the answer that says why a task is due then."""

from datetime import datetime

from api.schemas.base import Answer
from models.rules.clock import IntervalKind
from models.types import AlarmKind


class PauseAnswer(Answer):
    """暂停 of the clock; still open while `resumed_at` is null."""

    paused_at: datetime
    resumed_at: datetime | None
    reason: str


class LedgerLineAnswer(Answer):
    """One line of the ledger 计时台账: half-open, up to now; lines join without gap or overlap."""

    start: datetime
    end: datetime
    kind: IntervalKind
    reason: str
    calendar_version: str


class AlarmAnswer(Answer):
    """A reminder, breach or escalation that went off (`told`: how many people) or is to come (`told` null)."""

    key: str
    kind: AlarmKind
    at: datetime
    told: int | None = None
