"""A load that is killed at any row carries on and ends as if nothing had happened (T26)."""

import random
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, update

from activities.jobs import JobRunner
from models.database import Database
from models.encryption import Keyring
from models.services import importing, jobs
from models.services.importing import run, writing
from models.services.importing.checking import Target
from models.services.jobs import JobLostError
from models.tables.audit import AuditEntry
from models.tables.book import Customer, Experience, Policy
from models.tables.jobs import ImportRejection, Job
from models.types import JobState
from tests.importing.loading import CUSTOMERS, INSTITUTIONS, SECRET, counts, load, report, rows, start, uploads

CHUNK = 20
KINDS = (Customer, Policy, Experience, ImportRejection)


class Killed(BaseException):
    """Stands for the end of the process."""


def big_book(size: int = 300) -> dict[str, str | bytes]:
    """Rows enough for many chunks, some of them bad, some repeated."""
    policies = ["policy_no,customer_no,product_class,pay_mode,pay_term_years,effective_on,expires_on,status"]
    experience = ["policy_no,year,premium_received,earned_premium,incurred_claims"]
    for number in range(size):
        customer = "C9" if number % 17 == 0 else f"C{1 + number % 2}"
        policies.append(f"P{number},{customer},A,regular,,2025-01-01,2025-12-31,in_force")
        experience.append(f"P{number},2025,{-5 if number % 23 == 0 else number},1,1")
    experience += experience[5:9]
    files = {"institutions.csv": INSTITUTIONS, "customers.csv": CUSTOMERS}
    return {**files, "policies.csv": "\n".join(policies), "experience.csv": "\n".join(experience)}


def state(database: Database) -> dict[str, list[Any]]:
    """What a load leaves, without ids and times."""
    hidden = {"id", "job_id"}
    return {
        table.__name__: sorted(str(sorted(row.model_dump(exclude=hidden).items())) for row in rows(database, table))
        for table in KINDS
    }


@pytest.fixture
def chunked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small chunks, so that a small book has many."""
    monkeypatch.setattr(run, "CHUNK_ROWS", CHUNK)


@pytest.fixture
def whole(template: Path, tmp_path_factory: pytest.TempPathFactory, chunked: None) -> dict[str, list[Any]]:
    """What an uninterrupted load of the big book leaves."""
    path = tmp_path_factory.mktemp("whole") / "records.db"
    path.write_bytes(template.read_bytes())
    database = Database(f"sqlite:///{path}", Keyring(SECRET))
    load(database, big_book())
    found = state(database)
    database.dispose()
    return found


@pytest.mark.parametrize("seed", range(5))
def test_killed_at_random_rows_and_resumed(
    database: Database, whole: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng, seen = random.Random(seed), 0
    job_id = start(database, big_book())
    verify = writing._sort_good

    def dies(target: Target, *args: Any) -> None:
        nonlocal seen
        seen += 1
        if seen % deadly == 0:
            raise Killed
        verify(target, *args)

    monkeypatch.setattr(writing, "_sort_good", dies)
    kills = 0
    for _ in range(200):
        deadly = rng.randint(25, 160)
        try:
            importing.run_import(database, job_id)
            break
        except Killed:
            kills += 1
    assert kills >= 2
    assert state(database) == whole
    found = report(database, job_id)
    assert (found.job.state, found.job.done) == (JobState.DONE, found.job.total)
    assert sum(counts(found)["experience.csv"]) == len(str(big_book()["experience.csv"]).splitlines()) - 1


def test_killed_between_the_rows_and_the_commit(
    database: Database, whole: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = start(database, big_book())
    progress, calls = jobs.progress, 0

    def dies(*args: Any) -> None:
        nonlocal calls
        progress(*args)
        calls += 1
        if calls == 7:
            raise Killed

    monkeypatch.setattr(jobs, "progress", dies)
    with pytest.raises(Killed):
        importing.run_import(database, job_id)
    importing.run_import(database, job_id)
    assert state(database) == whole


def test_two_workers_on_one_job_load_nothing_twice(database: Database, whole: dict[str, list[Any]]) -> None:
    job_id = start(database, big_book())
    taken_over = False

    def other_worker(_: int) -> None:
        nonlocal taken_over
        if not taken_over:
            taken_over = True
            importing.run_import(database, job_id)

    with pytest.raises(JobLostError):
        importing.run_import(database, job_id, other_worker)
    assert state(database) == whole


SCRIPT = """
import sys
from models.database import Database
from models.encryption import Keyring
from models.services import importing
from models.services.importing import run
from uuid import UUID
run.CHUNK_ROWS = 20
database = Database(sys.argv[1], Keyring(sys.argv[2]))
def tell(rows):
    print(rows, flush=True)
    sys.stdin.readline()
importing.run_import(database, UUID(sys.argv[3]), tell)
"""


@pytest.mark.faults
def test_a_killed_process_is_taken_over_by_the_worker(database: Database, whole: dict[str, list[Any]]) -> None:
    job_id = start(database, big_book())
    arguments = [sys.executable, "-c", SCRIPT, str(database.engine.url), SECRET, str(job_id)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for _ in range(5):
            assert child.stdout.readline().strip().isdecimal()
            child.stdin.write("\n")
            child.stdin.flush()
        child.send_signal(signal.SIGKILL)
    runner = JobRunner(database)
    assert runner.run_pending() == 0, "the lease of the dead process still runs"
    forget_heartbeat(database, job_id)
    assert runner.run_pending() == 1
    assert state(database) == whole


def forget_heartbeat(database: Database, job_id: UUID) -> None:
    """As if the lease had run out."""
    long_ago = datetime.now(UTC) - jobs.LEASE - timedelta(seconds=1)
    with database.write() as session:
        session.execute(update(Job).where(col(Job.id) == job_id).values(heartbeat_at=long_ago))


def waiting_job(database: Database, files: dict[str, str | bytes]) -> UUID:
    """A job that no one has claimed."""
    with database.write() as session:
        return importing.create_job(session, importing.receive(uploads(files), 10**7).readable, importing.Sender()).id


def test_the_runner_runs_every_waiting_job_in_turn(database: Database) -> None:
    first = waiting_job(database, {"institutions.csv": INSTITUTIONS})
    second = waiting_job(database, {"customers.csv": CUSTOMERS})
    assert JobRunner(database).run_pending() == 2
    assert [report(database, job).job.state for job in (first, second)] == [JobState.DONE, JobState.DONE]
    assert not report(database, second).rejections
    assert JobRunner(database).run_pending() == 0


def test_a_job_that_breaks_every_worker_ends_as_failed(database: Database) -> None:
    job_id = waiting_job(database, {"institutions.csv": INSTITUTIONS})

    def breaks(_: Database, __: UUID) -> None:
        raise RuntimeError("out of memory")

    runner = JobRunner(database, {importing.JOB_KIND: breaks})
    for _ in range(jobs.MAX_ATTEMPTS):
        assert runner.run_pending() == 1
        forget_heartbeat(database, job_id)
    assert runner.run_pending() == 0
    job = report(database, job_id).job
    assert (job.state, job.error) == (JobState.FAILED, jobs.GAVE_UP)


def test_uploaded_bytes_are_sealed_and_dropped_at_the_end(database: Database) -> None:
    job_id = waiting_job(database, {"customers.csv": CUSTOMERS})
    sealed = report(database, job_id).files[0].content
    assert sealed is not None
    assert "甲公司".encode() not in sealed
    JobRunner(database).run_pending()
    assert report(database, job_id).files[0].content is None


def test_the_audit_holds_one_entry_for_a_finished_load(database: Database) -> None:
    load(database, {"institutions.csv": INSTITUTIONS})
    assert [entry.action for entry in rows(database, AuditEntry)] == ["import.finished"]
