"""Pill, strip and reckoning: words and drawing of what the rules decided."""

from dataclasses import astuple
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pages.view.clock import build_clock_page, build_strip, pause_word, pill_of
from api.pages.view.clock_bars import STRIP_WIDTH, SpanKind, draw_bars
from models.messages.calendar import Pause
from models.rules.clock import Clock, PillLevel
from tests.pages.samples import CALENDAR, DUE_TODAY, NOW, RECEIVED, TASK_CLOCK, shanghai, shell
from tests.rules.calendars import published_calendar


@pytest.mark.parametrize(
    ("due", "finished", "level", "text", "under"),
    [
        (DUE_TODAY, None, PillLevel.TODAY, "还剩 5 小时 40 分", "今天 17:30"),
        (shanghai(2, 3, 17, 30), None, PillLevel.LATE, "逾期 1 个工作日 1 小时", "2月3日 周二 17:30"),
        (DUE_TODAY, shanghai(2, 4, 10), PillLevel.MET, "按时办结", "今天 17:30"),
        (shanghai(2, 3, 17, 30), shanghai(2, 4, 10), PillLevel.MISSED, "逾期办结", "2月3日 周二 17:30"),
        (None, None, PillLevel.NO_LIMIT, "无固定时限", ""),
    ],
)
def test_pill(due: object, finished: object, level: PillLevel, text: str, under: str) -> None:
    clock = Clock.model_validate({"started_at": RECEIVED, "due_at": due, "finished_at": finished})
    assert astuple(pill_of(CALENDAR, clock, NOW)) == (level, text, under)


def test_a_make_up_saturday_is_named() -> None:
    pill = pill_of(CALENDAR, Clock(started_at=NOW, due_at=shanghai(2, 14, 17, 30)), NOW)
    assert (pill.text, pill.due) == ("还剩 7 个工作日 5 小时", "2月14日 周六（调休上班） 17:30")


def test_pause_words() -> None:
    assert pause_word("waiting_for_customer") == "等客户补资料"
    assert pause_word("等法院") == "等法院"


def test_the_strip_leaves_out_lunch_and_marks_what_is_left() -> None:
    clock = Clock(started_at=RECEIVED, due_at=DUE_TODAY)
    bars = draw_bars(CALENDAR, clock, NOW, DUE_TODAY)
    run, shut = SpanKind.RUNNING, SpanKind.CLOSED
    assert [bar.kind for bar in bars] == [run, shut, run, shut, run, shut, run, SpanKind.LEFT]
    strip = build_strip(CALENDAR, clock, NOW, limit="3 个工作日")
    assert strip is not None
    assert strip.words == "时限 3 个工作日：已用 2 个工作日 1 小时，还剩 5 小时 40 分"


def test_an_overdue_strip_shows_the_time_over() -> None:
    due = shanghai(2, 3, 17, 30)
    bars = draw_bars(CALENDAR, Clock(started_at=RECEIVED, due_at=due), NOW, due)
    assert SpanKind.OVER in {bar.kind for bar in bars}
    assert SpanKind.LEFT not in {bar.kind for bar in bars}


def test_no_limit_no_strip() -> None:
    assert build_strip(CALENDAR, Clock(started_at=RECEIVED, due_at=None), NOW, limit="") is None


@given(days=st.integers(1, 60), hours=st.integers(0, 24 * 70))
def test_bars_never_overlap_and_stay_on_the_strip(days: int, hours: int) -> None:
    due = RECEIVED + timedelta(days=days)
    bars = draw_bars(CALENDAR, Clock(started_at=RECEIVED, due_at=due), RECEIVED + timedelta(hours=hours), due)
    for left, right in pairwise(bars):
        assert left.x + left.width <= right.x + 0.11
    assert all(bar.width >= 0 for bar in bars)
    assert not bars or bars[-1].x + bars[-1].width <= STRIP_WIDTH + 0.2


def test_the_reckoning_counts_each_day_once() -> None:
    page = build_clock_page(shell(), CALENDAR, TASK_CLOCK, NOW, subject="x", limit="3 个工作日", back_href="/tasks/t2")
    assert [row.counted for row in page.rows if row.counted] == [
        "第 1 个工作日",
        "第 2 个工作日",
        "第 3 个工作日",
        "顺延 3 小时 0 分",
    ]
    assert page.title == "为何 今天 17:30 到期"
    assert "3 个工作日" in page.sentence


def test_a_year_without_calendar_is_marked() -> None:
    clock = Clock(started_at=RECEIVED, due_at=DUE_TODAY, pauses=(Pause(paused_at=shanghai(2, 4, 9), reason="x"),))
    page = build_clock_page(
        shell(), published_calendar(), clock, NOW, subject="x", limit="3 个工作日", back_href="/tasks/t2"
    )
    assert any(row.kind.endswith("（暂定）") for row in page.rows)
