"""孤儿流程 as a page: a run of every kind that has records may be one."""

from datetime import UTC, datetime
from typing import Any

import pytest

from api.gateway.history import History
from api.gateway.reads import Look, RunStatus, Seen
from models.database import Database
from models.ops_types import KINDS_WITH_RECORDS
from models.services.rulebooks import ensure_builtin
from tests.pages.conftest import soup_of
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
WORDS = {"survey": "服务满意度调查", "membership": "会员周期", "quota-season": "名额季", "complaint": "投诉咨询"}


@pytest.fixture(autouse=True)
def ruled(monkeypatch: pytest.MonkeyPatch, organisation: Database) -> None:
    """Rules to read pages by; an engine that runs whatever it is asked for, of the kind that its name says."""
    monkeypatch.setattr("api.app._LOOPS", {})

    async def standing(_: Any, workflow_id: str) -> Look[Any]:
        return Look(RunStatus.RUNNING, seen=Seen("run", workflow_id.partition("/")[0], LONG_AGO))

    async def history(*_: Any) -> History:
        return History((), None)

    monkeypatch.setattr(DeadGateway, "standing", standing)
    monkeypatch.setattr(DeadGateway, "history", history)
    with organisation.write() as session:
        ensure_builtin(session)


async def test_every_kind_of_run_may_be_without_a_record(clients: Clients) -> None:
    browser = clients.browser("ops")
    for kind in KINDS_WITH_RECORDS:
        page = await browser.get("/ops/runs", params={"workflow_id": f"{kind}/unknown"})
        assert page.status_code == 200, kind
        title = soup_of(page).find("h1")
        assert title is not None
        assert title.get_text().startswith(WORDS.get(kind, "")), kind
        assert title.get_text().endswith("没有记录的流程")


async def test_which_run_is_meant_must_be_said(clients: Clients) -> None:
    """It is no field that anybody fills in: without it there is no page to come back to."""
    for meant in ({}, {"workflow_id": ""}, {"workflow_id": "x" * 129}):
        typed = {**meant, "reason": "孤儿", "confirmed": "true", "idempotency_key": "orphan-without-01"}
        assert (await clients.browser("ops").post("/ops/runs/terminate", data=typed)).status_code == 422
