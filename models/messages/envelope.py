"""A request to a workflow exactly as it is sent, kept until its answer was seen (decisions.md 2)."""

from typing import Literal, TypeAlias

from models.messages.base import Message
from models.messages.handing import ChainAct
from models.messages.lone_approval import StartApproval
from models.messages.membership import CancelMembership, ChangeManager, ContactAct, DowngradeMembership
from models.messages.qualification import StartQualification
from models.messages.quarter import StartPeriodClose
from models.messages.rollout import RolloutAct, StartRollout
from models.messages.season import MoveSeason, OpenSeason
from models.messages.service import ServiceStart as StartOfService
from models.messages.service_acts import ServiceAct
from models.messages.survey import OpenSurvey, SurveyAct


class StartEnvelope(Message):
    """Start of a qualification; answered when its first record stands."""

    kind: Literal["start"] = "start"
    act: StartQualification

    @property
    def workflow_id(self) -> str:
        """The workflow this starts."""
        return self.act.workflow_id


class UpdateEnvelope(Message):
    """An act of a person on a running qualification."""

    kind: Literal["decide", "correct", "resubmit", "withdraw", "act"]
    """Name of the update; `act` takes every act that is no decision."""
    workflow_id: str
    act: ChainAct


class SeasonStart(Message):
    """Start of a quota season; answered when its first record stands."""

    kind: Literal["season_start"] = "season_start"
    act: OpenSeason

    @property
    def workflow_id(self) -> str:
        """The workflow this starts."""
        return self.act.workflow_id


class ApprovalStart(Message):
    """Start of a lone approval; answered when its first record stands."""

    kind: Literal["approval_start"] = "approval_start"
    act: StartApproval

    @property
    def workflow_id(self) -> str:
        """The workflow this starts."""
        return self.act.workflow_id


class PeriodCloseStart(Message):
    """Start of a quarter's close; answered when its first record stands."""

    kind: Literal["period_close_start"] = "period_close_start"
    act: StartPeriodClose

    @property
    def workflow_id(self) -> str:
        """The workflow this starts."""
        return self.act.workflow_id


class ProgrammeUpdate(Message):
    """An act of a person on what is no approval: a season, a membership. `kind` names the update."""

    kind: Literal["move", "cancel", "downgrade", "contacts", "manager"]
    workflow_id: str
    act: MoveSeason | CancelMembership | DowngradeMembership | ContactAct | ChangeManager


class ServiceStart(Message):
    """Start of a service case; answered when its first record stands."""

    kind: Literal["service_start"] = "service_start"
    act: StartOfService

    @property
    def workflow_id(self) -> str:
        """The workflow this starts."""
        return self.act.workflow_id


class SurveyStart(Message):
    """Start of a survey campaign; answered when its first record stands."""

    kind: Literal["survey_start"] = "survey_start"
    act: OpenSurvey

    @property
    def workflow_id(self) -> str:
        """The workflow this starts."""
        return self.act.workflow_id


class SurveyUpdate(Message):
    """An act of a person on a running campaign."""

    kind: Literal["lead"] = "lead"
    workflow_id: str
    act: SurveyAct


class ServiceUpdate(Message):
    """An act on a running service case."""

    kind: Literal["serve"] = "serve"
    workflow_id: str
    act: ServiceAct


class RolloutStart(Message):
    """Start of a launch; answered when its first record stands."""

    kind: Literal["rollout_start"] = "rollout_start"
    act: StartRollout

    @property
    def workflow_id(self) -> str:
        """The workflow this starts."""
        return self.act.workflow_id


class RolloutUpdate(Message):
    """An act on a launch."""

    kind: Literal["lead"] = "lead"
    workflow_id: str
    act: RolloutAct


Starting: TypeAlias = (
    StartEnvelope | SeasonStart | ApprovalStart | PeriodCloseStart | ServiceStart | SurveyStart | RolloutStart
)
Updating: TypeAlias = UpdateEnvelope | ProgrammeUpdate | ServiceUpdate | SurveyUpdate | RolloutUpdate
Envelope: TypeAlias = Starting | Updating


class Outgoing(Message):
    """One of them, as stored."""

    envelope: Envelope
