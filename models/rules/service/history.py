"""The book of a service case: the next line, and the refusals that name an earlier one."""

from collections.abc import Mapping
from datetime import datetime

from models.errors import DomainError, ErrorCode
from models.messages.approval import Act
from models.messages.service import ServicePast, ServiceState
from models.rules.service.tasks import settled


def accepted(
    state: ServiceState, act: Act, kind: str, at: datetime, change: Mapping[str, object], *, to_name: str = ""
) -> ServiceState:
    """The state with `change`, one more act, and its task as the stage now asks."""
    moved = settled(state, state.model_copy(update={"version": state.version + 1, **change}))
    left = {task.task_id for task in moved.tasks}
    gone = tuple(task.task_id for task in state.tasks if task.task_id not in left)
    past = ServicePast(
        step_no=state.step_no + 1,
        act=kind,
        stage=state.stage,
        task_id=gone[0] if gone else None,
        closed=gone,
        actor_id=act.actor_id,
        actor_name=act.actor_name,
        on_behalf_of=act.on_behalf_of,
        door=act.door,
        to_name=to_name or None,
        at=at,
    )
    return moved.model_copy(update={"step_no": past.step_no, "acts": (*state.acts, past)})


def already_acted(past: ServicePast) -> DomainError:
    """The refusal that names who acted first, how, and when."""
    return DomainError(ErrorCode.ALREADY_DECIDED, who=past.actor_name, when=past.at.isoformat(), verb=past.act)


def wrong_stage(state: ServiceState) -> DomainError:
    """The act is not open at this stage."""
    return DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)


def missing(field: str) -> DomainError:
    """A text that the record needs is empty."""
    return DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": field, "reason": "missing"}])
