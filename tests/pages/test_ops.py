"""运行总览 and 卡住清单: what is counted is what is listed; nothing is counted twice; operations alone may look."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from models.database import Database
from models.messages.approval import NOBODY_TO_ACT
from models.ops_types import DriftKind, StuckReason
from models.services import jobs
from models.services.reconcile import runs
from models.tables.book import Customer
from models.tables.cases import Case
from models.tables.reconcile import Drift
from models.types import CaseKind, Role, TaskState
from tests.pages.conftest import soup_of
from tests.support import world
from tests.support.clients import Clients
from tests.support.moment import now
from tests.support.open_tasks import open_task
from tests.support.service_rows import service_case

OVERVIEW, STUCK = "/api/v1/ops/overview", "/api/v1/ops/stuck"


def _stuck_tasks() -> dict[str, dict[str, Any]]:
    return {
        "overdue": {"due_at": now() - timedelta(days=3)},
        "paused": {"due_at": now() - timedelta(days=3), "paused_since": now() - timedelta(days=60)},
        "nobody": {"due_at": now() + timedelta(days=9), "step": NOBODY_TO_ACT, "role": Role.OPS},
        "provisional": {"due_at": now() + timedelta(days=400), "provisional": True},
    }


@pytest.fixture(autouse=True)
def nobody_compares(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are written by the tests."""
    monkeypatch.setattr("api.app._LOOPS", {})


def _fill(database: Database) -> None:
    """One task of each kind of stuck, one in time, one that is done; a run that fails and one that is gone."""
    with database.write() as session:
        for fields in (*_stuck_tasks().values(), {"due_at": now() + timedelta(days=9)}):
            open_task(session, **fields)
        done = open_task(session, due_at=now() - timedelta(days=9))
        done.state, done.closed_at = TaskState.DONE, now()
        _seen(session)


def _seen(session: Session) -> None:
    case = service_case(session, CaseKind.COMPLAINT, world.GOLD, "BJ01", Role.BR_CTR)
    case.outcome, case.closed_at = None, None
    job = runs.ask(session, runs.Wish(False, runs.BY_THE_CLOCK))
    jobs.claim(session, job.id)
    told = {"activity": "x", "tries": 14, "failure": "OperationalError", "next_at": now().isoformat()}
    sides: dict[DriftKind, dict[str, Any]] = {
        DriftKind.RUN_FAILING: {name: [None, value] for name, value in told.items()},
        DriftKind.RUN_MISSING: {"status": ["received", "gone"]},
        DriftKind.TASK_DIFFERS: {"role": ["AUDIT", "MGR"]},
    }
    for kind, both in sides.items():
        session.add(
            Drift(job_id=job.id, kind=kind, workflow_id=case.workflow_id, case_id=case.id, sides=both, found_at=now())
        )
    runs.finish(session, job.id, {"compared": 7, "drifted": 2})


async def test_what_is_counted_is_what_is_listed(people: Clients, insurer: Database) -> None:
    _fill(insurer)
    ops = people.token("ops")
    found = (await ops.get(OVERVIEW)).json()
    assert found["stuck"] == dict.fromkeys((reason.value for reason in StuckReason), 1)
    for reason in StuckReason:
        (item,) = (await ops.get(STUCK, params={"reason": reason.value})).json()["items"]
        assert item["reason"] == reason.value
    (failing,) = (await ops.get(STUCK, params={"reason": "failing"})).json()["items"]
    assert (failing["tries"], failing["failure"], failing["kind"]) == (14, "OperationalError", "complaint")
    assert [item["reason"] for item in found["first"]] == ["failing", "nobody", "orphan", "overdue", "paused"]


async def test_numbers_add_up_over_kinds_and_institutions(people: Clients, insurer: Database) -> None:
    _fill(insurer)
    found = (await people.token("ops").get(OVERVIEW)).json()
    with insurer.read() as session:
        open_cases = len(session.exec(select(Case).where(Case.outcome == None)).all())  # noqa: E711
    assert found["running"] == open_cases == sum(sum(kind["stages"].values()) for kind in found["kinds"])
    assert found["running"] == sum(age["cases"] for age in found["ages"])
    assert found["waiting"] == sum(place["waiting"] for place in found["institutions"]) == 5
    assert (found["breached"], found["nobody"], found["failing"]) == (1, 1, 1)
    assert found["health"] == {"database": True, "engine": False, "worker": False}
    assert len(found["days"]) == 10


async def test_a_list_is_paged(people: Clients, insurer: Database) -> None:
    with insurer.write() as session:
        for days in range(1, 6):
            open_task(session, due_at=now() - timedelta(days=days))
    ops, cursor = people.token("ops"), ""
    seen: list[str] = []
    while cursor or not seen:
        params: dict[str, str | int] = {"reason": "overdue", "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await ops.get(STUCK, params=params)).json()
        seen += [item["due_at"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == sorted(seen)
    assert len(seen) == 5


async def test_the_pages_say_it_in_words(people: Clients, insurer: Database) -> None:
    browser = people.browser("ops")
    assert "没有卡住的流程" in soup_of(await browser.get("/ops")).get_text()
    _fill(insurer)
    page = " ".join(soup_of(await browser.get("/ops")).get_text(" ").split())
    for words in ("引擎 无应答", "执行进程 无心跳", "已逾期 1", "执行失败 14 次", "处理卡住的 5 件", "漂移 2"):
        assert words in page
    stuck = soup_of(await browser.get("/ops/stuck"))
    chosen = stuck.find("a", attrs={"aria-current": "true"})
    assert chosen is not None
    assert chosen.get_text(" ").split() == ["执行失败", "1"]
    orphans = soup_of(await browser.get("/ops/stuck", params={"reason": "orphan"})).get_text()
    assert "记录在办，引擎中：引擎没有此流程" in orphans


@pytest.mark.parametrize("address", [OVERVIEW, STUCK, "/ops", "/ops/stuck"])
async def test_operations_alone_may_look(people: Clients, address: str) -> None:
    for login in ("hq-vip", "svc", "mgr"):
        assert (await people.browser(login).get(address)).status_code == 403


async def test_the_search_finds_by_number_name_and_workflow(people: Clients, insurer: Database) -> None:
    _fill(insurer)
    ops = people.token("ops")
    with insurer.read() as session:
        case = session.exec(select(Case).where(Case.kind == CaseKind.COMPLAINT)).one()
        name = session.get_one(Customer, world.GOLD).name
    for text in (world.GOLD, name[1:4]):
        found = (await ops.get("/api/v1/ops/cases", params={"q": text})).json()["items"]
        assert len(found) == 7
    (row,) = (await ops.get("/api/v1/ops/cases", params={"q": case.workflow_id})).json()["items"]
    assert (row["case_id"], row["kind"]) == (str(case.id), "complaint")
    assert (await ops.get("/api/v1/ops/cases", params={"q": "100%"})).json()["items"] == []
    page = soup_of(await people.browser("ops").get("/ops/cases", params={"q": case.workflow_id}))
    assert page.find("a", href=f"/ops/cases/{case.id}") is not None


async def test_acts_want_a_reason_and_an_engine(people: Clients, insurer: Database) -> None:
    _fill(insurer)
    ops = people.token("ops")
    with insurer.read() as session:
        case = session.exec(select(Case).where(Case.kind == CaseKind.COMPLAINT)).one()
    address = f"/api/v1/ops/cases/{case.id}"
    refused = await ops.post(f"{address}/retry", json={"reason": " "})
    assert (refused.status_code, refused.json()["code"]) == (422, "reason_required")
    away = await ops.post(f"{address}/retry", json={"reason": "数据库已恢复"})
    assert (away.status_code, away.json()["code"]) == (503, "engine_unavailable")
    assert (await ops.get(address)).status_code == 503
    skipped = await ops.post(f"{address}/skip", json={"reason": "重复"})
    assert (skipped.status_code, skipped.json()["code"]) == (409, "wrong_stage")
    assert (await people.token("hq-vip").post(f"{address}/retry", json={"reason": "x"})).status_code == 403
