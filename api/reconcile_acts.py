"""对账 asked for and read, the same for JSON and pages."""

from collections.abc import Sequence

from sqlmodel import Session

from api.deps import Caller
from api.paging import Paging
from api.schemas.ops import DriftAnswer, DriftPageAnswer, ReconcileBody, RunAnswer
from models.errors import DomainError, ErrorCode
from models.ops_types import DriftKind
from models.services.by import By
from models.services.reconcile import runs
from models.stores.people import PeopleStore
from models.stores.reconcile import DIFFERENCES, ReconcileStore
from models.tables.jobs import Job
from models.tables.reconcile import Drift

_COUNTS = ("compared", "drifted", "repaired", "moving", "unanswered")


def start(session: Session, caller: Caller, body: ReconcileBody) -> Job:
    """Ask for a run now. Raises REASON_REQUIRED where it is to repair and nobody says why."""
    if body.repair and not body.reason:
        raise DomainError(ErrorCode.REASON_REQUIRED)
    by = By(str(caller.account_id), caller.door, caller.request_id)
    return runs.ask(session, runs.Wish(body.repair, by, caller.account_id, body.reason))


def page(session: Session, paging: Paging, kind: DriftKind | None = None) -> DriftPageAnswer:
    """The last run with a page of what it found; while one is under way, that one."""
    store = ReconcileStore(session)
    job = store.newest(runs.JOB_KIND)
    kinds = DIFFERENCES if kind is None else {kind}
    rows: Sequence[Drift] = store.drifts(job.id, paging.id(), paging.fetch, kinds) if job else ()
    shown, following = paging.cut(rows, lambda row: (str(row.id),))
    return DriftPageAnswer(
        run=run_answer(session, job) if job else None,
        items=[drift_answer(row) for row in shown],
        next_cursor=following,
    )


def run_answer(session: Session, job: Job) -> RunAnswer:
    """A run as JSON. Who asked for it is named: a person, or the reserved actor of the clock."""
    counts = {name: (job.result or {}).get(name, 0) for name in _COUNTS}
    fields = job.model_dump(include={"state", "done", "total", "error", "created_at", "finished_at"})
    person = PeopleStore(session).account(job.created_by) if job.created_by else None
    by = person.name if person else job.params["actor"]
    return RunAnswer(run_id=job.id, repair=job.params["repair"], by=by, **counts, **fields)


def drift_answer(row: Drift) -> DriftAnswer:
    """A difference as JSON."""
    return DriftAnswer(drift_id=row.id, **row.model_dump(exclude={"id", "job_id"}))
