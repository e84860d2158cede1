"""The season's phases: never back except to reopen an unpublished list, never on by a date alone."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import DomainError, ErrorCode
from models.messages.approval import PostRef
from models.messages.season import MoveSeason, SeasonState
from models.rulebook import load_builtin
from models.rules import season
from models.types import SYSTEM_SCHEDULE, Door, Role, SeasonPhase
from tests.rules.calendars import published_calendar

PHASES = list(SeasonPhase)
HQ_VIP = UUID(int=7)
OPENED = datetime(2025, 12, 29, 1, 0, tzinfo=UTC)
DATES = season.phase_dates(load_builtin().procedure, 2025)
CALENDAR = published_calendar(2025, 2026)


def opened() -> SeasonState:
    return SeasonState(year=2025, opened_at=OPENED, dates=DATES, appeal_working_days=5)


def act(state: SeasonState, to: SeasonPhase, *, reason: str = "数据核对完毕", role: Role = Role.HQ_VIP) -> MoveSeason:
    return MoveSeason(
        update_id=f"{HQ_VIP}:{state.version}",
        content_hash="x",
        actor_id=HQ_VIP,
        actor_name="孙倩",
        posts=(PostRef(role=role, institution_code="HQ"),),
        door=Door.API,
        comment=reason,
        version=state.version,
        to=to,
    )


def at_phase(phase: SeasonPhase) -> SeasonState:
    """The season on its way, a day a phase, from 5 January 2026."""
    state, now = opened(), datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
    while state.phase is not phase:
        following = PHASES[PHASES.index(state.phase) + 1]
        state = season.move(state, act(state, following), now, CALENDAR)
        now += timedelta(days=1)
    return state


def refused(state: SeasonState, wanted: MoveSeason) -> ErrorCode:
    with pytest.raises(DomainError) as caught:
        season.check(state, wanted)
    return caught.value.code


def test_the_dates_are_those_of_the_procedure() -> None:
    assert {item.phase: item.due_on for item in DATES} == {
        SeasonPhase.FREEZE: date(2026, 1, 10),
        SeasonPhase.DECLARE: date(2026, 1, 20),
        SeasonPhase.RANK: date(2026, 2, 20),
        SeasonPhase.APPEAL: date(2026, 3, 1),
    }


@given(st.lists(st.tuples(st.sampled_from(PHASES), st.integers(0, 60), st.booleans()), max_size=30))
def test_phases_never_go_back_except_to_reopen_before_publication(
    wanted: list[tuple[SeasonPhase, int, bool]],
) -> None:
    state, now, published = opened(), OPENED, False
    for to, days, window in wanted:
        now += timedelta(days=days)
        before = state
        if window:
            state = season.close_window(state, now)
        elif to in season.may_move_to(before):
            state = season.move(state, act(state, to), now, CALENDAR)
        else:
            assert refused(state, act(state, to)) is ErrorCode.WRONG_STAGE
        step = PHASES.index(state.phase) - PHASES.index(before.phase)
        reopened = step < 0 and state.phase is SeasonPhase.FREEZE and before.phase in PHASES[1:3]
        assert step in {0, 1} or reopened
        assert not (published and step < 0)
        published = published or season.is_published(state.phase)
        assert (state.appeals_until is not None) == published
        assert state.version - before.version == (state.phase is not before.phase)
        assert len(state.moves) == state.version - 1


@pytest.mark.parametrize("phase", PHASES)
def test_every_phase_has_a_way_on_but_the_last(phase: SeasonPhase) -> None:
    assert bool(season.may_move_to(at_phase(phase))) == (phase is not SeasonPhase.EFFECTIVE)


def test_who_why_and_on_which_state_are_asked() -> None:
    state = opened()
    assert refused(state, act(state, SeasonPhase.DECLARE, reason=" ")) is ErrorCode.REASON_REQUIRED
    assert refused(state, act(state, SeasonPhase.DECLARE, role=Role.HQ_LEAD)) is ErrorCode.NOT_ALLOWED
    assert refused(state, act(state, SeasonPhase.RANK)) is ErrorCode.WRONG_STAGE
    old = act(state, SeasonPhase.DECLARE)
    assert refused(season.move(state, old, OPENED, CALENDAR), old) is ErrorCode.STALE_VERSION


def test_publication_opens_a_window_of_working_days() -> None:
    ranked = at_phase(SeasonPhase.RANK)
    published = season.move(ranked, act(ranked, SeasonPhase.PUBLISH), datetime(2026, 2, 13, 2, 0, tzinfo=UTC), CALENDAR)
    assert published.appeals_until is not None
    end = published.appeals_until.due_at
    assert end == datetime(2026, 2, 27, 9, 30, tzinfo=UTC)  # over the Spring Festival, decisions.md 14
    assert season.takes_appeals(published, end)
    assert not season.takes_appeals(published, end + timedelta(seconds=1))
    assert not season.takes_appeals(ranked, end)


def test_the_window_closes_once_and_by_the_clock() -> None:
    published = at_phase(SeasonPhase.PUBLISH)
    closed = season.close_window(published, OPENED)
    assert (closed.phase, closed.moves[-1].actor_name, closed.moves[-1].actor_id) == ("appeal", SYSTEM_SCHEDULE, None)
    assert season.close_window(closed, OPENED) is closed
    assert not season.takes_appeals(closed, OPENED)


def test_a_date_that_passed_marks_what_came_later_as_late() -> None:
    ranked = at_phase(SeasonPhase.RANK)
    publish = act(ranked, SeasonPhase.PUBLISH)
    in_time = season.move(ranked, publish, datetime(2026, 2, 20, 15, 59, tzinfo=UTC), CALENDAR)
    late = season.move(ranked, publish, datetime(2026, 2, 20, 16, 0, tzinfo=UTC), CALENDAR)
    assert [in_time.moves[-1].is_late, late.moves[-1].is_late] == [False, True]


def test_a_phase_reminds_once_after_its_date_and_again_when_it_comes_again() -> None:
    state = at_phase(SeasonPhase.DECLARE)
    reminder = season.next_reminder(state, CALENDAR)
    assert reminder is not None
    assert (reminder.date.phase, reminder.at) == (SeasonPhase.DECLARE, datetime(2026, 1, 20, 16, 0, tzinfo=UTC))
    told = season.reminded(state, SeasonPhase.DECLARE)
    assert season.next_reminder(told, CALENDAR) is None
    reopened = season.move(told, act(told, SeasonPhase.FREEZE), datetime(2026, 1, 21, 2, 0, tzinfo=UTC), CALENDAR)
    again = season.next_reminder(reopened, CALENDAR)
    assert again is not None
    assert again.at == datetime(2026, 1, 22, 9, 30, tzinfo=UTC)  # late from its beginning: one working day first
    declared = season.move(reopened, act(reopened, SeasonPhase.DECLARE), again.at, CALENDAR)
    assert season.next_reminder(declared, CALENDAR) is not None


def test_the_window_and_the_last_phase_remind_of_nothing() -> None:
    assert season.next_reminder(at_phase(SeasonPhase.PUBLISH), CALENDAR) is None
    assert season.next_reminder(at_phase(SeasonPhase.EFFECTIVE), CALENDAR) is None
