"""Every script and one-off job of the production shape, run against real servers.

`temporal-sql-tool` is in the engine's own image and not here: a stand-in writes down how it is called.
"""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from google.protobuf.duration_pb2 import Duration
from sqlalchemy import create_engine, make_url, text
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.client import Client

from tests.architecture.sources import ROOT
from tests.faults.parts import Engine
from tests.plugins.postgres import PROGRAMS, in_database
from tests.support.world import SECRET
from workflows.namespace import RETENTION, namespace_retention, prepare_namespace, registered_search_attributes
from workflows.search_attributes import SEARCH_ATTRIBUTES

SCRIPTS = ROOT / "docs" / "compose"
AWKWARD = 'it\'s "so" $1 \\ 密'
STAND_IN = """#!/bin/sh
echo "$SQL_PASSWORD $*" >> "$CALLS"
case "$*" in *"$FAILS_AT"*) exit 1 ;; esac
"""


def _run_script(name: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    told = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", **environment}
    return subprocess.run(
        ["/bin/sh", str(SCRIPTS / name)], env=told, capture_output=True, text=True, timeout=60, check=False
    )


def test_role_and_database_of_the_records_are_made_once_and_the_password_follows(postgres: str) -> None:
    server = make_url(postgres)
    told = {
        "PGHOST": str(server.query["host"]),
        "POSTGRES_USER": "postgres",
        "APP_DB": "Green Lane",
        "APP_DB_USER": "green-lane",
    }
    for password in ("first", AWKWARD):
        ran = _run_script("init-app-db.sh", told | {"APP_DB_PASSWORD": password})
        assert ran.returncode == 0, ran.stderr
    own = create_engine(server.set(database="Green Lane", username="green-lane", password=AWKWARD))
    with own.connect() as connection:
        owner = "SELECT r.rolname, r.rolsuper, pg_encoding_to_char(d.encoding) FROM pg_database d JOIN pg_roles r"
        found = connection.execute(text(f"{owner} ON r.oid = d.datdba WHERE d.datname = current_database()")).one()
        assert tuple(found) == ("green-lane", False, "UTF8")
        connection.execute(text("CREATE TABLE may_build (id int)"))
    own.dispose()
    stored = "SELECT count(*) FROM pg_authid WHERE rolname = 'green-lane' AND rolpassword LIKE 'SCRAM-SHA-256$%'"
    admin = create_engine(in_database(postgres, "postgres"))
    with admin.connect() as connection:
        assert connection.execute(text(stored)).scalar() == 1
    admin.dispose()


def test_it_says_what_it_was_not_told() -> None:
    ran = _run_script("init-app-db.sh", {"POSTGRES_USER": "postgres"})
    assert ran.returncode != 0
    assert "APP_DB" in ran.stderr


def _schema_job(folder: Path, fails_at: str = "never") -> tuple[int, list[str]]:
    """Exit code of the schema job and the calls of the stand-in, without what all of them share."""
    tool, calls = folder / "temporal-sql-tool", folder / "calls"
    tool.write_text(STAND_IN, encoding="utf-8")
    tool.chmod(0o700)
    calls.write_text("", encoding="utf-8")
    told = {"POSTGRES_SEEDS": "pg", "POSTGRES_USER": "temporal", "SQL_PASSWORD": "word", "CALLS": str(calls)}
    told |= {"PATH": f"{folder}:{os.environ['PATH']}", "FAILS_AT": fails_at}
    ran = _run_script("setup-postgres.sh", told)
    common = "word --plugin postgres12 --ep pg -p 5432 -u temporal --db "
    lines = calls.read_text("utf-8").splitlines()
    assert all(line.startswith(common) for line in lines)
    return ran.returncode, [line.removeprefix(common) for line in lines]


def test_the_schema_job_asks_for_both_schemas_in_order_every_time(tmp_path: Path) -> None:
    folder = "/etc/temporal/schema/postgresql/v12"
    expected = [
        "temporal create",
        "temporal setup-schema -v 0.0",
        f"temporal update-schema -d {folder}/temporal/versioned",
        "temporal_visibility create",
        "temporal_visibility setup-schema -v 0.0",
        f"temporal_visibility update-schema -d {folder}/visibility/versioned",
    ]
    assert _schema_job(tmp_path) == (0, expected)
    assert _schema_job(tmp_path) == (0, expected)


def test_a_schema_that_fails_keeps_the_engine_from_starting(tmp_path: Path) -> None:
    code, calls = _schema_job(tmp_path, "temporal update-schema")
    assert (code, len(calls)) == (1, 3)


def _prepare(engine: Engine, namespace: str, home: Path) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GREENLANE_")}
    told = {
        "GREENLANE_HOME": str(home),
        "GREENLANE_SECRET_KEY": SECRET,
        "GREENLANE_TEMPORAL_ADDRESS": engine.address,
        "GREENLANE_TEMPORAL_NAMESPACE": namespace,
    }
    command = [sys.executable, "-m", "api.cli", "prepare-engine"]
    ran = subprocess.run(command, cwd=ROOT, env=kept | told, capture_output=True, text=True, timeout=90, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


async def _keep(client: Client, days: int) -> None:
    ttl = Duration()
    ttl.FromTimedelta(timedelta(days=days))
    config = NamespaceConfig(workflow_execution_retention_ttl=ttl)
    request = UpdateNamespaceRequest(namespace=client.namespace, config=config)
    await client.workflow_service.update_namespace(request)


@pytest.mark.temporal
@pytest.mark.timeout(120)
async def test_prepare_engine_makes_a_namespace_once_and_leaves_a_longer_retention_alone(
    power: Engine, tmp_path: Path
) -> None:
    name = "production"
    assert "is ready" in _prepare(power, name, tmp_path)
    client = await Client.connect(power.address, namespace=name)
    assert await namespace_retention(client) == RETENTION
    assert await registered_search_attributes(client) == {key.name for key in SEARCH_ATTRIBUTES}
    await _keep(client, 30)
    await prepare_namespace(client)
    assert await namespace_retention(client) == RETENTION
    await _keep(client, 400)
    assert "is ready" in _prepare(power, name, tmp_path)
    assert await namespace_retention(client) == timedelta(days=400)
    assert await registered_search_attributes(client) == {key.name for key in SEARCH_ATTRIBUTES}
