"""Messages of the quota season 名额季: the phases of one evaluation year, and what head office does to them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from models.messages.approval import Act
from models.messages.base import Message
from models.messages.calendar import CalendarSnapshot, Deadline
from models.types import Door, SeasonPhase


class OpenSeason(Act):
    """Start of a season by head office; `comment` is the reason."""

    kind: Literal["open"] = "open"
    year: int
    workflow_id: str


class MoveSeason(Act):
    """To another phase; `comment` is the reason. `to` freeze reopens the list before publication."""

    kind: Literal["move"] = "move"
    version: int
    to: SeasonPhase


class PhaseDate(Message):
    """The procedure date by which a phase should be over; passing it only reminds."""

    phase: SeasonPhase
    due_on: date


class SeasonMoved(Message):
    """One change of phase. `actor_id` None: the window closed by itself (`actor_name` is the reserved actor)."""

    phase: SeasonPhase
    """The phase it led to."""
    version: int
    actor_id: UUID | None = None
    actor_name: str
    door: Door
    reason: str = ""
    at: datetime
    is_late: bool = False
    """After the procedure date of the phase it ended."""
    update_id: str | None = None


class SeasonState(Message):
    """Everything a season is: replayed, recorded and shown from here. `version` moves with every change of phase."""

    year: int
    phase: SeasonPhase = SeasonPhase.FREEZE
    version: int = 1
    opened_at: datetime
    dates: tuple[PhaseDate, ...] = ()
    moves: tuple[SeasonMoved, ...] = ()
    appeal_working_days: int
    appeals_until: Deadline | None = None
    """End of the appeal window 申诉期, set at publication."""
    reminded: tuple[SeasonPhase, ...] = ()
    """Phases whose date passed and of which head office was told."""


class RecordSeasonOpening(Message):
    """First record of a season."""

    start: OpenSeason
    at: datetime


class SeasonOpened(Message):
    """The recorded opening, and the calendar the appeal window runs on."""

    state: SeasonState
    calendar: CalendarSnapshot


class RecordSeasonMove(Message):
    """One accepted change of phase, to be recorded or adopted by `(year, version)`; `act` None: the window closed."""

    before: SeasonState
    after: SeasonState
    act: MoveSeason | None = None
    at: datetime


class SeasonRecorded(Message):
    """What stands in the records for that version. `adopted`: another request's change stood there already."""

    state: SeasonState
    update_id: str | None
    adopted: bool = False


class RemindSeason(Message):
    """A phase is still open after its procedure date: tell head office, once."""

    year: int
    phase: SeasonPhase
    due_on: date
    at: datetime


class SeasonAnswered(Message):
    """What an accepted act answers."""

    year: int
    phase: SeasonPhase
    version: int
