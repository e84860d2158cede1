"""批量处理 by operations as a job: asked for, done case by case, stopped; its result says what became of each.

What the act is, and whether a case takes it, is the business of whoever runs it. Never commits.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.ops_types import BulkAct
from models.services import audit, jobs
from models.services.by import By
from models.tables.jobs import Job
from models.types import Door, JobState

JOB_KIND = "ops_bulk"


class Wish(NamedTuple):
    """One act on several cases, each once, in this order; `to`: whom they are given to."""

    act: BulkAct
    case_ids: tuple[UUID, ...]
    reason: str
    to: UUID | None = None


def ask(session: Session, wish: Wish, account_id: UUID, by: By) -> Job:
    """A job that waits to be taken up, with its entry in the audit trail. Raises REASON_REQUIRED."""
    if not wish.reason:
        raise DomainError(ErrorCode.REASON_REQUIRED)
    params = {
        "act": wish.act.value,
        "case_ids": [str(case_id) for case_id in wish.case_ids],
        "reason": wish.reason,
        "to": str(wish.to) if wish.to else None,
    }
    job = jobs.create(session, JOB_KIND, params, total=len(wish.case_ids), created_by=account_id)
    _audit(session, job, by, "ops.bulk_asked", wish.reason)
    return job


def wish_of(job: Job) -> Wish:
    """What was asked for."""
    kept = job.params
    to = UUID(kept["to"]) if kept["to"] else None
    return Wish(BulkAct(kept["act"]), tuple(map(UUID, kept["case_ids"])), kept["reason"], to)


def get(session: Session, job_id: UUID) -> Job:
    """One such job. Raises NOT_FOUND, for a job of another kind too."""
    job = jobs.get(session, job_id)
    if job.kind != JOB_KIND:
        raise DomainError(ErrorCode.NOT_FOUND)
    return job


def stop(session: Session, job: Job, by: By) -> None:
    """停止: nothing more is begun; what is under way is finished and told. Nothing happens to one that has ended."""
    if job.state not in {JobState.QUEUED, JobState.RUNNING} or is_stopped(job):
        return
    job.params = {**job.params, "stopped": True}
    session.add(job)
    _audit(session, job, by, "ops.bulk_stopped", None)


def is_stopped(job: Job) -> bool:
    """Whether somebody asked it to stop."""
    return bool(job.params.get("stopped"))


def results(job: Job) -> list[dict[str, Any]]:
    """What became of each case so far: `case_id`, and `code` with `context` where it was refused."""
    return list((job.result or {}).get("items", ()))


def next_case(session: Session, job_id: UUID) -> UUID | None:
    """The case whose turn it is; None when all are done or nobody wants the rest. Ends the job then."""
    job = get(session, job_id)
    done = len(results(job))
    cases: Sequence[str] = job.params["case_ids"]
    if done < len(cases) and not is_stopped(job):
        return UUID(cases[done])
    jobs.finish(session, job_id, {"items": results(job)})
    return None


def note(session: Session, job_id: UUID, case_id: UUID, refusal: DomainError | None) -> None:
    """Keep what became of a case. Raises JobLostError."""
    jobs.progress(session, job_id, 1)
    job, item = get(session, job_id), {"case_id": str(case_id)}
    refused = {"code": refusal.code.value, "context": dict(refusal.context)} if refusal else {}
    job.result = {"items": [*results(job), item | refused]}
    session.add(job)
    session.flush()


def _audit(session: Session, job: Job, by: By, action: str, reason: str | None) -> None:
    audit.append(
        session,
        actor=by.actor,
        action=action,
        object_kind="job",
        object_id=str(job.id),
        door=Door.OVERRIDE,
        after={"act": job.params["act"], "cases": job.total},
        reason=reason,
        request_id=by.request_id,
    )
