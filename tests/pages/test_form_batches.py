"""A quarter of a branch in one go: two hundred sheets with progress, a worker that dies, masks, reach, expiry."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import UUID
from zipfile import ZipFile

import pytest
from pypdf import PdfReader
from sqlmodel import Session, col, func, select, update

from activities.jobs import JobRunner
from api.forms import batch
from api.forms.batch import run_batch
from api.forms.kinds import printed_form
from models.database import Database
from models.messages.quarter import RecordPeriodOpening
from models.messages.sweep import StartSweep
from models.rules.calendar import local_date
from models.rules.quarter import Quarter
from models.services import jobs
from models.services.batches import JOB_KIND
from models.services.duties.sweeps import open_sweep
from models.services.quarter import closing
from models.stores.audit import AuditStore
from models.tables.batches import BatchFile, BatchSheet
from models.tables.cases import Case
from models.tables.jobs import Job
from models.tables.organisation import Account
from models.tables.service import GreenChannelRecord
from models.types import CaseKind, JobState, Role
from tests.pages.conftest import soup_of
from tests.support import quarters, world
from tests.support.clients import Clients
from tests.support.service_rows import add_complaint, add_green_channel, add_touchpoint, service_case

pytestmark = pytest.mark.timeout(240)
SECRET = "欧阳明月对理赔金额有异议"
API = "/api/v1/forms/batches"
FROZEN = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)
QUARTER = {"institution_code": "BJ", "year": 2026, "quarter": 2}


def _three(database: Database) -> None:
    """One of each form in the second quarter of 2026, and one after it."""
    with database.write() as session:
        add_green_channel(session, world.GOLD, "BJ01", SECRET)
        add_touchpoint(session, world.GOLD, "BJ01", SECRET)
        add_complaint(session, world.GOLD, "BJ01", "欧阳", SECRET)
        add_green_channel(session, world.GOLD, "SH", SECRET)


def _many(session: Session, count: int) -> None:
    at = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)
    first = session.get(GreenChannelRecord, add_green_channel(session, world.GOLD, "BJ01", SECRET))
    assert first is not None
    known = first.model_dump(exclude={"case_id", "record_no"})
    for number in range(2, count + 1):
        case = service_case(session, CaseKind.GREEN_CHANNEL, world.GOLD, "BJ01", Role.BR_CTR)
        record_no = f"GC-BJ01-2026-{number:05}"
        session.add(GreenChannelRecord(case_id=case.id, record_no=record_no, **{**known, "finished_at": at}))


def _run(database: Database) -> int:
    return JobRunner(database, {JOB_KIND: run_batch}).run_pending()


def _text(content: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).replace(" ", "").replace("\n", "")


async def test_a_quarter_of_a_branch_is_one_masked_pdf(people: Clients, insurer: Database) -> None:
    _three(insurer)
    svc = people.token("svc")
    answer = await svc.post(API, json=QUARTER, headers={"Idempotency-Key": "batch-0001"})
    again = await svc.post(API, json=QUARTER, headers={"Idempotency-Key": "batch-0001"})
    assert (answer.status_code, answer.json()) == (202, again.json())
    batch_id = answer.json()["job_id"]
    assert (answer.json()["state"], answer.json()["total"], answer.json()["full"]) == ("queued", 3, False)
    assert (await svc.post(f"{API}/{batch_id}/file")).status_code == 404
    assert _run(insurer) == 1
    found = (await svc.get(f"{API}/{batch_id}")).json()
    assert (found["state"], found["done"], bool(found["kept_until"])) == ("done", 3, True)
    file = await svc.post(f"{API}/{batch_id}/file")
    assert file.headers["content-type"] == "application/pdf"
    assert file.headers["content-disposition"].endswith("forms-BJ-2026Q2.pdf")
    text = _text(file.content)
    for wanted in ("附件三", "附件四", "附件五", "GC-BJ01-2026-00001", "TS-BJ01-2026-00001", "个人信息已遮盖"):
        assert wanted in text, wanted
    assert SECRET not in text
    assert "-SH-" not in text
    assert b"pdfaid" in file.content
    with insurer.read() as session:
        actions = [entry.action for entry in AuditStore(session).of("job", batch_id)]
        assert session.exec(select(func.count()).select_from(BatchSheet)).one() == 0
        kept = session.exec(select(BatchFile)).one()
    assert actions == ["forms.exported", "forms.fetched"]
    assert b"%PDF" not in kept.content, "sealed"


async def test_in_clear_only_with_a_reason_and_for_oneself(people: Clients, insurer: Database) -> None:
    _three(insurer)
    svc = people.token("svc")
    refused = await svc.post(API, json={**QUARTER, "full": True})
    assert refused.json()["code"] == "reason_required"
    made = (await svc.post(API, json={**QUARTER, "full": True, "reason": "监管检查"})).json()
    _run(insurer)
    assert SECRET in _text((await svc.post(f"{API}/{made['job_id']}/file")).content)
    lead = people.token("lead")
    assert (await lead.get(f"{API}/{made['job_id']}")).status_code == 200
    assert (await lead.post(f"{API}/{made['job_id']}/file")).status_code == 404
    with insurer.read() as session:
        entry = next(iter(AuditStore(session).of("job", made["job_id"])))
    assert (entry.reason, entry.after and entry.after["full"]) == ("监管检查", True)


async def test_another_branch_and_another_post_get_nothing(people: Clients, insurer: Database) -> None:
    _three(insurer)
    made = (await people.token("svc").post(API, json=QUARTER)).json()
    other = people.token("sh-lead")
    assert (await other.get(f"{API}/{made['job_id']}")).status_code == 404
    assert (await other.post(API, json=QUARTER)).status_code == 404
    assert (await other.get(API)).json()["items"] == []
    assert (await people.token("mgr").post(API, json=QUARTER)).json()["code"] == "not_allowed"
    empty = await people.token("svc").post(API, json={**QUARTER, "quarter": 1})
    assert empty.json()["errors"][0]["field"] == "quarter"
    _run(insurer)
    with insurer.write() as session:
        session.execute(update(BatchFile).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert (await people.token("svc").post(f"{API}/{made['job_id']}/file")).status_code == 404
    now = datetime.now(UTC)
    with insurer.write() as session:
        assert len(session.exec(select(BatchFile)).all()) == 1
        open_sweep(session, StartSweep(institution_code="SH", day=local_date(now)), now)
        assert session.exec(select(BatchFile)).all() == [], "the day's sweep deletes what nobody may fetch any more"


async def test_sheets_of_a_failed_batch_are_forgotten_with_the_next(people: Clients, insurer: Database) -> None:
    _three(insurer)
    made = (await people.token("svc").post(API, json=QUARTER)).json()
    with insurer.write() as session:
        jobs.fail(session, UUID(made["job_id"]), "x")
    following = (await people.token("svc").post(API, json=QUARTER)).json()
    with insurer.read() as session:
        assert set(session.exec(select(BatchSheet.job_id))) == {UUID(following["job_id"])}


async def test_two_hundred_sheets_with_progress_and_a_worker_that_dies(
    people: Clients, insurer: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with insurer.write() as session:
        _many(session, 200)
    browser = people.browser("svc")
    form = {"institution_code": "BJ", "year": "2026", "quarter": "2"}
    sent = await browser.post("/forms/batch", data=form)
    assert sent.status_code == 303, sent.text
    href = sent.headers["location"]
    read: list[int] = []

    def dies(*args: object, **kwargs: object) -> object:
        read.append(1)
        if len(read) == 65:
            raise MemoryError
        return printed_form(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "printed_form", dies)
    assert _run(insurer) == 1
    page = soup_of(await browser.get(href))
    assert page.select_one("progress")["value"] == "60"  # type: ignore[index]
    assert "已整理 60 / 200 张" in page.text
    _forget_heartbeat(insurer, UUID(href.rpartition("/")[2]))
    assert _run(insurer) == 1
    assert len(read) == 65 + 140, "what was read is not read again"
    page = soup_of(await browser.get(href))
    assert page.select_one("progress") is None
    action = str(page.select_one(f'form[action="{href}/file"]')["action"])  # type: ignore[index]
    file = await browser.post(action)
    assert file.headers["content-type"] == "application/zip"
    with ZipFile(BytesIO(file.content)) as archive:
        pages = [len(PdfReader(BytesIO(archive.read(name))).pages) for name in archive.namelist()]
    assert pages == [100, 100]
    with insurer.read() as session:
        job = session.exec(select(Job).where(col(Job.kind) == JOB_KIND)).one()
        assert session.exec(select(func.count()).select_from(Case)).one() >= 200
    assert (job.state, job.done, job.total, job.attempts) == (JobState.DONE, 200, 200, 2)


def _forget_heartbeat(database: Database, job_id: UUID) -> None:
    """As if the lease had run out."""
    long_ago = datetime.now(UTC) - jobs.LEASE - timedelta(seconds=1)
    with database.write() as session:
        session.execute(update(Job).where(col(Job.id) == job_id).values(heartbeat_at=long_ago))


async def test_the_page_says_what_is_wrong_and_keeps_what_was_typed(people: Clients, insurer: Database) -> None:
    _three(insurer)
    browser = people.browser("svc")
    wrong = await browser.post("/forms/batch", data={"institution_code": "BJ", "year": "二零二六", "quarter": "2"})
    assert wrong.status_code == 422
    page = soup_of(wrong)
    assert page.select_one("#year")["value"] == "二零二六"  # type: ignore[index]
    assert page.select_one('.gl-errors a[href="#year"]')
    options = [option["value"] for option in page.select("#institution_code option")]
    assert options == ["BJ"]


async def test_the_summary_of_the_quarter_comes_first(people: Clients, insurer: Database) -> None:
    quarter = Quarter(2026, 2)
    with insurer.write() as session:
        accounts = {row.login: row.id for row in session.exec(select(Account))}
        found = world.World(insurer, accounts)
        quarters.fill(session, found, quarter)
        closing.record_opening(session, RecordPeriodOpening(start=quarters.start(found, quarter), at=FROZEN))
    svc = people.token("svc")
    answer = await svc.post(API, json=QUARTER, headers={"Idempotency-Key": "batch-summary"})
    assert _run(insurer) == 1
    text = _text((await svc.post(f"{API}/{answer.json()['job_id']}/file")).content)
    assert 0 <= text.find("附件二") < text.find("附件三")
