"""The worker process: workflows, activities, jobs, heartbeat; SIGTERM drains it."""

import asyncio
import os
import signal
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import structlog
from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, Worker

from activities.adapters.case_signals import EngineCases
from activities.adapters.chat import AppriseChat
from activities.adapters.duties import EngineDuties
from activities.adapters.mailbox import MailFolder
from activities.adapters.memberships import EngineMemberships
from activities.adapters.smtp import SmtpMail
from activities.adapters.touchpoints import EngineTouchpoints
from activities.approval import ApprovalActivities
from activities.calendar import CalendarActivities
from activities.jobs import HANDLERS, Handler, JobRunner
from activities.membership import MembershipActivities
from activities.notification import NotificationActivities
from activities.ports import Notifier
from activities.qualification import QualificationActivities
from activities.quarter import QuarterActivities
from activities.rollout import RolloutActivities
from activities.season import SeasonActivities
from activities.service import ServiceActivities
from activities.survey import SurveyActivities
from activities.sweep import SweepActivities
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services.heartbeat import beat, leave
from models.services.maintenance import is_closed
from models.settings import Settings
from workflows.activity_context import ActivityContext
from workflows.client import connect
from workflows.options import STICKY_TIMEOUT
from workflows.outgoing import Outgoing
from workflows.registry import WORKFLOWS, activity_methods, sandbox
from workflows.sweeping import Sweeping
from workflows.telemetry import sdk_runtime

_log = structlog.get_logger(__name__)
ACTIVITY_THREADS = 8
_NO_MORE: Mapping[str, Handler] = {}
DRAIN = timedelta(seconds=10)
HEARTBEAT_SECONDS = 5.0
JOB_POLL_SECONDS = 0.5
DELIVERY_POLL_SECONDS = 1.0
SWEEP_POLL_SECONDS = 60.0


def make_worker(client: Client, database: Database, settings: Settings, executor: ThreadPoolExecutor) -> Worker:
    """A worker wired to real collaborators; these rooms are all that it runs."""
    notifier = notifier_of(settings)
    methods = activity_methods(
        ApprovalActivities(database),
        QualificationActivities(database, EngineMemberships(client, settings.task_queue)),
        MembershipActivities(database, notifier, EngineTouchpoints(client)),
        NotificationActivities(database, notifier, AppriseChat(), settings.base_url),
        SeasonActivities(database),
        CalendarActivities(database, EngineCases(client)),
        ServiceActivities(database),
        QuarterActivities(database),
        SweepActivities(database, EngineDuties(client, settings.task_queue), notifier, EngineTouchpoints(client)),
        SurveyActivities(database, notifier, settings.base_url),
        RolloutActivities(database),
    )
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=list(WORKFLOWS),
        activities=methods,
        activity_executor=executor,
        workflow_runner=sandbox(),
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        sticky_queue_schedule_to_start_timeout=STICKY_TIMEOUT,
        graceful_shutdown_timeout=DRAIN,
        interceptors=[ActivityContext()],
    )


def notifier_of(settings: Settings) -> Notifier:
    """The mail server of the settings; without one letters become files in the home."""
    if settings.smtp_url is None:
        return MailFolder(settings.home / "mail", settings.sender)
    return SmtpMail.from_url(settings.smtp_url.get_secret_value(), settings.sender)


async def run_worker(settings: Settings, more_jobs: Mapping[str, Handler] = _NO_MORE) -> None:
    """Run until SIGTERM or SIGINT, then drain. The schema must be migrated already.

    `more_jobs` are kinds of long-running work that stand above this layer: what draws pages draws batches of forms.
    Raises ENGINE_UNAVAILABLE when nobody answers at the engine's address.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    database = Database.from_settings(settings)
    client = await _connected(settings)
    with ThreadPoolExecutor(ACTIVITY_THREADS, thread_name_prefix="activity") as executor:
        async with make_worker(client, database, settings, executor):
            outgoing = Outgoing(client, database, settings.task_queue)
            sweeping = Sweeping(client, database, settings.task_queue)
            due = (
                _turns(outgoing, database, DELIVERY_POLL_SECONDS, stop),
                _turns(sweeping, database, SWEEP_POLL_SECONDS, stop),
            )
            await asyncio.gather(give_signs_of_life(database, stop), _run_jobs(database, stop, more_jobs), *due)
    database.dispose()


async def _connected(settings: Settings) -> Client:
    try:
        return await connect(settings, runtime=sdk_runtime(settings))
    except RuntimeError as error:  # the SDK's way to say that nobody answers there, or whom it does not trust
        _log.error("no way to the engine", address=settings.temporal_address, cause=str(error))
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE) from error


async def give_signs_of_life(database: Database, stop: asyncio.Event) -> None:
    """Beat until the worker stops, and leave then: it takes no more work."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    while not stop.is_set():
        await asyncio.to_thread(beat, database, name, datetime.now(UTC))
        await _pause(stop, HEARTBEAT_SECONDS)
    await asyncio.to_thread(leave, database, name)


async def _run_jobs(database: Database, stop: asyncio.Event, more: Mapping[str, Handler]) -> None:
    runner = JobRunner(database, {**HANDLERS, **more})
    while not stop.is_set():
        await asyncio.to_thread(runner.run_pending)
        await _pause(stop, JOB_POLL_SECONDS)


async def _turns(room: Outgoing | Sweeping, database: Database, seconds: float, stop: asyncio.Event) -> None:
    """Let a room start what is due, time and again; nothing is sent while the doors are closed 维护."""
    while not stop.is_set():
        if not await asyncio.to_thread(is_closed, database):
            await room.turn()
        await _pause(stop, seconds)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
