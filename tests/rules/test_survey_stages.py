"""Stages of a survey campaign: who may do what when, when it closes, when it reminds."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from models.errors import DomainError, ErrorCode
from models.messages.approval import PostRef
from models.messages.survey import CloseSurvey, ExtendSurvey, PublishSurvey, SurveyAct, SurveyState
from models.rules import survey_stages as stages
from models.rules.calendar import make_snapshot
from models.service_types import SurveyStage
from models.types import Door, Role

CALENDAR = make_snapshot(
    official_years=[2026], days_off=[date(2026, 10, n) for n in range(1, 9)], days_worked=[date(2026, 10, 10)]
)
OPENED = datetime(2026, 9, 21, 2, 0, tzinfo=UTC)  # Monday, ten o'clock
WHO = UUID(int=7)


def state(**changes: object) -> SurveyState:
    """An open campaign of a branch that closes on the last working day before the holidays."""
    fields: dict[str, object] = {
        "campaign_id": UUID(int=1),
        "institution_code": "BJ",
        "above": ("BJ", "HQ"),
        "version": 2,
        "opened_at": OPENED,
        "closes_at": stages.closing(CALENDAR, OPENED, date(2026, 9, 30)),
        "remind_after_working_days": 5,
    }
    return SurveyState.model_validate(fields | changes)


def act(kind: type[SurveyAct], role: Role = Role.BR_SVC, place: str = "BJ", **fields: object) -> SurveyAct:
    """An act of the branch's VIP service."""
    given = {
        "update_id": f"{WHO}:1",
        "content_hash": "x",
        "actor_id": WHO,
        "actor_name": "赵敏",
        "posts": (PostRef(role=role, institution_code=place),),
        "door": Door.API,
        "comment": "客户要求",
        "version": 2,
    }
    return kind.model_validate(given | fields)


@pytest.mark.parametrize(
    ("closes_on", "expected"),
    [
        (date(2026, 9, 30), datetime(2026, 9, 30, 9, 30, tzinfo=UTC)),
        (date(2026, 10, 1), datetime(2026, 10, 9, 9, 30, tzinfo=UTC)),  # out of the holidays
        (date(2026, 10, 10), datetime(2026, 10, 10, 9, 30, tzinfo=UTC)),  # a Saturday worked
        (date(2026, 9, 21), datetime(2026, 9, 21, 9, 30, tzinfo=UTC)),  # today, as long as the office is open
    ],
)
def test_it_closes_at_the_close_of_a_working_day(closes_on: date, expected: datetime) -> None:
    assert stages.closing(CALENDAR, OPENED, closes_on).due_at == expected


@pytest.mark.parametrize("day", [date(2026, 9, 18), date(2027, 9, 23), date.max])
def test_a_day_that_is_over_or_too_far_away_is_refused(day: date) -> None:
    with pytest.raises(DomainError, match="invalid_input"):
        stages.closing(CALENDAR, OPENED, day)


@pytest.mark.parametrize(
    ("opened", "reminded"),
    [
        (OPENED, datetime(2026, 9, 28, 2, 0, tzinfo=UTC)),
        (datetime(2026, 9, 19, 2, 0, tzinfo=UTC), datetime(2026, 9, 28, 1, 0, tzinfo=UTC)),  # opened on a Saturday
        (datetime(2026, 9, 25, 2, 0, tzinfo=UTC), None),  # it would come after the closing
    ],
)
def test_the_reminder_comes_in_working_time(opened: datetime, reminded: datetime | None) -> None:
    assert stages.reminder_at(state(opened_at=opened), CALENDAR) == reminded


def test_closed_early_extended_published() -> None:
    later = stages.move(state(), act(ExtendSurvey, closes_on=date(2026, 10, 12)), OPENED, CALENDAR)
    assert (later.stage, later.version) == (SurveyStage.OPEN, 3)
    assert later.closes_at.due_at == datetime(2026, 10, 12, 9, 30, tzinfo=UTC)
    assert stages.close(later, state().closes_at.due_at) is later  # the old hour ends nothing any more
    closed = stages.move(later, act(CloseSurvey, version=3), OPENED, CALENDAR)
    published = stages.move(closed, act(PublishSurvey, Role.HQ_VIP, "HQ", version=4, comment=""), OPENED, CALENDAR)
    assert [move.stage for move in published.moves] == [SurveyStage.OPEN, SurveyStage.CLOSED, SurveyStage.PUBLISHED]
    assert published.moves[1].reason == "客户要求"


def test_its_time_is_over() -> None:
    before = state()
    assert stages.close(before, OPENED) is before
    closed = stages.close(before, before.closes_at.due_at)
    assert (closed.stage, closed.moves[-1].actor_name) == (SurveyStage.CLOSED, "system:schedule")


@pytest.mark.parametrize(
    ("made", "refused"),
    [
        (act(CloseSurvey, Role.BR_LEAD), ErrorCode.NOT_ALLOWED),
        (act(CloseSurvey, Role.BR_SVC, "SH"), ErrorCode.NOT_ALLOWED),
        (act(CloseSurvey, version=1), ErrorCode.STALE_VERSION),
        (act(CloseSurvey, comment=" "), ErrorCode.REASON_REQUIRED),
        (act(PublishSurvey), ErrorCode.WRONG_STAGE),
        (act(ExtendSurvey, closes_on=date(2026, 9, 29)), ErrorCode.INVALID_INPUT),
        (act(ExtendSurvey, closes_on=date(2026, 9, 30)), ErrorCode.INVALID_INPUT),
    ],
)
def test_refusals(made: SurveyAct, refused: ErrorCode) -> None:
    with pytest.raises(DomainError) as error:
        stages.move(state(), made, OPENED, CALENDAR)
    assert error.value.code is refused
