"""导入 as pages: files checked before they are taken, progress, and a report of every row."""

from httpx2 import AsyncClient, Response

from activities.jobs import JobRunner
from models.database import Database
from tests.pages.conftest import soup_of
from tests.support import world
from tests.support.clients import Clients

HEADER = "customer_no,name,institution_code,industry,employees,insured_lives\n"
GOOD = f"{HEADER}C0000009,新客户有限公司,BJ01,软件,30,28\n"
MIXED = f"{GOOD}C0000010,坏行有限公司,BJ01,软件,很多,28\n{world.SMALL},北京小微咨询有限公司,BJ01,软件,301,280\n"


async def upload(client: AsyncClient, **files: str) -> Response:
    """The form with files, by name without suffix."""
    return await client.post("/imports", files=[("files", (f"{n}.csv", t.encode())) for n, t in files.items()])


async def test_files_load_with_progress_and_a_report(people: Clients, insurer: Database) -> None:
    hq = people.browser("hq-vip")
    sent = await upload(hq, customers=MIXED)
    assert sent.status_code == 303, sent.text
    waiting = soup_of(await hq.get(sent.headers["location"]))
    assert waiting.select_one(f"#progress[hx-get='{sent.headers['location']}'][hx-trigger='every 1s']")
    assert waiting.select_one("progress[value='0'][max='3']")
    assert waiting.select_one("noscript meta[http-equiv=refresh]")
    JobRunner(insurer).run_pending()
    page = soup_of(await hq.get(sent.headers["location"]))
    assert not page.select("#progress, noscript meta")
    assert [cell.text for cell in page.select("#report tbody tr")[0].select("td")] == [
        "customers.csv",
        "客户",
        "1",
        "1",
        "0",
        "1",
    ]
    rejected = [cell.text for cell in page.select("#rejections tbody td")]
    assert rejected[:2] == ["customers.csv", "3"]
    assert "employees" in rejected[2]
    assert rejected[3]
    assert world.SMALL in page.select_one("#changes").get_text()  # type: ignore[union-attr]  # one row was changed
    download = page.select_one("a[download]")
    assert download is not None
    answer = await people.token("hq-vip").get(str(download["href"]))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


async def test_the_same_file_again_changes_nothing_and_says_so(people: Clients, insurer: Database) -> None:
    hq = people.browser("hq-vip")
    for _time in range(2):
        sent = await upload(hq, customers=GOOD)
        JobRunner(insurer).run_pending()
    page = soup_of(await hq.get(sent.headers["location"]))
    assert "已导入过，无变化" in page.get_text()
    rows = soup_of(await hq.get("/imports")).select("#list tbody tr")
    assert len(rows) == 2
    assert "新增 0" in rows[0].get_text()


async def test_what_cannot_be_read_is_refused_at_the_control(people: Clients) -> None:
    hq = people.browser("hq-vip")
    for files, sentence in (
        ({"files": ("book.pdf", b"%PDF")}, "只接受 CSV 和 XLSX"),
        ({"files": ("empty.csv", b"")}, "文件是空的"),
    ):
        answer = await hq.post("/imports", files=files)
        page = soup_of(answer)
        assert answer.status_code == 422, answer.text
        assert sentence in page.select_one("#files-error").get_text()  # type: ignore[union-attr]  # it is at the control
        assert page.select_one(".gl-errors a[href='#files']")


async def test_no_file_chosen_is_said_at_the_control(people: Clients) -> None:
    """What a browser sends for a file control that was left empty."""
    part = '--b\r\nContent-Disposition: form-data; name="files"; filename=""\r\nContent-Type: application/octet-stream'
    answer = await people.browser("hq-vip").post(
        "/imports",
        content=f"{part}\r\n\r\n\r\n--b--\r\n".encode(),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert answer.status_code == 422
    assert "必填" in soup_of(answer).select_one("#files-error").get_text()  # type: ignore[union-attr]  # at the control


async def test_readers_see_reports_but_no_form(people: Clients, insurer: Database) -> None:
    sent = await upload(people.browser("svc"), customers=GOOD)
    JobRunner(insurer).run_pending()
    hq = people.browser("hq-vip")
    assert (await hq.get(sent.headers["location"])).status_code == 200
    assert (await people.browser("mgr").get("/imports")).status_code == 403
    assert (await upload(people.browser("lead"), customers=GOOD)).status_code == 403
