"""Levels, posts and duties, articles 3 and 5 and regulation 2.7."""

from typing import Annotated, Literal

from pydantic import Field

from models.rulebook.schema.common import Entry, NamedEntry, Section, Text
from models.types import InstitutionLevel, Role


class LevelEntry(NamedEntry):
    """机构级别 from the top down."""

    level: InstitutionLevel
    has_counter: bool = False
    """柜面服务柜台（或中心）, uniformly marked and one-stop."""


DutyRecord = Literal[
    "unit_check",
    "branch_review",
    "branch_approval",
    "hq_review",
    "hq_approval",
    "special",
    "declarations",
    "silver_quota",
    "collecting",
    "checking",
    "signing",
    "assessments",
    "green_channel_clocks",
]
"""Records beside those of services that show a duty done: tasks of a step, declarations, quotas filed, results."""


class Duty(Entry):
    """One duty of a post; `services` names the items the post answers for, `records` what else shows it done."""

    text_zh: Text
    text_en: Text
    services: tuple[Text, ...] = ()
    records: tuple[DutyRecord, ...] = ()


class RoleDuties(NamedEntry):
    """岗位职责 of one post."""

    role: Role
    level: InstitutionLevel
    read_only: bool = False
    duties: Annotated[tuple[Duty, ...], Field(min_length=1)]


class DataRule(Entry):
    """Who sees what of a customer."""

    code: Text
    text_zh: Text
    text_en: Text


class Organisation(Section):
    """服务管理架构 and 岗位职责."""

    levels: Annotated[tuple[LevelEntry, ...], Field(min_length=1)]
    roles: Annotated[tuple[RoleDuties, ...], Field(min_length=1)]
    data_rules: tuple[DataRule, ...]
