"""The production shape as `docker-compose` reads it, and the image it runs."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.core import TyperGroup
from typer.main import get_command

from api.cli import app
from api.supervisor import temporal_server
from api.supervisor.temporal_server import DYNAMIC_CONFIG
from models.settings import Settings
from tests.architecture.sources import ROOT

FILLED = {
    "POSTGRES_PASSWORD": "engine-password",
    "APP_DB_PASSWORD": "records-password",
    "APP_SECRET_KEY": "k" * 32,
    "APP_PUBLIC_URL": "https://vip.example.com",
}
OWN = ("migrate", "prepare-engine", "api", "worker")
IMAGE = re.compile(r"(?:[\w./-]+):(\d+\.\d+(?:\.\d+)?)(?:-[\w.-]+)?")
_VARIABLE = re.compile(r"\$\{(\w+)(?::\?([^}]*))?\}")


def _example() -> dict[str, str]:
    lines = (ROOT / "docs/compose/.env.example").read_text("utf-8").splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value for name, _, value in pairs}


def _read(values: dict[str, str]) -> dict[str, Any]:
    """The file with its variables filled in. Raises KeyError with what a missing one says."""

    def fill(found: re.Match[str]) -> str:
        value = values.get(found.group(1), "")
        if not value:
            raise KeyError(found.group(2) or found.group(1))
        return value

    text = _VARIABLE.sub(fill, (ROOT / "docker-compose.yml").read_text("utf-8"))
    read: dict[str, Any] = yaml.load(text, _Strict)
    return read


class _Strict(yaml.SafeLoader):
    """Refuses a key given twice, as `docker compose` does; `docker-compose` and PyYAML take the last one in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        twice = {name for name in names if names.count(name) > 1}
        assert not twice, f"given twice: {twice}"
        return super().construct_mapping(node, deep)


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services of a filled-in example."""
    found: dict[str, Any] = _read(_example() | FILLED)["services"]
    return found


def _scraped() -> set[str]:
    """The ports that the shipped Prometheus asks for."""
    jobs = yaml.safe_load((ROOT / "docs/watch/prometheus.yml").read_text("utf-8"))["scrape_configs"]
    return {str(found["port"]) for job in jobs for found in job["dns_sd_configs"]}


def _compose(folder: Path, values: dict[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("docker-compose")
    assert program, "apt-get install docker-compose"
    written = folder / "filled.env"
    written.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    command = [program, "-f", str(ROOT / "docker-compose.yml"), "--env-file", str(written), "config"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **more}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)


def test_docker_compose_takes_it_filled_in_and_refuses_it_empty(tmp_path: Path, services: dict[str, Any]) -> None:
    mail = {"GREENLANE_SMTP_URL": "smtps://post.example.com:465"}
    taken = _compose(tmp_path, _example() | FILLED | mail)
    assert taken.returncode == 0, taken.stderr
    seen = yaml.safe_load(taken.stdout)["services"]
    assert set(seen) == set(services)
    assert seen["worker"]["environment"]["GREENLANE_SMTP_URL"] == mail["GREENLANE_SMTP_URL"]
    assert seen["worker"]["environment"]["GREENLANE_MAIL_FROM"] is None
    assert _scraped() == {seen[name]["environment"]["GREENLANE_METRICS_PORT"] for name in ("api", "worker")}
    refused = _compose(tmp_path, _example())
    assert refused.returncode != 0
    assert re.search(r"set [A-Z_]+", refused.stderr)


@pytest.mark.parametrize("missing", FILLED)
def test_a_secret_left_empty_is_named(missing: str) -> None:
    with pytest.raises(KeyError, match=f"set {missing}"):
        _read({**_example(), **FILLED, missing: ""})


def test_the_example_names_exactly_the_variables_of_the_file() -> None:
    used = {name for name, _ in _VARIABLE.findall((ROOT / "docker-compose.yml").read_text("utf-8"))}
    assert used == set(_example())
    assert {name for name, value in _example().items() if not value} == set(FILLED), "a secret has an example value"


def test_every_image_is_pinned(services: dict[str, Any]) -> None:
    foreign = {name: service["image"] for name, service in services.items() if name not in OWN}
    assert {name: image for name, image in foreign.items() if not IMAGE.fullmatch(image)} == {}


def test_only_the_proxy_and_the_operators_of_this_machine_reach_a_port(services: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert set(ports) == {"api", "temporal-ui"}
    assert all(port.startswith("127.0.0.1:") for found in ports.values() for port in found)


def test_our_containers_may_do_little(services: dict[str, Any]) -> None:
    for name in OWN:
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["read_only"] is True
        assert services[name]["security_opt"] == ["no-new-privileges:true"]


def test_nothing_starts_before_what_it_needs(services: dict[str, Any]) -> None:
    needs = {name: set(service.get("depends_on", {})) for name, service in services.items()}
    assert needs["api"] == needs["worker"] == {"migrate", "prepare-engine"}
    assert needs["migrate"] == {"postgresql"}
    assert needs["prepare-engine"] == {"temporal"}
    assert needs["temporal"] == {"temporal-schema"}
    for service in services.values():
        for needed, how in service.get("depends_on", {}).items():
            ends = services[needed]["restart"].startswith("on-failure")
            assert how["condition"] == ("service_completed_successfully" if ends else "service_healthy")
            assert ends or "healthcheck" in services[needed]


def test_what_the_containers_are_told_is_known_to_the_service(services: dict[str, Any]) -> None:
    commands = get_command(app)
    assert isinstance(commands, TyperGroup)
    for name in OWN:
        program, command = services[name]["command"]
        assert (program, command in commands.commands) == ("greenlane", True)
        told = {key: value for key, value in services[name]["environment"].items() if key.startswith("GREENLANE_")}
        assert {key.removeprefix("GREENLANE_").lower() for key in told} <= set(Settings.model_fields)
        Settings(**{key.removeprefix("GREENLANE_").lower(): value for key, value in told.items() if value}).check()


def test_every_mounted_file_is_there(services: dict[str, Any]) -> None:
    mounted = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])]
    files = {path for path in mounted if path.startswith("./")}
    assert files == {f"./docs/compose/{path.name}" for path in (ROOT / "docs/compose").glob("[!.]*")}


def test_the_engine_runs_with_the_settings_measured_for_the_embedded_one(services: dict[str, Any]) -> None:
    engine = services["temporal"]
    (mounted,) = engine["volumes"]
    file, inside, _ = mounted.split(":")
    assert engine["environment"]["DYNAMIC_CONFIG_FILE_PATH"] == inside
    read = yaml.safe_load((ROOT / file).read_text("utf-8"))
    told = {f"{name}={str(one['value']).lower()}" for name, (one,) in read.items()}
    assert told == set(DYNAMIC_CONFIG)
    assert engine["environment"]["GOGC"] == temporal_server.environment()["GOGC"]


def test_the_image_is_pinned_non_root_and_whole() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    (image,) = [line.partition("=")[2] for line in lines if line.startswith("ARG PYTHON_IMAGE")]
    assert IMAGE.fullmatch(image)
    assert [line for line in lines if line.startswith("FROM")] == [
        "FROM ${PYTHON_IMAGE} AS build",
        "FROM ${PYTHON_IMAGE}",
    ]
    (user,) = [line.split()[1] for line in lines if line.startswith("USER")]
    assert int(user) >= 10_000
    copied = {line.split()[1] for line in lines if line.startswith("COPY ") and not line.startswith("COPY --from")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= copied
    assert "--require-hashes" in "".join(lines)
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert copied | {"LICENSE", "README.md"} == let_in


def test_the_net_of_pinned_images_holds() -> None:
    assert not IMAGE.fullmatch("postgres:17")
    assert not IMAGE.fullmatch("temporalio/ui:latest")
