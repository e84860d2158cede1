"""Figures for those who watch: what /metrics shows is what the records hold, and a database that is away is said."""

from datetime import UTC, datetime, timedelta
from urllib.request import urlopen

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sqlmodel import select

from api.watch import business
from api.watch.metrics import registry_of, served
from models.database import Database
from models.encryption import Keyring
from models.service_types import ComplaintSheet
from models.settings import Settings
from models.tables.cases import Task
from models.tables.messages import IdempotencyRecord, WorkerHeartbeat
from tests.support import serving, world
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
    return shown(generate_latest(registry_of(database)).decode())


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
    with served(settings, busy):
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert shown(answer.read().decode())["records_up", ()] == 1
        with pytest.raises(ValueError, match=f"GREENLANE_METRICS_PORT {port}"), served(settings, busy):
            pass
    with pytest.raises(OSError, match="refused"):
        urlopen(f"http://127.0.0.1:{port}/metrics")
