"""对账 as a page and as JSON: nothing yet, a run on its way, what it found, who may ask, and why a repair is wanted."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import col, select

from models.database import Database
from models.identifiers import membership_id, season_id, survey_id
from models.ops_types import DriftKind
from models.services import jobs
from models.services.reconcile import runs
from models.services.rulebooks import ensure_builtin
from models.stores.audit import AuditStore
from models.tables.columns import new_id
from models.tables.jobs import Job
from models.tables.organisation import Account, Post
from models.tables.reconcile import Drift
from models.types import JobState, Role
from tests.pages.conftest import soup_of
from tests.support.clients import Clients


@pytest.fixture(autouse=True)
def ruled(monkeypatch: pytest.MonkeyPatch, organisation: Database) -> None:
    """Rules to read pages by; nobody takes up runs meanwhile."""
    monkeypatch.setattr("api.app._LOOPS", {})
    with organisation.write() as session:
        ensure_builtin(session)


API, PAGE = "/api/v1/ops/drift", "/ops/drift"
CAMPAIGN = new_id()


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


def _programme(database: Database) -> None:
    """A run that found a member, a season and a campaign that differ, and a run that no record knows."""
    found: dict[str, tuple[DriftKind, dict[str, Any]]] = {
        membership_id("C1"): (DriftKind.RUN_MISSING, {"status": ["running", "gone"]}),
        season_id(2025): (
            DriftKind.CASE_DIFFERS,
            {"phase": ["rank", "publish"], "appeals_until": [None, "2026-02-27T09:30:00+00:00"]},
        ),
        survey_id(CAMPAIGN): (DriftKind.CASE_DIFFERS, {"stage": ["open", "closed"]}),
        survey_id(new_id()): (DriftKind.RECORD_MISSING, {"started_at": [None, "2026-02-27T09:30:00+00:00"]}),
    }
    with database.write() as session:
        job = runs.ask(session, runs.Wish(False, runs.BY_THE_CLOCK))
        jobs.claim(session, job.id)
        at = datetime.now(UTC)
        for name, (kind, sides) in found.items():
            session.add(Drift(job_id=job.id, kind=kind, workflow_id=name, sides=sides, found_at=at))
        runs.finish(session, job.id, {"drifted": len(found)})


async def test_what_has_no_case_is_told_in_words_and_leads_where_its_reader_may_go(
    clients: Clients, organisation: Database
) -> None:
    _programme(organisation)
    browser = clients.browser("ops")
    page = soup_of(await browser.get(PAGE))
    text = " ".join(page.get_text(" ").split())
    for words in ("环节 排名 → 公示", "申诉截止 — → 2026-02-27 17:30", "环节 发放中 → 已截止"):
        assert words in text
    rooms = [str(link["href"]).partition("?")[0] for link in page.select("main a[data-gl-row]")]
    assert rooms == ["/ops/cases", "/ops/runs"], "operations reads no customers, lists or surveys"
    with organisation.write() as session:
        (account,) = session.exec(select(Account).where(col(Account.login) == "ops"))
        session.add(Post(account_id=account.id, role=Role.HQ_VIP, institution_code="HQ"))
    rooms = [
        str(link["href"]).partition("?")[0] for link in soup_of(await browser.get(PAGE)).select("main a[data-gl-row]")
    ]
    assert rooms == ["/customers/C1", "/evaluations/2025", f"/surveys/{CAMPAIGN}", "/ops/runs"]


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
    assert [str(link["href"]) for link in soup_of(answer).select(".gl-errors a")] == ["#reason"]
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
