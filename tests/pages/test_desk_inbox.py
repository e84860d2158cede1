"""The inbox page over real cases: filters in the address, due groups, paging, and how often it asks."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import event
from sqlmodel import select

from models.tables.cases import Task
from tests.support import world
from tests.support.page_desk import Desk, desk, environment, records, server, text_of

__all__ = ["desk", "environment", "records", "server"]
pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]


async def test_filters_stand_in_the_address_and_go_with_the_task(desk: Desk) -> None:
    await desk.declare()
    await desk.declare(world.SILVER, "silver", "silver")
    gold = await desk.get("unit", "/inbox?tier=gold")
    assert [text_of(gold, ".gl-tab[aria-current]"), text_of(gold, ".gl-chip[aria-current]")] == ["待我处理 1", "全部 1"]
    href = str(gold.select("[data-gl-row]")[0]["href"])
    assert href.endswith("?tier=gold")
    page = await desk.get("unit", href)
    assert page.select_one("[data-gl-next]") is None
    everything = await desk.get("unit", href.partition("?")[0])
    assert text_of(everything, "[data-gl-next]") == "下一件（还有 1 件）"
    _answer, done = await desk.press("unit", page, verdict="approve")
    assert text_of(done, "[data-gl-next]") == "回到待办"
    assert "没有符合条件的事项" in text_of(await desk.get("unit", "/inbox?tier=gold"), ".gl-empty")
    other = await desk.get("unit", "/inbox?institution=SH")
    assert not other.select("[data-gl-row]")
    named = await desk.get("unit", "/inbox?q=恒信")
    assert "北京恒信物业管理有限公司" in text_of(named, ".gl-task-title")


async def test_rows_stand_under_their_due_group_and_overdue_is_red(desk: Desk) -> None:
    await desk.declare()
    await desk.declare(world.SILVER, "silver", "silver")
    with desk.database.write() as session:
        late = session.exec(select(Task).where(Task.customer_no == desk.people.customer(world.SILVER))).one()
        late.due_at = datetime(2026, 1, 5, tzinfo=UTC)
        session.add(late)
    inbox = await desk.get("unit", "/inbox")
    assert [text_of(inbox, f".gl-chip:nth-child({n}) b") for n in (1, 2)] == ["2", "1"]
    assert text_of(inbox, "section:first-of-type .gl-group h2") == "已逾期"
    assert "北京恒信" in text_of(inbox, "section:first-of-type .gl-task-title")
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
    names = {text_of(page, ".gl-task-title") for page in (first, second)}
    assert len(names) == 2
    assert second.select_one('a[rel="prev"]') is not None


async def test_an_inbox_asks_as_often_for_two_rows_as_for_one(desk: Desk) -> None:
    await desk.declare()
    one = await _queries(desk, "/inbox")
    await desk.declare(world.SILVER, "silver", "silver")
    two = await _queries(desk, "/inbox")
    assert one == two


async def _queries(desk: Desk, path: str) -> int:
    """The fewest of several times: what else runs on these records, such as the worker, only adds to them."""
    await desk.get("unit", path)
    return min([await _counted(desk, path) for _ in range(4)])


async def _counted(desk: Desk, path: str) -> int:
    seen: list[str] = []

    def count(*args: object) -> None:
        seen.append(str(args[2]))

    event.listen(desk.database.engine, "before_cursor_execute", count)
    await desk.get("unit", path)
    event.remove(desk.database.engine, "before_cursor_execute", count)
    return len(seen)
