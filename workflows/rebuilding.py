"""Writes again what the engine knows and the records do not: the same record activities, with their old messages.

Insert-or-adopt makes what stands a no-op; tasks get the ids they have in the history, so that records and engine agree.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from inspect import iscoroutinefunction
from typing import Any
from uuid import UUID

import structlog
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.adapters.memberships import EngineMemberships
from activities.adapters.touchpoints import EngineTouchpoints
from activities.approval import ApprovalActivities
from activities.membership import MembershipActivities
from activities.qualification import QualificationActivities
from activities.quarter import QuarterActivities
from activities.rollout import RolloutActivities
from activities.season import SeasonActivities
from activities.service import ServiceActivities
from activities.survey import SurveyActivities
from models.database import Database
from models.messages.qualification import CaseClosed
from models.services import audit
from models.services.approval.diverged import RecordDivergedError
from models.services.task_ids import given_task_ids
from models.settings import Settings
from models.stores.memberships import running_memberships
from workflows.histories import Asked, asked_by
from workflows.registry import activity_methods
from workflows.worker import notifier_of

REBUILT = "rebuilt"
"""Marks audit entries that were written from the engine's history."""
_ALSO = {"adopt-calendar", "plan-care", "move-membership", "end-downgrade-buffer"}
"""Write records like those whose name says so."""

Writers = Mapping[str, Callable[[Any], Any]]
_log = structlog.get_logger(__name__)


def writers(client: Client, database: Database, settings: Settings) -> Writers:
    """The activities that write records, by wire name. None of them tells anybody anything; all are safe to repeat."""
    notifier = notifier_of(settings)
    methods = activity_methods(
        ApprovalActivities(database),
        QualificationActivities(database, EngineMemberships(client, settings.task_queue)),
        MembershipActivities(database, notifier, EngineTouchpoints(client)),
        ServiceActivities(database),
        SeasonActivities(database),
        SurveyActivities(database, notifier, settings.base_url),
        QuarterActivities(database),
        RolloutActivities(database),
    )
    named = {getattr(method, "__temporal_activity_definition").name: method for method in methods}
    return {name: method for name, method in named.items() if name.startswith("record-") or name in _ALSO}


async def rebuild(client: Client, writing: Writers, workflow_id: str, since: datetime | None = None) -> int:
    """Write what the workflow's history has and the records lack; gives how many messages were gone through.

    `since` leaves out what was asked for before. A message that the records refuse ends it, for what follows stands on
    it; the comparison afterwards tells what is left. Raises what `asked_by` does.
    """
    done = 0
    for asked in await asked_by(client, workflow_id):
        if asked.name not in writing or (since is not None and asked.at < since):
            continue
        if getattr(asked.answer, "adopted", False):
            continue
        try:
            await _write(writing[asked.name], asked)
        except (ApplicationError, RecordDivergedError) as error:
            _log.warning("cannot be rebuilt", workflow_id=workflow_id, activity=asked.name, error=str(error))
            break
        done += 1
    return done


async def grant_again(client: Client, database: Database, task_queue: str, today: date) -> int:
    """Start or tell the workflow of every running membership, which ignores what it knows; gives how many."""
    granting = QualificationActivities(database, EngineMemberships(client, task_queue))
    case_ids = await asyncio.to_thread(_running_cases, database, today)
    for case_id in case_ids:
        await granting.start_membership(CaseClosed(case_id=case_id))
    return len(case_ids)


def _running_cases(database: Database, today: date) -> list[UUID]:
    with database.read() as session:
        return [row.case_id for row in running_memberships(session, today)]


async def _write(activity: Callable[[Any], Any], asked: Asked) -> None:
    with given_task_ids(_opened_tasks(asked)), audit.marked(REBUILT):
        if iscoroutinefunction(activity):
            await activity(asked.message)
        else:
            await asyncio.to_thread(activity, asked.message)


def _opened_tasks(asked: Asked) -> tuple[UUID, ...]:
    """Ids of the tasks that the act opened, in the order in which they were made."""
    known = {task.task_id for task in _tasks(getattr(asked.message, "before", None))}
    state = getattr(asked.answer, "state", None)
    tasks = _tasks(state) if state is not None else getattr(asked.answer, "opened", ())
    return tuple(task.task_id for task in tasks if task.task_id not in known)


def _tasks(state: Any) -> Sequence[Any]:
    """Open tasks of a state; a season or a campaign has none."""
    return getattr(state, "tasks", ())
