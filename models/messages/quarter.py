"""Messages of the workflow `period-close`: the quarterly summary 附件二 of one branch."""

from datetime import datetime
from uuid import UUID

from models.messages.approval import Act
from models.messages.base import Message


class StartPeriodClose(Act):
    """Start of `period-close/{year}-Q{quarter}/{branch}`, by the sweep or by a person."""

    case_id: UUID
    workflow_id: str
    year: int
    quarter: int
    institution_code: str
    """The branch."""


class RecordPeriodOpening(Message):
    """First record of a close: the figures are frozen with it."""

    start: StartPeriodClose
    at: datetime
