"""Messages of a survey campaign 满意度调查: what its workflow carries, and what people do to it."""

from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import Field

from models.messages.approval import Act
from models.messages.base import Message
from models.messages.calendar import CalendarSnapshot, Deadline
from models.service_types import SurveyStage
from models.types import Door


class OpenSurvey(Act):
    """发放: the draft is opened; from now on it is a workflow."""

    kind: Literal["open_survey"] = "open_survey"
    campaign_id: UUID
    workflow_id: str
    version: int


class CloseSurvey(Act):
    """提前截止, with the reason in `comment`."""

    kind: Literal["close_survey"] = "close_survey"
    version: int


class ExtendSurvey(Act):
    """延期 to a later day, with the reason in `comment`."""

    kind: Literal["extend_survey"] = "extend_survey"
    version: int
    closes_on: date


class PublishSurvey(Act):
    """发布: the results of a closed campaign are told to its branches."""

    kind: Literal["publish_survey"] = "publish_survey"
    version: int


SurveyAct: TypeAlias = Annotated[CloseSurvey | ExtendSurvey | PublishSurvey, Field(discriminator="kind")]


class SurveyMoved(Message):
    """One change. `actor_id` None: its time was over (`actor_name` is the reserved actor)."""

    stage: SurveyStage
    """The stage it led to."""
    version: int
    actor_id: UUID | None = None
    actor_name: str
    door: Door
    reason: str = ""
    at: datetime
    closes_at: datetime
    """When it closes since."""
    update_id: str | None = None


class SurveyState(Message):
    """Everything a running campaign is. `version` moves with every change of stage or closing time.

    `above` are the codes of its institution and of all above it: who holds a post there may lead it.
    """

    campaign_id: UUID
    institution_code: str
    above: tuple[str, ...]
    stage: SurveyStage = SurveyStage.OPEN
    version: int
    opened_at: datetime
    closes_at: Deadline
    remind_after_working_days: int
    moves: tuple[SurveyMoved, ...] = ()


class RecordSurveyOpening(Message):
    """First record of the workflow."""

    start: OpenSurvey
    at: datetime


class SurveyOpened(Message):
    """The recorded opening, and what sending runs on: the calendar, quiet hours, customers a chunk."""

    state: SurveyState
    calendar: CalendarSnapshot
    quiet_from_hour: int
    quiet_until_hour: int
    reminded: bool = False


class RecordSurveyMove(Message):
    """One accepted change, to be recorded or adopted by `(campaign, version)`; `act` None: its time was over."""

    before: SurveyState
    after: SurveyState
    act: SurveyAct | None = None
    at: datetime


class SurveyRecorded(Message):
    """What stands in the records for that version. `adopted`: another request's change stood there already."""

    state: SurveyState
    update_id: str | None
    adopted: bool = False


class SurveyOrder(Message):
    """One chunk of a round, of customers behind `after` (a customer number).

    `ask`: their invitations are made, each with its link. `invite` and `remind`: those by mail are written to.
    """

    campaign_id: UUID
    round: Literal["ask", "invite", "remind"]
    at: datetime
    after: str | None = None


class SurveySent(Message):
    """What became of one chunk; `after` None: it was the last."""

    after: str | None
    counts: dict[str, int]


class SurveyAnswered(Message):
    """What an accepted act answers."""

    campaign_id: UUID
    stage: SurveyStage
    version: int
