"""Bodies and answers about stand-ins 代理: people by login, days of Asia/Shanghai, both ends included."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.base import Answer, Body
from api.schemas.cases import TaskAnswer
from models.services.stand_in_rehearsal import Gap
from models.types import CaseKind, Role, Stage, Tier

Login = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class StandInBody(Body):
    """Who stands in for whom, when and for what; empty lists mean all. `principal` is the caller when missing."""

    principal: Login | None = None
    stand_in: Login
    starts_on: date
    ends_on: date
    kinds: Annotated[tuple[CaseKind, ...], Field(max_length=10)] = ()
    tiers: Annotated[tuple[Tier, ...], Field(max_length=3)] = ()
    institution_code: Annotated[str, StringConstraints(min_length=1, max_length=32)] | None = None
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


class StandInPersonAnswer(Answer):
    """A person of a stand-in."""

    account_id: UUID
    login: str
    name: str


class StandInAnswer(Answer):
    """代理. `state`: planned, in_force or over; `may_end`: whether the caller may end it."""

    stand_in_id: UUID
    principal: StandInPersonAnswer
    stand_in: StandInPersonAnswer
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    state: str
    kinds: list[CaseKind]
    tiers: list[Tier]
    institution_code: str | None
    reason: str
    may_end: bool


class GoesAnswer(Answer):
    """So many open tasks go to this person."""

    name: str
    tasks: int


class OutlookAnswer(Answer):
    """One open task: who will have it, or why nobody; how many others of the post may do it anyway."""

    task: TaskAnswer
    to: str | None
    gap: Gap | None
    others: int


class PostOutlookAnswer(Answer):
    """What may still come to one post of the principal."""

    role: Role
    institution_code: str
    stages: list[Stage]
    to: list[str]
    gaps: list[Gap]
    others: int


class RehearsalAnswer(Answer):
    """预演: counts first, then task by task and post by post. `cut`: more open tasks than were looked at."""

    goes: list[GoesAnswer]
    nobody: int
    back_to_declarant: int
    cut: bool
    tasks: list[OutlookAnswer]
    posts: list[PostOutlookAnswer]
