"""Release checks 发布检查: which code replayed which running cases, and what did not replay; kept as finished jobs."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from models.services import jobs
from models.stores.jobs import JobStore
from models.tables.jobs import Job

JOB_KIND = "replay"
KEPT_PROBLEMS = 200
PROBLEM_LENGTH = 500


class CaseReplay(NamedTuple):
    """One running case on the code that was checked; `problem` is None when it replays."""

    workflow_id: str
    kind: str
    problem: str | None


class ReleaseCheck(NamedTuple):
    """One check of one release. `passed` and `failed` are counts by kind of workflow."""

    release: str
    actor: str
    at: datetime
    passed: dict[str, int]
    failed: dict[str, int]
    problems: tuple[CaseReplay, ...]


def record(session: Session, release: str, actor: str, found: Sequence[CaseReplay]) -> Job:
    """Keep what a check found; of what did not replay the first two hundred."""
    failed = [one for one in found if one.problem is not None]
    job = jobs.create(session, JOB_KIND, {"release": release, "actor": actor}, total=len(found))
    session.flush()
    jobs.claim(session, job.id)
    jobs.finish(
        session,
        job.id,
        {
            "passed": Counter(one.kind for one in found if one.problem is None),
            "failed": Counter(one.kind for one in failed),
            "problems": [
                [one.workflow_id, one.kind, (one.problem or "")[:PROBLEM_LENGTH]] for one in failed[:KEPT_PROBLEMS]
            ],
        },
    )
    return job


def newest(session: Session, limit: int) -> list[ReleaseCheck]:
    """The last checks, newest first."""
    return [_check(job) for job in JobStore(session).newest_done(JOB_KIND, limit)]


def _check(job: Job) -> ReleaseCheck:
    result = job.result or {}
    return ReleaseCheck(
        release=job.params["release"],
        actor=job.params["actor"],
        at=job.created_at,
        passed=result["passed"],
        failed=result["failed"],
        problems=tuple(CaseReplay(*one) for one in result["problems"]),
    )
