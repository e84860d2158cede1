"""附件八 launch plan, regulation 2.10."""

from typing import Annotated

from pydantic import Field

from models.rulebook.schema.common import Count, NamedEntry, Section, Text
from models.types import Role


class RolloutTask(NamedEntry):
    """One task, from the first day of week `from_week` to the last day of week `to_week`."""

    number: Count
    responsible: Annotated[tuple[Role, ...], Field(min_length=1)]
    from_week: Count
    to_week: Count
    result_zh: Text
    result_en: Text


class Rollout(Section):
    """启动工作主要安排: default length in weeks; no original date is known beyond the year."""

    launch_year: Count
    weeks: Count
    tasks: Annotated[tuple[RolloutTask, ...], Field(min_length=1)]
