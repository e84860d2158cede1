"""The decision desk on a real engine, as a browser without scripts uses it: links, GET filters, POST forms."""

import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx2
import pytest
from bs4 import BeautifulSoup, Tag
from pydantic import SecretStr
from sqlalchemy import event
from sqlmodel import select
from temporalio.testing import WorkflowEnvironment

from api.app import create_app
from api.gateway import Gateway
from models.database import Database
from models.encryption import Keyring
from models.errors import DomainError, ErrorCode
from models.messages.approval import Answered
from models.messages.envelope import Envelope
from models.settings import Settings
from models.stores.accounts import AccountStore
from models.tables.cases import SilverQuota, Task
from models.tables.organisation import Post
from models.types import Role
from tests.support import engine, world
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]
_numbers = count(1)
LEVELS = ("unit", "svc", "lead", "hq-vip", "hq-lead")


@dataclass
class Desk:
    """People in browsers without scripts, each with the page it looks at."""

    clients: Clients
    database: Database
    people: world.World
    browsers: dict[str, httpx2.AsyncClient] = field(default_factory=dict)

    def browser(self, login: str) -> httpx2.AsyncClient:
        """One browser per person."""
        return self.browsers.setdefault(login, self.clients.browser(login))

    @property
    def gold(self) -> str:
        """Number of the customer that reaches gold."""
        return self.people.customer(world.GOLD)

    async def declare(self, customer_no: str = world.GOLD, tier: str = "gold", seat: str = "ranked") -> str:
        """Declare over HTTP; the case's id."""
        body = {
            "customer_no": self.people.customer(customer_no),
            "year": world.YEAR,
            "tier": tier,
            "seat": seat,
            "reason": "连续三年增员",
            "late_reason": "补报",
        }
        answer = await self.clients.token("mgr").post("/api/v1/qualifications", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["case_id"])

    async def get(self, login: str, path: str, status: int = 200) -> BeautifulSoup:
        """A page."""
        answer = await self.browser(login).get(path, follow_redirects=True)
        assert answer.status_code == status, answer.text
        return BeautifulSoup(answer.text, "html.parser")

    async def task(self, login: str, number: int = 0) -> tuple[str, BeautifulSoup]:
        """First click: a row of the inbox."""
        inbox = await self.get(login, "/inbox")
        href = str(inbox.select("[data-gl-row]")[number]["href"])
        return href, await self.get(login, href)

    async def press(
        self, login: str, page: BeautifulSoup, selector: str = "#decide", action: str = "", **typed: str
    ) -> tuple[httpx2.Response, BeautifulSoup]:
        """Send a form of the page as a browser would, and follow where it leads."""
        form = page.select_one(selector)
        assert form is not None, page
        fields = _fields(form) | typed
        answer = await self.browser(login).post(action or str(form["action"]), data=fields)
        if answer.status_code == 303:
            answer = await self.browser(login).get(answer.headers["location"], follow_redirects=True)
        return answer, BeautifulSoup(answer.text, "html.parser")

    async def approve(self, login: str, **typed: str) -> BeautifulSoup:
        """Two clicks: the row, 同意."""
        _href, page = await self.task(login)
        answer, done = await self.press(login, page, verdict="approve", **typed)
        assert answer.status_code == 200, answer.text
        return done


def _fields(form: Tag) -> dict[str, str]:
    fields = {str(node["name"]): str(node.get("value", "")) for node in form.select("input[name]")}
    fields |= {str(node["name"]): node.get_text().strip() for node in form.select("textarea[name]")}
    for node in form.select("select[name]"):
        chosen = node.select_one("option[selected]") or node.select_one("option")
        fields[str(node["name"])] = str(chosen["value"]) if chosen else ""
    return fields


def _text(page: BeautifulSoup, selector: str) -> str:
    return " ".join(" ".join(node.get_text(" ").split()) for node in page.select(selector))


@pytest.fixture(scope="module")
async def environment() -> AsyncIterator[WorkflowEnvironment]:
    """One engine for all; customer numbers, and so workflow ids, differ from test to test."""
    async with engine.time_skipping() as started:
        yield started


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated records to copy."""
    folder = tmp_path_factory.mktemp("desk")
    world.new_database(folder).dispose()
    return folder / "records.db"


@pytest.fixture
async def desk(tmp_path: Path, environment: WorkflowEnvironment, records: Path) -> AsyncIterator[Desk]:
    """The application with an engine and a worker behind it."""
    shutil.copyfile(records, tmp_path / "records.db")
    database = Database(f"sqlite:///{tmp_path}/records.db", Keyring(world.SECRET))
    number = next(_numbers)
    people, queue = world.build(database, offset=number * 10), f"desk-{number}"
    settings = Settings(
        home=tmp_path, secret_key=SecretStr(world.SECRET), task_queue=queue, temporal_ui_url="http://127.0.0.1:8233"
    )
    async with engine.worker(environment.client, people, tmp_path, queue):
        app = create_app(settings, database, Gateway(environment.client, queue))
        async with app.router.lifespan_context(app):
            clients = Clients(app, database, datetime.now(UTC))
            yield Desk(clients, database, people)
            await clients.close()
    database.dispose()


async def test_two_clicks_a_level_make_a_gold_vip(desk: Desk) -> None:
    case_id = await desk.declare()
    results = [_text(await desk.approve(login), ".gl-strip-ok") for login in LEVELS]
    assert results == [
        "已同意，已报分公司初审。",
        "已同意，已报分公司审批。",
        "已同意，已报总公司复核。",
        "已同意，已报总公司审批。",
        "已同意，资格生效。",
    ]
    case = await desk.get("mgr", f"/cases/{case_id}")
    assert _text(case, ".gl-lead") == "已通过：金牌VIP资格，2026年3月1日 – 2027年2月28日。"
    assert f"2026-gold-ranked-001-{desk.gold}" in _text(case, "#membership")
    facts = (await desk.clients.token("mgr").get(f"/api/v1/cases/{case_id}")).json()
    assert (facts["tier"], facts["stage"], facts["membership"]["manager"]) == ("gold", "active", "王晓梅")
    assert len(case.select(".gl-path .gl-done")) == 7
    assert "周立 同意了 总公司审批" in _text(case, "#timeline")
    assert _text(await desk.get("hq-lead", "/inbox?box=done"), ".gl-task-title").startswith("金牌资格申报")


async def test_everything_to_decide_by_is_in_sight(desk: Desk) -> None:
    await desk.declare()
    await desk.approve("unit", comment="保费已核")
    _href, page = await desk.task("svc")
    assert _text(page, "#score .gl-big") == "2,200,000"
    assert _text(page, ".gl-s-article .gl-art") == "附表1 A 附表2 附表3"
    assert len(page.select(".gl-checks li")) == 5
    assert not page.select(".gl-failed")
    assert "周*" in _text(page, ".gl-facts")
    assert "199****0001" in _text(page, ".gl-facts")
    assert "周一" not in _text(page, ".gl-facts")
    assert _text(page, ".gl-path .gl-now").startswith("分公司初审")
    assert "您（赵敏）" in _text(page, ".gl-path .gl-now")
    assert "李建国 同意了 机构复核" in _text(page, ".gl-log")
    assert "经 网页" in _text(page, ".gl-log")
    assert _text(page, ".gl-log blockquote").startswith("保费已核")
    assert _text(page, "#decide-hint").startswith("同意即报分公司审批。")
    options = [str(option["value"]) for option in page.select("#return_to option")]
    assert options == ["declared", "unit_check"]


async def test_the_last_step_names_the_seat_and_offers_silver(desk: Desk) -> None:
    case_id = await desk.declare()
    for login in LEVELS[:-1]:
        await desk.approve(login)
    _href, page = await desk.task("hq-lead")
    assert _text(page, "#decide-hint").startswith("同意即生效，占用金牌排名席位 1/90。")
    assert page.select_one('button[value="approve_as_silver"]') is not None
    _answer, done = await desk.press("hq-lead", page, verdict="approve_as_silver", comment="名额留给别家")
    assert _text(done, ".gl-strip-ok") == "已同意为银牌，资格生效。"
    assert (await desk.clients.token("mgr").get(f"/api/v1/cases/{case_id}")).json()["tier"] == "silver"


async def test_silver_is_not_offered_when_the_branch_has_no_seat_left(desk: Desk) -> None:
    with desk.database.write() as session:
        post = session.exec(select(Post).where(Post.role == Role.BR_SVC)).one()
        session.add(
            SilverQuota(
                year=world.YEAR,
                institution_code=post.institution_code,
                quota=0,
                reason="本年不报银牌",
                filed_by=post.account_id,
                filed_at=datetime.now(UTC),
            )
        )
    await desk.declare()
    for login in LEVELS[:-1]:
        await desk.approve(login)
    _href, page = await desk.task("hq-lead")
    assert page.select_one('button[value="approve_as_silver"]') is None
    assert "分公司银牌名额已满（0/0），不能改批银牌。" in _text(page, ".gl-more")


async def test_a_button_one_may_not_use_is_absent_and_a_line_says_why(desk: Desk) -> None:
    await desk.declare()
    href, _page = await desk.task("unit")
    unit = await desk.get("unit", href)
    assert unit.select_one('button[value="reject"]') is None
    assert unit.select_one('button[value="return"]') is not None
    lead = await desk.get("lead", href)
    assert lead.select_one("#decide") is None
    assert _text(lead, "#gl-content .gl-strip") == "此任务由 三级机构负责人 办理。如需处理，请其转办给您。"
    _add_post(desk, "mgr", Role.UNIT_LEAD, "BJ01")
    _add_post(desk, "unit", Role.BR_SVC, "BJ")
    own = await desk.get("mgr", "/inbox")
    assert "您申报的，不能审批" in _text(own, ".gl-task")
    assert _text(await desk.get("mgr", href), "#gl-content .gl-strip") == "不能审批自己申报的事项。请转办。"
    await desk.approve("unit")
    assert "您办理了上一步，不能连办" in _text(await desk.get("unit", "/inbox"), ".gl-task")


def _add_post(desk: Desk, login: str, role: Role, code: str) -> None:
    with desk.database.write() as session:
        account = AccountStore(session).by_login(login)
        assert account is not None
        session.add(Post(account_id=account.id, role=role, institution_code=code))


async def test_a_return_needs_a_reason_and_opens_a_round_that_compares(desk: Desk) -> None:
    case_id = await desk.declare()
    await desk.approve("unit")
    _href, page = await desk.task("svc")
    answer, refused = await desk.press("svc", page, verdict="return", return_to="declared")
    assert answer.status_code == 422
    assert refused.title is not None
    assert refused.title.get_text().startswith("错误：")
    assert _text(refused, ".gl-errors a") == "请填写原因。"
    assert (_fields(_form(refused))["idempotency_key"]) == _fields(_form(page))["idempotency_key"]
    _answer, done = await desk.press("svc", refused, verdict="return", return_to="declared", comment="请补充证明")
    assert _text(done, ".gl-strip-ok") == "已退回到申报。"
    _href, case = await desk.task("mgr")
    assert "已退回，正在等 王晓梅 重新提交" in _text(case, ".gl-lead")
    assert "未涉及的签批予以保留" in _text(case, "#resubmit")
    typed = {"comment": "已补", "reason": "连续四年增员"}
    answer, sent = await desk.press("mgr", case, f'form[action="/cases/{case_id}/resubmit"]', **typed)
    assert (answer.status_code, _text(sent, ".gl-strip-ok")) == (200, "已重新提交。")
    assert _text(sent, ".gl-log .gl-tag") == "保留签批：机构复核（李建国）"
    _href, again = await desk.task("svc")
    assert "机构复核 已办 李建国" in _text(again, ".gl-path .gl-done")
    assert _text(again, ".gl-path .gl-tag") == "保留签批"
    changed = [node.get_text(strip=True) for node in again.select(".gl-two > div > section:first-child td")]
    assert changed == ["申报理由", "连续三年增员", "连续四年增员", ""]
    assert "第 1 轮于" in _text(again, ".gl-two > div > section:first-child header")
    assert _text(again, ".gl-two > div > section:first-child blockquote") == "请补充证明"
    assert _text(again, ".gl-path + details summary") == "第 1 轮（赵敏 退回）"


def _form(page: BeautifulSoup) -> Tag:
    form = page.select_one("#decide")
    assert form is not None
    return form


async def test_a_correction_is_shown_before_it_is_sent(desk: Desk) -> None:
    await desk.declare()
    await desk.approve("unit")
    href, page = await desk.task("svc")
    premium = f"premium_received:{desk.gold}-{world.YEAR}"
    _answer, unchanged = await desk.press("svc", page, action=f"{href}/preview")
    assert _text(unchanged, ".gl-errors a") == "没有改动，请先更正数据。"
    _answer, wrong = await desk.press("svc", page, action=f"{href}/preview", **{premium: "许多"})
    assert _text(wrong, ".gl-errors a") == "应为数字。"
    answer, preview = await desk.press("svc", page, action=f"{href}/preview", **{premium: "2,100,000"})
    assert answer.status_code == 200
    assert _text(preview, ".gl-correction ins") == "2,310,000"
    assert "+110,000 元" in _text(preview, ".gl-correction")
    answer, refused = await desk.press("svc", preview, action=f"{href}/correct")
    assert (answer.status_code, _text(refused, ".gl-errors a")) == (422, "请填写原因。")
    assert _fields(_form(refused))[premium] == "2,100,000"
    _answer, done = await desk.press("svc", refused, action=f"{href}/correct", comment="附收据")
    assert _text(done, ".gl-strip-ok") == "已更正，客户价值 +110,000 元。"
    assert f"赵敏 更正 {desk.gold}-2025：附收据" in _text(done, ".gl-correction")
    assert (await desk.press("svc", done, verdict="approve"))[0].status_code == 200


async def test_claims_and_earned_premium_of_the_year_are_corrected_too(desk: Desk) -> None:
    await desk.declare()
    await desk.approve("unit")
    href, page = await desk.task("svc")
    policy = f"{desk.gold}-{world.YEAR}"
    typed = {f"incurred_claims:{policy}": "9,000,000", f"earned_premium:{policy}": "2,000,000"}
    _answer, preview = await desk.press("svc", page, action=f"{href}/preview", **typed)
    assert "-" in _text(preview, ".gl-correction")
    _answer, done = await desk.press("svc", preview, action=f"{href}/correct", comment="附理赔清单")
    assert _text(done, ".gl-strip-ok").startswith("已更正，客户价值 -")
    assert _fields(_form(done))[f"incurred_claims:{policy}"] == "9,000,000.00"


async def test_the_second_of_two_gets_409_with_who_and_its_text(desk: Desk) -> None:
    await desk.declare()
    _href, page = await desk.task("unit")
    await desk.press("unit", page, verdict="approve")
    answer, stale = await desk.press("unit", page, verdict="return", comment="请补充", idempotency_key="another-key-1")
    assert answer.status_code == 409
    assert re.match(r"李建国 已于 .* 同意本件", _text(stale, "#gl-content .gl-strip-warn div"))
    assert _text(stale, "#gl-content .gl-strip-warn blockquote") == "请补充"
    assert stale.select_one("#decide") is None
    assert _text(stale, ".gl-path .gl-now").startswith("分公司初审")


async def test_a_double_click_decides_once(desk: Desk) -> None:
    await desk.declare()
    _href, page = await desk.task("unit")
    first, _done = await desk.press("unit", page, verdict="approve")
    again, _done = await desk.press("unit", page, verdict="approve")
    assert (first.status_code, again.status_code) == (200, 200)
    assert len(_done.select(".gl-path .gl-done")) == 2


async def test_an_engine_that_is_down_costs_no_word(desk: Desk) -> None:
    await desk.declare()
    href, page = await desk.task("unit")
    running, desk.clients.app.state.gateway = desk.clients.app.state.gateway, DeadGateway()
    answer, down = await desk.press("unit", page, verdict="approve", comment="保费已核")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert _text(down, "#gl-content .gl-strip-warn").startswith("流程引擎暂不可用，未提交。您的内容已保留")
    assert _fields(_form(down))["comment"] == "保费已核"
    later = await desk.get("unit", href)
    assert _fields(_form(later))["comment"] == "保费已核"
    desk.clients.app.state.gateway = running
    answer, done = await desk.press("unit", down, verdict="approve")
    assert _text(done, ".gl-strip-ok") == "已同意，已报分公司初审。"
    assert "保费已核" in _text(done, ".gl-log blockquote")


async def test_a_session_that_ended_gives_the_text_back(desk: Desk) -> None:
    await desk.declare()
    href, page = await desk.task("unit")
    answer = await desk.clients.anonymous().post(f"{href}/decide", data=_fields(_form(page)) | {"comment": "保费已核"})
    assert answer.status_code == 401
    assert _text(BeautifulSoup(answer.text, "html.parser"), "#gl-content blockquote") == "保费已核"


class ForgetfulGateway(Gateway):
    """Sends for real, but the first answer gets lost on the way."""

    def __init__(self, real: Gateway) -> None:
        self.real = real

    async def healthy(self) -> bool:
        """As the real one."""
        return await self.real.healthy()

    async def send(self, envelope: Envelope) -> Answered:
        """Done, and then unknown."""
        await self.real.send(envelope)
        raise DomainError(ErrorCode.NOT_YET_CONFIRMED)


async def test_a_lost_answer_is_asked_for_until_it_is_known(desk: Desk) -> None:
    await desk.declare()
    _href, page = await desk.task("unit")
    state = desk.clients.app.state
    state.gateway = ForgetfulGateway(state.gateway)
    answer, waiting = await desk.press("unit", page, verdict="approve", comment="保费已核")
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "2")
    assert _text(waiting, ".gl-strip-info").startswith("已提交，等待确认。请勿重复提交，结果会显示在这里。")
    refresh = waiting.select_one('noscript meta[http-equiv="refresh"]')
    assert refresh is not None
    poll = str(refresh["content"]).removeprefix("2;url=")
    done = await desk.get("unit", poll)
    assert _text(done, ".gl-strip-ok") == "已同意，已报分公司初审。"
    fragment = await desk.browser("unit").get(poll, headers={"HX-Request": "true"})
    assert "done=1" in fragment.headers["HX-Location"]
    assert (await desk.browser("svc").get(poll)).status_code == 404


async def test_a_lost_answer_that_was_a_refusal_is_shown_as_one(desk: Desk) -> None:
    await desk.declare()
    href, page = await desk.task("unit")
    key = _fields(_form(page))["idempotency_key"]
    stale = await desk.browser("unit").post(
        f"{href}/decide", data={"verdict": "approve", "version": "9", "idempotency_key": key}
    )
    assert stale.status_code == 409
    assert "内容已有更新" in stale.text
    assert _fields(_form(BeautifulSoup(stale.text, "html.parser")))["version"] == "1"


async def test_filters_stand_in_the_address_and_go_with_the_task(desk: Desk) -> None:
    await desk.declare()
    await desk.declare(world.SILVER, "silver", "silver")
    gold = await desk.get("unit", "/inbox?tier=gold")
    assert [_text(gold, ".gl-tab[aria-current]"), _text(gold, ".gl-chip[aria-current]")] == ["待我处理 1", "全部 1"]
    href = str(gold.select("[data-gl-row]")[0]["href"])
    assert href.endswith("?tier=gold")
    page = await desk.get("unit", href)
    assert page.select_one("[data-gl-next]") is None
    everything = await desk.get("unit", href.partition("?")[0])
    assert _text(everything, "[data-gl-next]") == "下一件（还有 1 件）"
    _answer, done = await desk.press("unit", page, verdict="approve")
    assert _text(done, "[data-gl-next]") == "回到待办"
    assert "没有符合条件的事项" in _text(await desk.get("unit", "/inbox?tier=gold"), ".gl-empty")
    other = await desk.get("unit", "/inbox?institution=SH")
    assert not other.select("[data-gl-row]")
    named = await desk.get("unit", "/inbox?q=恒信")
    assert "北京恒信物业管理有限公司" in _text(named, ".gl-task-title")


async def test_rows_stand_under_their_due_group_and_overdue_is_red(desk: Desk) -> None:
    await desk.declare()
    await desk.declare(world.SILVER, "silver", "silver")
    with desk.database.write() as session:
        late = session.exec(select(Task).where(Task.customer_no == desk.people.customer(world.SILVER))).one()
        late.due_at = datetime(2026, 1, 5, tzinfo=UTC)
        session.add(late)
    inbox = await desk.get("unit", "/inbox")
    assert [_text(inbox, f".gl-chip:nth-child({n}) b") for n in (1, 2)] == ["2", "1"]
    assert _text(inbox, "section:first-of-type .gl-group h2") == "已逾期"
    assert "北京恒信" in _text(inbox, "section:first-of-type .gl-task-title")
    assert inbox.select_one("#gl-rail .gl-hot") is not None
    overdue = await desk.get("unit", "/inbox?due=overdue")
    assert len(overdue.select("[data-gl-row]")) == 1


async def test_pages_follow_one_another(desk: Desk) -> None:
    await desk.declare()
    await desk.declare(world.SILVER, "silver", "silver")
    first = await desk.get("unit", "/inbox?limit=1")
    following = first.select_one('a[rel="next"]')
    assert following is not None
    second = await desk.get("unit", f"{following['href']}&limit=1")
    names = {_text(page, ".gl-task-title") for page in (first, second)}
    assert len(names) == 2
    assert second.select_one('a[rel="prev"]') is not None


async def test_an_inbox_asks_as_often_for_two_rows_as_for_one(desk: Desk) -> None:
    await desk.declare()
    one = await _queries(desk, "/inbox")
    await desk.declare(world.SILVER, "silver", "silver")
    two = await _queries(desk, "/inbox")
    assert one == two


async def _queries(desk: Desk, path: str) -> int:
    seen: list[str] = []

    def count(*args: object) -> None:
        seen.append(str(args[2]))

    await desk.get("unit", path)
    event.listen(desk.database.engine, "before_cursor_execute", count)
    await desk.get("unit", path)
    event.remove(desk.database.engine, "before_cursor_execute", count)
    return len(seen)


async def test_the_reckoning_of_a_deadline_reads_the_same_over_http(desk: Desk) -> None:
    await desk.declare()
    href, page = await desk.task("unit")
    why = str(page.select_one(".gl-two aside header a")["href"])  # type: ignore[index]  # the page has it
    assert why == f"{href}/clock"
    shown = await desk.get("unit", why)
    assert "时限 5 个工作日" in _text(shown, ".gl-lead")
    facts = (await desk.clients.token("unit").get(f"/api/v1{href}/clock")).json()
    counted = [row for row in facts["rows"] if row["number"] is not None]
    assert len([row for row in shown.select("tbody tr") if "个工作日" in row.get_text()]) == len(counted) == 5
    assert facts["state"] == "running"


async def test_the_engine_is_shown_to_operators_only(desk: Desk) -> None:
    case_id = await desk.declare()
    ops, mgr = await desk.get("ops", f"/cases/{case_id}"), await desk.get("mgr", f"/cases/{case_id}")
    workflow = f"qualification/{world.YEAR}/{desk.gold}/1"
    assert workflow in ops.get_text()
    assert ops.select_one('a[href^="http://127.0.0.1:8233/namespaces/greenlane/workflows/qualification%2F"]')
    assert workflow not in mgr.get_text()
    assert not mgr.select('a[href^="http://127.0.0.1:8233"]')
    assert not ops.select("#score")


async def test_the_declarant_withdraws(desk: Desk) -> None:
    case_id = await desk.declare()
    case = await desk.get("mgr", f"/cases/{case_id}")
    assert case.select_one('form[action$="/resubmit"]') is None
    answer, done = await desk.press("mgr", case, f'form[action="/cases/{case_id}/withdraw"]', comment="客户撤回")
    assert (answer.status_code, _text(done, ".gl-strip-ok")) == (200, "已撤销，可重新申报。")
    assert done.select_one('form[action$="/withdraw"]') is None
    again, _page = await desk.press(
        "mgr", case, f'form[action="/cases/{case_id}/withdraw"]', idempotency_key="key-00002"
    )
    assert again.status_code == 409
    started = await desk.get("mgr", "/inbox?box=started")
    assert "撤销" in _text(started, ".gl-task-step")


async def test_the_desk_reads_in_english(desk: Desk) -> None:
    case_id = await desk.declare()
    href, _page = await desk.task("unit")
    for path in ("/inbox", href, f"{href}/clock", f"/cases/{case_id}"):
        page = await desk.get("unit", f"{path}?lang=en")
        for node in page.select("script, style, [lang='zh-CN'], option, [name='to']"):
            node.decompose()
        text = page.get_text(" ")
        for known in (
            "王晓梅",
            "李建国",
            "赵敏",
            "陈志远",
            "孙倩",
            "周立",
            "连续三年增员",
            "补报",
            "软件",
            "周*",
            "董事长（虚构）",
        ):
            text = text.replace(known, "")
        text = re.sub("(北京|上海)[^ ]*|总公司", "", text)
        assert re.findall(r"[\u4e00-\u9fff]+", text) == [], path
