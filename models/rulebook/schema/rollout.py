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
    after: tuple[Count, ...] | None = None
    """Numbers of the tasks that must be done before; None: those that end before its first week."""
    result_zh: Text
    result_en: Text


class Rollout(Section):
    """启动工作主要安排: default length in weeks; no original date is known beyond the year."""

    launch_year: Count
    weeks: Count
    tasks: Annotated[tuple[RolloutTask, ...], Field(min_length=1)]

    def task(self, number: int) -> RolloutTask:
        """The task of a number. Raises KeyError when there is none."""
        for task in self.tasks:
            if task.number == number:
                return task
        raise KeyError(number)

    def after(self, task: RolloutTask) -> tuple[int, ...]:
        """What a task waits for: as it says, else the tasks that end before it begins and that no other such task
        waits for by its weeks."""
        if task.after is not None:
            return task.after
        before = [other for other in self.tasks if other.to_week < task.from_week]
        last = max((other.from_week for other in before), default=0)
        return tuple(other.number for other in before if other.to_week >= last)
