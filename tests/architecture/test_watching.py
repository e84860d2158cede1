"""Alert rules and dashboard: they name metrics that exist, Prometheus can read them, each alert is explained."""

import json
import re
import shutil
import subprocess
from itertools import chain
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from api.watch.business import BusinessCollector
from api.watch.calls import ENGINE_CALLS, REQUESTS
from api.watch.metrics import EngineCollector
from models.database import Database

ROOT = Path(__file__).parents[2]
WATCH = ROOT / "docs" / "watch"
OF_OTHERS = {"up", "process_resident_memory_bytes"}
_METRIC = re.compile(r"\b(?:greenlane|temporal|process|http)_[a-z_]+\b|\bup\b")


def rules() -> list[dict[str, Any]]:
    """Every alert."""
    groups = yaml.safe_load((WATCH / "alerts.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> list[str]:
    """Every expression of rules and dashboard."""
    panels = json.loads((WATCH / "grafana.json").read_text("utf-8"))["panels"]
    shown = [target["expr"] for panel in panels for target in panel["targets"]]
    return [*(rule["expr"] for rule in rules()), *shown]


def named_in_rules() -> set[str]:
    """Every metric that rules and dashboard lean on."""
    return set(chain.from_iterable(_METRIC.findall(expression) for expression in expressions()))


def ours(database: Database) -> set[str]:
    """Names the API process shows."""
    read = [*BusinessCollector(database).collect(), *EngineCollector(lambda: True).collect()]
    families = [*read, *ENGINE_CALLS.describe(), *REQUESTS.describe()]
    suffixes = {"gauge": [""], "counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
    return {f"{family.name}{suffix}" for family in families for suffix in suffixes[family.type]}


def test_every_metric_named_exists(database: Database) -> None:
    named = {name for name in named_in_rules() if not name.startswith("temporal_")}
    assert named - OF_OTHERS <= ours(database)


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_prometheus_can_read_it(expression: str) -> None:
    promql_parser.parse(expression)


@pytest.mark.parametrize("asked", [("check", "config", "prometheus.yml"), ("test", "rules", "alerts_test.yml")])
def test_prometheus_takes_the_rules_and_each_goes_off_when_it_should(asked: tuple[str, str, str]) -> None:
    program = shutil.which("promtool")
    assert program, "apt-get install prometheus"
    what, kind, file = asked
    command = [program, what, kind, str(WATCH / file)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_rule_that_wakes_somebody_up_is_tried() -> None:
    trials = yaml.safe_load((WATCH / "alerts_test.yml").read_text("utf-8"))["tests"]
    tried = {each["alertname"] for trial in trials for each in trial["alert_rule_test"] if each.get("exp_alerts")}
    assert {rule["alert"] for rule in rules() if rule["labels"]["severity"] == "page"} <= tried


def test_every_alert_is_explained() -> None:
    explained = set(re.findall(r"^## (\w+)$", (ROOT / "docs" / "alerts.md").read_text("utf-8"), re.MULTILINE))
    assert {rule["alert"] for rule in rules()} == explained


def test_every_alert_says_how_urgent_it_is() -> None:
    assert {rule["labels"]["severity"] for rule in rules()} == {"page", "ticket"}
    assert all(rule["annotations"]["summary"] for rule in rules())
