"""Runs of the comparison 对账 as jobs: asked for by a person or by the clock, followed, kept for a while."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.rulebook.schema.keeping import DEFAULT_WATCH, Watch
from models.rules.calendar import local_date
from models.services import audit, jobs
from models.services.by import By
from models.services.rulebooks import rulebook_in_force
from models.stores.reconcile import ReconcileStore
from models.stores.rulebooks import RulebookStore
from models.tables.jobs import Job
from models.types import SYSTEM_SCHEDULE, Door, JobState

JOB_KIND = "reconcile"
OPENING = timedelta(minutes=1)
"""A run of a workflow this young may not have its first record yet: it is no orphan."""
BY_THE_CLOCK = By(SYSTEM_SCHEDULE, Door.SYSTEM)


class Wish(NamedTuple):
    """What a run is to do: only look, or mend what it finds too."""

    repair: bool
    by: By
    account_id: UUID | None = None
    reason: str = ""


def watch(session: Session, now: datetime) -> Watch:
    """How operations watches, by the rules in force; a copy that has none yet is watched too."""
    if RulebookStore(session).in_force(local_date(now)) is None:
        return DEFAULT_WATCH
    return rulebook_in_force(session, local_date(now)).rulebook.keeping.watch


def ask(session: Session, wish: Wish) -> Job:
    """A run that waits to be taken up; one that waits already with the same wish is that run."""
    standing = ReconcileStore(session).newest(JOB_KIND)
    if standing is not None and standing.state is JobState.QUEUED and standing.params["repair"] == wish.repair:
        return standing
    params = {"repair": wish.repair, "actor": wish.by.actor, "door": wish.by.door.value}
    job = jobs.create(session, JOB_KIND, params, created_by=wish.account_id)
    if wish.by != BY_THE_CLOCK:
        _audit(session, job, wish)
    return job


def by_of(job: Job) -> By:
    """Who asked for a run."""
    return By(job.params["actor"], Door(job.params["door"]))


def is_due(session: Session, since: datetime) -> bool:
    """Whether the last run is long enough ago for another by the clock; counted from `since` before the first."""
    now = datetime.now(UTC)
    newest = ReconcileStore(session).newest(JOB_KIND)
    last = max(since, newest.created_at) if newest else since
    return now - last >= timedelta(minutes=watch(session, now).reconcile_every_minutes)


def ask_when_due(session: Session, since: datetime) -> Job | None:
    """The next run by the clock, when it is time; asked inside the write transaction, so that one process gets it."""
    if not is_due(session, since):
        return None
    return ask(session, Wish(watch(session, datetime.now(UTC)).reconcile_repairs, BY_THE_CLOCK))


def finish(session: Session, job_id: UUID, counts: Mapping[str, int]) -> None:
    """End a run with what it counted, and forget runs of long ago. Raises JobLostError."""
    jobs.finish(session, job_id, dict(counts))
    now = datetime.now(UTC)
    before = now - timedelta(days=watch(session, now).reconcile_keep_days)
    ReconcileStore(session).drop_before(JOB_KIND, before)


def _audit(session: Session, job: Job, wish: Wish) -> None:
    audit.append(
        session,
        actor=wish.by.actor,
        action="reconcile.asked",
        object_kind="job",
        object_id=str(job.id),
        door=wish.by.door,
        after={"repair": wish.repair},
        reason=wish.reason or None,
        request_id=wish.by.request_id,
    )
