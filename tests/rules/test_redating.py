"""A running case on a new calendar: the rule that gave its deadlines is asked again, pauses stay."""

from datetime import date, datetime
from uuid import uuid4

from models.messages.approval import NOBODY_TO_ACT, ApprovalState, OpenTask, RouteStep, Signer, StepState
from models.messages.calendar import CalendarSnapshot, Pause
from models.rules import calendar as cal
from models.rules.redating import moved, redated, with_deadlines_of
from models.types import Role, SeatKind, Stage, Tier
from tests.rules.calendars import china

OLD = cal.make_snapshot(official_years=(2026,))
OFF = (date(2026, 3, 5), date(2026, 3, 6))
NEW = cal.make_snapshot(official_years=(2026,), days_off=OFF)
OPENED = china("2026-03-02 10:00")
ROUTE = RouteStep(stage=Stage.BRANCH_REVIEW, role=Role.BR_SVC, institution_code="BJ", due_on=date(2026, 1, 20))
FIXED = ROUTE.model_copy(update={"due_on": date(2026, 3, 6)})


def state(calendar: CalendarSnapshot = OLD, route: RouteStep = ROUTE, **facts: object) -> ApprovalState:
    deadline = cal.due_on_date(calendar, route.due_on, OPENED, 3)
    task = OpenTask(
        task_id=uuid4(),
        step=route.stage.value,
        role=route.role,
        institution_code="BJ",
        opened_at=OPENED,
        deadline=deadline,
    )
    step = StepState(
        stage=route.stage,
        round=1,
        signers=(Signer(signer_id="1", institution_code="BJ"),),
        opened_at=OPENED,
        deadline=deadline,
    )
    return ApprovalState(
        case_id=uuid4(),
        stage=route.stage,
        version=4,
        tier=Tier.GOLD,
        seat_kind=SeatKind.RANKED,
        declared_by=uuid4(),
        declarant_institution="BJ",
        route=(route,),
        tasks=(task.model_copy(update=facts),),
        step=step,
        min_allowance_working_days=3,
    )


def due(found: ApprovalState) -> datetime:
    return found.tasks[0].deadline.due_at


def test_the_allowance_is_counted_again_and_versions_move() -> None:
    before = state()
    after = redated(before, NEW)
    assert (due(before), due(after)) == (china("2026-03-05 17:30"), china("2026-03-09 17:30"))
    assert after.step is not None
    assert after.step.deadline == after.tasks[0].deadline
    assert (after.version, after.tasks[0].version) == (5, 2)
    assert [(move.before, move.after) for move in moved(before, after)] == [(due(before), due(after))]


def test_a_procedure_date_that_became_a_day_off_moves_to_the_next_working_day() -> None:
    assert due(state(route=FIXED)) == china("2026-03-06 17:30")
    assert due(redated(state(route=FIXED), NEW)) == china("2026-03-09 17:30")


def test_a_calendar_that_moves_nothing_leaves_every_version() -> None:
    before = state()
    far = cal.make_snapshot(official_years=(2026,), days_off=[date(2026, 12, 31)])
    after = redated(before, far)
    assert (after.version, after.tasks[0].version, moved(before, after)) == (4, 1, ())
    assert after.tasks[0].deadline.calendar_version == far.version


def test_a_provisional_deadline_becomes_certain_without_moving() -> None:
    before = state(cal.make_snapshot())
    assert before.tasks[0].deadline.provisional
    assert not redated(before, OLD).tasks[0].deadline.provisional


def test_pauses_are_kept_and_their_office_time_counted_anew() -> None:
    """glpi-project/glpi 10594: a pause must not give back hours in which the office was closed."""
    pause = Pause(paused_at=china("2026-03-03 16:30"), resumed_at=china("2026-03-04 10:00"), reason="x")
    paused = state(pauses=(pause,))
    two_hours = redated(paused, OLD)
    assert due(two_hours) == china("2026-03-06 11:00")
    over_days_off = pause.model_copy(update={"resumed_at": china("2026-03-09 09:00")})
    assert due(redated(state(pauses=(over_days_off,)), NEW)) == china("2026-03-11 10:00")


def test_operations_have_one_working_day() -> None:
    alarm = state(step=NOBODY_TO_ACT, opened_at=china("2026-03-04 10:00"))
    assert due(redated(alarm, OLD)) == china("2026-03-05 17:30")
    assert due(redated(alarm, NEW)) == china("2026-03-09 17:30")


def test_a_returned_case_goes_by_the_date_of_its_first_step() -> None:
    returned = state(step=Stage.DECLARED.value)
    assert due(redated(returned, NEW)) == china("2026-03-09 17:30")


def test_a_step_that_no_rule_of_the_route_gave_is_left_alone() -> None:
    other = state(step="something_else")
    assert due(redated(other, NEW)) == due(other)


def test_an_answer_given_twice_is_the_recorded_one_with_the_alarms_of_the_workflow() -> None:
    before = state(alarms=("before:1d",))
    recorded = redated(state(), NEW).model_copy(update={"tasks": redated(before, NEW).tasks})
    found = with_deadlines_of(before, recorded)
    assert due(found) == due(redated(before, NEW))
    assert (found.version, found.tasks[0].alarms) == (5, ("before:1d",))
    assert redated(found, NEW) == found
