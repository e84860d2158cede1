"""A request to a workflow exactly as it is sent, kept until its answer was seen (decisions.md 2)."""

from typing import Literal

from models.messages.base import Message
from models.messages.handing import ChainAct
from models.messages.qualification import StartQualification


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


class Outgoing(Message):
    """One of the two, as stored."""

    envelope: StartEnvelope | UpdateEnvelope
