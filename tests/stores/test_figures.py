"""Figures for those who watch: what /metrics shows is what the records hold, and a database that is away is said."""

import asyncio
import math
import re
from datetime import UTC, datetime, timedelta
from urllib.request import urlopen

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sqlmodel import select

from api.watch import business
from api.watch.metrics import asked_of, registry_of, served
from models.database import Database
from models.encryption import Keyring
from models.service_types import ComplaintSheet
from models.services import jobs
from models.services.reconcile import runs
from models.settings import Settings
from models.tables.cases import Task
from models.tables.messages import IdempotencyRecord, WorkerHeartbeat
from tests.architecture.sources import modules
from tests.support import serving, world
from tests.support.gateways import DeadGateway
from tests.support.ports import free_port
from tests.support.service_desk import taken_in

Shown = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture
def busy(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Two requests, one of them overdue, an inquiry, a silent worker and an act nobody knows the outcome of."""
    monkeypatch.setattr(business, "KEPT_SECONDS", 0.0)
    people, now = serving.with_counter(world.build(database)), datetime.now(UTC)
    taken_in(database, serving.request(people, received_at=now - timedelta(days=30)))
    taken_in(database, serving.request(people, received_at=now, reference_no="CL-2026-0117"))
    taken_in(database, serving.complaint(people, received_at=now, sheet=ComplaintSheet.INQUIRY))
    with database.write() as session:
        session.add(WorkerHeartbeat(worker="w", at=now - timedelta(minutes=3)))
        account = people.accounts["mgr"]
        waiting = IdempotencyRecord(account_id=account, key="k", route="decide:x", body_hash="-", created_at=now)
        session.add(waiting)
    return database


def shown(text: str) -> Shown:
    families = [family for family in text_string_to_metric_families(text) if family.name.startswith("greenlane_")]
    return {
        (sample.name.removeprefix("greenlane_"), tuple(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def read(database: Database) -> Shown:
    return shown(generate_latest(registry_of(database, lambda: True)).decode())


def test_the_figures_are_those_of_the_records(busy: Database) -> None:
    found = read(busy)
    assert found["records_up", ()] == 1
    kinds = {labels[0] for (name, labels) in found if name == "tasks_open"}
    assert kinds == {"green-channel", "complaint"}
    with busy.read() as session:
        tasks = session.exec(select(Task)).all()
    assert sum(value for (name, _), value in found.items() if name == "tasks_open") == len(tasks)
    assert found["tasks_open", ("green-channel", "overdue")] == 1
    late = min(task.due_at for task in tasks)
    assert found["task_overdue_seconds", ()] == pytest.approx((datetime.now(UTC) - late).total_seconds(), abs=60)
    assert found["worker_silent_seconds", ()] == pytest.approx(180, abs=60)
    assert found["requests_unanswered", ()] == 1
    assert sum(value for (name, _), value in found.items() if name == "cases_open") == 3


def test_what_never_happened_is_shown_as_none(database: Database) -> None:
    """A series that appears with its first count has not grown: an alert on growth would miss the first one."""
    found = read(database)
    assert found["deliveries", ("email", "failed")] == 0
    assert found["alarms_total", ("breach",)] == 0
    assert {kind for (name, (kind, *_)) in _with_labels(found) if name == "jobs"} == _job_kinds()
    assert all(found["jobs", (kind, "failed")] == 0 for kind in _job_kinds())


def test_a_worker_that_was_never_seen_is_silent(database: Database) -> None:
    assert read(database)["worker_silent_seconds", ()] == math.inf


def test_what_the_last_comparison_left_is_shown(database: Database) -> None:
    assert read(database)["drift_rows", ()] == 0
    for drifted, repaired in ((9, 0), (5, 3)):
        with database.write() as session:
            job = runs.ask(session, runs.Wish(repair=False, by=runs.BY_THE_CLOCK))
            session.flush()
            jobs.claim(session, job.id)
            runs.finish(session, job.id, {"drifted": drifted, "repaired": repaired})
    assert read(database)["drift_rows", ()] == 2


async def test_the_engine_is_asked_at_the_scrape(database: Database) -> None:
    gateway = DeadGateway()
    registry = registry_of(database, asked_of(gateway))
    assert shown((await asyncio.to_thread(generate_latest, registry)).decode())["engine_up", ()] == 0
    nowhere = registry_of(database, asked_of(None))
    assert shown((await asyncio.to_thread(generate_latest, nowhere)).decode())["engine_up", ()] == 0
    assert read(database)["engine_up", ()] == 1


def _with_labels(found: Shown) -> list[tuple[str, tuple[str, ...]]]:
    return [(name, labels) for name, labels in found if labels]


def _job_kinds() -> set[str]:
    """Kinds of long-running work, as the sources name them."""
    texts = [path.read_text("utf-8") for path in modules("models/services")]
    return {kind for text in texts for kind in re.findall(r'^JOB_KIND = "(\w+)"$', text, re.MULTILINE)}


def test_no_label_names_a_person_or_a_customer(busy: Database) -> None:
    labels = {value for _, values in read(busy) for value in values}
    assert labels
    assert not any(world.SILVER in value or world.GOLD in value for value in labels)


def test_records_that_are_away_are_said() -> None:
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1", Keyring(world.SECRET))
    found = read(gone)
    assert found["records_up", ()] == 0
    assert not any(name == "tasks_open" for name, _ in found)


def test_it_is_served_on_its_own_port_while_the_application_runs(busy: Database) -> None:
    port = free_port()
    settings = Settings(metrics_port=port)
    with served(settings, busy, lambda: True):
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert shown(answer.read().decode())["records_up", ()] == 1
        with pytest.raises(ValueError, match=f"GREENLANE_METRICS_PORT {port}"), served(settings, busy, lambda: True):
            pass
    with pytest.raises(OSError, match="refused"):
        urlopen(f"http://127.0.0.1:{port}/metrics")
