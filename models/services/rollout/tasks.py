"""Tasks of the parts that open: whose queue each waits in, found in the tables at that instant."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.messages.calendar import CalendarSnapshot
from models.messages.rollout import Part, PartTask, RolloutState
from models.rules import rollout
from models.rules.rollout.adopting import due
from models.rules.rollout.plan import is_head_office
from models.services.servicing.posts import queue_at
from models.services.task_ids import new_task_id
from models.types import Role

STEP = "rollout"


def newly_open(session: Session, state: RolloutState, at: datetime, calendar: CalendarSnapshot) -> tuple[PartTask, ...]:
    """A task for every part that opens now."""
    return tuple(_tasks(session, state, at, calendar))


def _tasks(session: Session, state: RolloutState, at: datetime, calendar: CalendarSnapshot) -> Iterator[PartTask]:
    for part in rollout.parts_to_open(state):
        role, code = queue_at(session, part.role, _lead(part), part.institution_code)
        yield PartTask(
            task_id=new_task_id(),
            step=STEP,
            role=role,
            institution_code=code,
            opened_at=at,
            deadline=due(state, part.number, at, calendar),
            signer_id=str(part.number),
            by_date=True,
            part=part,
        )


def _lead(part: Part) -> Role:
    """Who has the part where nobody holds its post; operations after that: never a silent pass."""
    return Role.HQ_VIP if is_head_office(part.role) else Role.BR_LEAD


def names_of(tasks: tuple[PartTask, ...], named: dict[int, str]) -> dict[UUID, str]:
    """What each task is about: the name of its piece of work, which the inbox and every reminder show."""
    return {task.task_id: named.get(task.part.number, str(task.part.number)) for task in tasks}
