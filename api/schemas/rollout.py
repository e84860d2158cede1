"""Bodies and answers of a launch 启动计划, 附件八; dates are inclusive, instants RFC 3339."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.base import Answer, Body
from api.schemas.desk import FileBody
from models.rules.rollout import ItemPlace
from models.types import Outcome, Role, Stage

Text = Annotated[str, StringConstraints(max_length=2000)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=32)]
Version = Annotated[int, Field(ge=1)]
Number = Annotated[int, Field(ge=1, le=1000)]


class OpenBody(Body):
    """A draft from the rulebook's template; without `branches` all of them take part."""

    start_on: date
    branches: Annotated[tuple[Code, ...], Field(max_length=500)] = ()
    comment: Text = ""


class PlanActBody(Body):
    """An act of head office on the plan; `version` is the one the caller saw."""

    version: Version
    comment: Text = ""


class ItemBody(Body):
    """One piece of work of the draft: who does it, from when to when, after what."""

    number: Number
    responsible: Annotated[tuple[Role, ...], Field(max_length=12)]
    from_on: date
    to_on: date
    after: Annotated[tuple[Number, ...], Field(max_length=100)] = ()


class PlanBody(PlanActBody):
    """The draft anew."""

    start_on: date
    branches: Annotated[tuple[Code, ...], Field(max_length=500)]
    items: Annotated[tuple[ItemBody, ...], Field(max_length=100)]


class RescheduleBody(PlanActBody):
    """改期 of one piece of work, with a reason."""

    number: Number
    from_on: date
    to_on: date


class CompleteBody(Body):
    """完成 of one part: its result 成果, and files. `version` is the task's."""

    version: Version
    comment: Text
    attachments: Annotated[tuple[FileBody, ...], Field(max_length=5)] = ()


class ReassignBody(Body):
    """改派 of one part to a person, with a reason. `version` is the task's."""

    version: Version
    to: UUID
    comment: Text


class FileRefAnswer(Answer):
    """A file handed in; read at `/reports/rollout/{case_id}/files/{attachment_id}`."""

    attachment_id: UUID
    name: str
    size: int


class PartAnswer(Answer):
    """What one post at one institution owes: open with a task, done with its result, or neither yet."""

    role: Role
    institution_code: str
    institution: str
    task_id: UUID | None = None
    version: int | None = None
    holder: str = ""
    due_at: datetime | None = None
    late: bool = False
    done_at: datetime | None = None
    done_by: str = ""
    result: str = ""
    files: list[FileRefAnswer] = Field(default_factory=list)


class ItemAnswer(Answer):
    """One piece of work. `waits_for`: predecessors that are not done."""

    number: int
    name_zh: str
    name_en: str
    result_zh: str
    result_en: str
    responsible: list[Role]
    from_on: date
    to_on: date
    after: list[int]
    place: ItemPlace
    late: bool
    critical: bool
    waits_for: list[int]
    done: int
    total: int
    parts: list[PartAnswer]


class RolloutAnswer(Answer):
    """A launch; work that is late comes first. Parts are those of head office and of the caller's institutions."""

    case_id: UUID
    stage: Stage
    version: int
    outcome: Outcome | None
    start_on: date
    branches: list[str]
    done: int
    total: int
    opened_at: datetime
    closed_at: datetime | None
    items: list[ItemAnswer]
