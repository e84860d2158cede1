"""`/imports` over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from pydantic import SecretStr

from activities.jobs import JobRunner
from api.app import create_app
from models.database import Database
from models.settings import Settings
from tests.importing.loading import BOOK, CUSTOMERS, EXPERIENCE, POLICIES, SECRET, load
from tests.support.clients import Clients

STAFF = """login,name,institution_code,roles,email
hq-vip,总部,HQ,HQ_VIP,
gs-svc,甘肃,GS,BR_SVC,
bj-svc,北京,BJ,BR_SVC,
mgr,客户经理,BJ01,MGR,
"""
BAD = EXPERIENCE.replace("1000,300", "1000,-300")
URL = "/api/v1/imports"


@pytest.fixture
async def clients(database: Database, tmp_path: Path) -> AsyncIterator[Clients]:
    """People of the small book on the application."""
    load(database, {**BOOK, "staff.csv": STAFF})
    app = create_app(Settings(home=tmp_path, secret_key=SecretStr(SECRET)), database)
    async with app.router.lifespan_context(app):
        found = Clients(app, database)
        yield found
        await found.close()


def multipart(files: dict[str, str]) -> list[tuple[str, tuple[str, bytes]]]:
    """Files as a form sends them."""
    return [("files", (name, text.encode())) for name, text in files.items()]


async def send(client: httpx2.AsyncClient, files: dict[str, str], key: str = "") -> httpx2.Response:
    """POST files."""
    return await client.post(URL, files=multipart(files), headers={"Idempotency-Key": key or uuid4().hex})


async def test_files_are_taken_loaded_by_the_worker_and_reported(clients: Clients) -> None:
    client = clients.token("hq-vip")
    files = {**BOOK, "customers.csv": CUSTOMERS.replace("100,90", "101,90"), "experience.csv": BAD, "staff.csv": STAFF}
    sent = await send(client, files)
    assert sent.status_code == 201, sent.text
    assert (sent.json()["state"], sent.json()["total"]) == ("queued", 14)
    JobRunner(clients.database).run_pending()
    report: dict[str, Any] = (await client.get(f"{URL}/{sent.json()['import_id']}")).json()
    assert (report["state"], report["done"], report["accepted"], report["changed"]) == ("done", 14, 0, 1)
    assert report["rejections"] == [
        {"file": "experience.csv", "line": 2, "column": "incurred_claims", "reason": "已发生赔款：金额不能为负"}
    ]
    assert [(c["key"], c["columns"]) for c in report["changes"]] == [("C1", "employees")]
    download = await client.get(f"{URL}/{sent.json()['import_id']}/rejections.csv")
    assert download.headers["content-disposition"].startswith("attachment")
    assert "experience.csv,2,incurred_claims" in download.content.decode("utf-8-sig")
    page = (await client.get(f"{URL}/{sent.json()['import_id']}/rejections?limit=1")).json()
    assert (len(page["items"]), page["next_cursor"]) == (1, None)


async def test_the_same_key_is_the_same_import_and_other_files_are_refused(clients: Clients) -> None:
    client = clients.token("hq-vip")
    first = await send(client, {"customers.csv": CUSTOMERS}, "key-00000001")
    assert (await send(client, {"customers.csv": CUSTOMERS}, "key-00000001")).json() == first.json()
    other = await send(client, {"customers.csv": CUSTOMERS + "\n", "policies.csv": POLICIES}, "key-00000001")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"customers.csv": "customer_no\nC1\n"}, "缺少列 name 客户名称"),
        ({"customers.csv": CUSTOMERS, "bad.xlsx": "PK"}, "不是完好的 XLSX"),
    ],
)
async def test_a_file_that_cannot_be_read_refuses_the_upload(
    clients: Clients, files: dict[str, str], reason: str
) -> None:
    client = clients.token("hq-vip")
    answer = await send(client, files)
    assert (answer.status_code, answer.json()["code"]) == (422, "import_rejected")
    assert reason in answer.json()["detail"]
    assert len((await client.get(URL)).json()["items"]) == 1, "only the import by command"


async def test_a_branch_loads_and_sees_only_its_own(clients: Clients) -> None:
    gansu, beijing = clients.token("gs-svc"), clients.token("bj-svc")
    sent = await send(gansu, {"customers.csv": CUSTOMERS})
    JobRunner(clients.database).run_pending()
    import_id = sent.json()["import_id"]
    report = (await gansu.get(f"{URL}/{import_id}")).json()
    assert (report["unchanged"], report["rejected"]) == (1, 1)
    for path in ("", "/rejections", "/rejections.csv"):
        assert (await beijing.get(f"{URL}/{import_id}{path}")).status_code == 404
    assert (await beijing.get(URL)).json()["items"] == []
    assert [item["import_id"] for item in (await gansu.get(URL)).json()["items"]] == [import_id]


async def test_who_may_not_import_is_refused(clients: Clients) -> None:
    assert (await send(clients.token("mgr"), {"customers.csv": CUSTOMERS})).status_code == 403
    assert (await send(clients.anonymous(), {"customers.csv": CUSTOMERS})).status_code == 401


async def test_the_list_is_paged_newest_first(clients: Clients) -> None:
    client = clients.token("hq-vip")
    ids = [(await send(client, {f"{n} customers.csv": CUSTOMERS})).json()["import_id"] for n in range(3)]
    first = (await client.get(f"{URL}?limit=2")).json()
    assert [item["import_id"] for item in first["items"]] == [ids[2], ids[1]]
    second = (await client.get(f"{URL}?limit=2&cursor={first['next_cursor']}")).json()
    assert second["items"][0]["import_id"] == ids[0]
    assert (await client.get(f"{URL}?cursor=WyJ4Il0")).status_code == 422
