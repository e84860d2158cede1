"""A launch in records alone: drafted, launched, its first work done, as the workflow would record it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from models.identifiers import rollout_id
from models.messages.rollout import (
    CompletePart,
    LaunchRollout,
    RecordRolloutOpening,
    RecordRolloutStep,
    RolloutAct,
    StartRollout,
)
from models.rules import rollout
from models.rules.calendar import local_date
from models.services.case_state import launch_of
from models.services.rollout.opening import record_opening
from models.services.rollout.steps import record_step
from models.stores.rollout import RolloutStore
from models.tables.columns import new_id
from tests.support.launch import who
from tests.support.world import World


def draft_launch(world: World) -> UUID:
    """A launch of Beijing and Shanghai that began eight weeks ago, its rules issued, the rest late or waiting."""
    now, case_id = datetime.now(UTC), new_id()
    start = StartRollout(
        **who(world, "hq-vip"),
        case_id=case_id,
        workflow_id=rollout_id(case_id),
        start_on=local_date(now) - timedelta(weeks=8),
        branches=("BJ", "SH"),
    )
    with world.database.write() as session:
        calendar = record_opening(session, RecordRolloutOpening(start=start, at=now)).calendar

    def act(made: RolloutAct) -> None:
        with world.database.write() as session:
            case = RolloutStore(session).get(case_id)
            assert case is not None
            before = launch_of(case)
            after = rollout.apply(before, made, now, calendar)
            record_step(session, RecordRolloutStep(before=before, after=after, act=made, at=now))

    act(LaunchRollout(**who(world, "hq-vip"), version=1))
    with world.database.read() as session:
        case = RolloutStore(session).get(case_id)
        assert case is not None
        (task,) = launch_of(case).tasks
    fields = {**who(world, "hq-vip"), "comment": "办法已下发"}
    act(CompletePart(**fields, task_id=task.task_id, version=task.version))
    return case_id
