"""对账 as a page and as JSON: nothing yet, a run on its way, what it found, who may ask, and why a repair is wanted."""

from datetime import UTC, datetime

import pytest
from sqlmodel import select

from models.database import Database
from models.ops_types import DriftKind
from models.services import jobs
from models.services.reconcile import runs
from models.services.rulebooks import ensure_builtin
from models.stores.audit import AuditStore
from models.tables.columns import new_id
from models.tables.jobs import Job
from models.tables.reconcile import Drift
from models.types import JobState
from tests.pages.conftest import soup_of
from tests.support.clients import Clients


@pytest.fixture(autouse=True)
def ruled(monkeypatch: pytest.MonkeyPatch, organisation: Database) -> None:
    """Rules to read pages by; nobody takes up runs meanwhile."""
    monkeypatch.setattr("api.app._LOOPS", ())
    with organisation.write() as session:
        ensure_builtin(session)


API, PAGE = "/api/v1/ops/drift", "/ops/drift"


def _found(database: Database) -> None:
    """A run that found a task at another post, mended, and a record without a run."""
    with database.write() as session:
        job = runs.ask(session, runs.Wish(True, runs.BY_THE_CLOCK))
        jobs.claim(session, job.id)
        at = datetime.now(UTC)
        session.add(
            Drift(
                job_id=job.id,
                kind=DriftKind.TASK_DIFFERS,
                workflow_id="qualification/2025/C1/1",
                case_id=new_id(),
                task_id=new_id(),
                sides={"role": ["AUDIT", "BR_CTR"], "state.tasks": ["#1", "#2"]},
                found_at=at,
                repaired_at=at,
            )
        )
        session.add(
            Drift(
                job_id=job.id,
                kind=DriftKind.RUN_MISSING,
                workflow_id="complaint/1",
                sides={"status": ["received", "terminated"]},
                found_at=at,
            )
        )
        runs.finish(session, job.id, {"compared": 1200, "drifted": 2, "repaired": 1, "moving": 3})


async def test_before_the_first_run(clients: Clients) -> None:
    ops = clients.token("ops")
    assert (await ops.get(API)).json() == {"run": None, "items": [], "next_cursor": None}
    page = soup_of(await clients.browser("ops").get(PAGE))
    assert "还没有核对过" in page.get_text()


async def test_both_sides_of_what_differs(clients: Clients, organisation: Database) -> None:
    _found(organisation)
    answer = (await clients.token("ops").get(API, params={"limit": 1})).json()
    assert (answer["run"]["state"], answer["run"]["drifted"], answer["run"]["moving"]) == ("done", 2, 3)
    assert answer["items"][0]["sides"]["role"] == ["AUDIT", "BR_CTR"]
    second = (await clients.token("ops").get(API, params={"limit": 1, "cursor": answer["next_cursor"]})).json()
    assert [item["kind"] for item in second["items"]] == ["run_missing"]
    page = soup_of(await clients.browser("ops").get(PAGE))
    text = " ".join(page.get_text(" ").split())
    for words in (
        "已核对 1,200",
        "漂移 1",
        "已修复 1",
        "岗位 审计岗 → 柜面服务岗",
        "流程状态 1 处不同",
        "待受理 → 已终止",
    ):
        assert words in text


async def test_a_run_is_asked_for_once_and_followed(clients: Clients, organisation: Database) -> None:
    browser = clients.browser("ops")
    form = {"idempotency_key": "drift-0001"}
    for _ in range(2):
        assert (await browser.post(PAGE, data=form)).status_code == 303
    with organisation.read() as session:
        (job,) = session.exec(select(Job)).all()
        assert [entry.action for entry in AuditStore(session).of("job", str(job.id))] == ["reconcile.asked"]
    assert (job.state, job.params["repair"]) == (JobState.QUEUED, False)
    page = soup_of(await browser.get(PAGE))
    assert page.find(id="progress") is not None
    assert page.find(id="repair-title") is None


async def test_a_repair_wants_its_reason(clients: Clients) -> None:
    browser = clients.browser("ops")
    answer = await browser.post(PAGE, data={"repair": "true", "reason": " "})
    assert answer.status_code == 422
    assert soup_of(answer).find("div", class_="gl-errors") is not None
    refused = await clients.token("ops").post(API, json={"repair": True})
    assert (refused.status_code, refused.json()["code"]) == (422, "reason_required")
    asked = await clients.token("ops").post(API, json={"repair": True, "reason": "恢复后核对"})
    assert (asked.status_code, asked.json()["repair"]) == (202, True)


@pytest.mark.parametrize("login", ["hq-vip", "no-svc", "audit"])
async def test_operations_alone(clients: Clients, login: str) -> None:
    assert (await clients.token(login).get(API)).status_code == 403
    assert (await clients.token(login).post(API, json={})).status_code == 403


async def test_the_clock_asks_for_the_next_run(organisation: Database) -> None:
    began = datetime.now(UTC)
    with organisation.write() as session:
        assert runs.ask_when_due(session, began) is None
        every = runs.watch(session, began).reconcile_every_minutes
        job = runs.ask_when_due(session, datetime.fromtimestamp(began.timestamp() - 60 * every, UTC))
        assert job is not None
        assert job.params["repair"] is False
