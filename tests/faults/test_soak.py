"""A short part of the soak run, and its checker, which has to find what is put wrong on purpose."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models.types import Verdict
from tests.faults.soak import checks, histories, records
from tests.faults.soak.run import Plan, soak
from tests.faults.soak.told import Act, Call, Log
from tests.support.engine import Case
from tests.support.stage import Stage

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(400)]

SEED, KILLS = 20261129, 8
"""Found a failing seed? It stands here from then on."""


async def test_nothing_acknowledged_is_lost_or_doubled_under_kill_9(tmp_path: Path) -> None:
    report = await soak(Plan(SEED, seconds=150, kills=KILLS, again=1.0), tmp_path)
    told = "\n".join(report.lines())
    assert report.violations == [], told
    assert report.kills.total() == KILLS, told
    assert report.decisions > report.cases > 0, told
    assert report.breaches, told


def _told(stage: Stage, case: Case, login: str, key: str, task_id: str | None) -> Act:
    """An act as its client saw it: acknowledged."""
    begins = task_id is None
    path = "/api/v1/qualifications" if begins else f"/api/v1/tasks/{task_id}/decide"
    body = {} if begins else {"verdict": "approve"}
    decided = next(row for row in stage.rows(Decision) if row.case_id == case.case_id and row.update_id.endswith(key))
    return Act(login, decided.actor_id, key, path, body, decided.task_id, [Call(200, 0.1, {"case_id": str(case.case_id)})])
