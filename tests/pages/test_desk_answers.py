"""A decision on the page that meets another: refused with who, once for two clicks, asked for until it is known."""

import re

import pytest
from bs4 import BeautifulSoup

from api.gateway import Gateway
from models.errors import DomainError, ErrorCode
from models.messages.approval import Answered
from models.messages.envelope import Envelope
from tests.support.gateways import DeadGateway
from tests.support.page_desk import Desk, desk, environment, fields_of, form_on, records, server, text_of

__all__ = ["desk", "environment", "records", "server"]
pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]


async def test_the_second_of_two_gets_409_with_who_and_its_text(desk: Desk) -> None:
    await desk.declare()
    _href, page = await desk.task("unit")
    await desk.press("unit", page, verdict="approve")
    answer, stale = await desk.press("unit", page, verdict="return", comment="请补充", idempotency_key="another-key-1")
    assert answer.status_code == 409
    assert re.match(r"李建国 已于 .* 同意本件", text_of(stale, "#gl-content .gl-strip-warn div"))
    assert text_of(stale, "#gl-content .gl-strip-warn blockquote") == "请补充"
    assert stale.select_one("#decide") is None
    assert text_of(stale, ".gl-path .gl-now").startswith("分公司初审")


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
    assert text_of(down, "#gl-content .gl-strip-warn").startswith("流程引擎暂不可用，未提交。您的内容已保留")
    assert fields_of(form_on(down))["comment"] == "保费已核"
    later = await desk.get("unit", href)
    assert fields_of(form_on(later))["comment"] == "保费已核"
    desk.clients.app.state.gateway = running
    answer, done = await desk.press("unit", down, verdict="approve")
    assert text_of(done, ".gl-strip-ok") == "已同意，已报分公司初审。"
    assert "保费已核" in text_of(done, ".gl-log blockquote")


async def test_a_session_that_ended_gives_the_text_back(desk: Desk) -> None:
    await desk.declare()
    href, page = await desk.task("unit")
    typed = fields_of(form_on(page)) | {"comment": "保费已核"}
    answer = await desk.clients.anonymous().post(f"{href}/decide", data=typed)
    assert answer.status_code == 401
    assert text_of(BeautifulSoup(answer.text, "html.parser"), "#gl-content blockquote") == "保费已核"


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
    answer, waiting = await desk.press_once("unit", page, verdict="approve", comment="保费已核")
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "2")
    assert text_of(waiting, ".gl-strip-info").startswith("已提交，等待确认。请勿重复提交，结果会显示在这里。")
    refresh = waiting.select_one('noscript meta[http-equiv="refresh"]')
    assert refresh is not None
    poll = str(refresh["content"]).removeprefix("2;url=")
    done = await desk.get("unit", poll)
    assert text_of(done, ".gl-strip-ok") == "已同意，已报分公司初审。"
    fragment = await desk.browser("unit").get(poll, headers={"HX-Request": "true"})
    assert "done=1" in fragment.headers["HX-Location"]
    assert (await desk.browser("svc").get(poll)).status_code == 404


async def test_a_lost_answer_that_was_a_refusal_is_shown_as_one(desk: Desk) -> None:
    await desk.declare()
    href, page = await desk.task("unit")
    key = fields_of(form_on(page))["idempotency_key"]
    stale = await desk.browser("unit").post(
        f"{href}/decide", data={"verdict": "approve", "version": "9", "idempotency_key": key}
    )
    assert stale.status_code == 409
    assert "内容已有更新" in stale.text
    assert fields_of(form_on(BeautifulSoup(stale.text, "html.parser")))["version"] == "1"
