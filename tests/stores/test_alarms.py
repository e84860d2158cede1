"""An alarm in the records: once by task and key, told to the right people, nothing for a closed task."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from models.database import Database
from models.messages.alarms import Alarm, RecordAlarm, Rung
from models.rulebook import load_builtin
from models.services.alarms import policy_of, record_alarm
from models.stores.audit import AuditStore
from models.tables.cases import Task
from models.tables.desk import StandIn, TaskAlarm
from models.tables.messages import Notification
from models.tables.organisation import Account, Post
from models.types import SYSTEM_SLA, AlarmKind, Role, TaskState
from tests.support import world as worlds
from tests.support.waiting_cases import AT, Waiting, before_final_approval
from tests.support.world import World

DUE = AT + timedelta(days=8)
REMINDER = Alarm(key="before:1d", kind=AlarmKind.REMINDER, at=DUE - timedelta(days=1))
BREACH = Alarm(key="breach", kind=AlarmKind.BREACH, at=DUE)


@pytest.fixture
def world(database: Database) -> World:
    """The small insurer."""
    return worlds.build(database)


@pytest.fixture
def waiting(world: World) -> Waiting:
    """A case on the desk of the branch lead, who alone holds that post there."""
    with world.database.write() as session:
        return before_final_approval(session, world, 1)


def rung(number: int, to: str, after: int = 1) -> Alarm:
    step = Rung.model_validate({"rung": number, "after_working_days": after, "to": to})
    return Alarm(key=f"rung:{number}", kind=AlarmKind.ESCALATION, at=DUE + timedelta(days=after), rung=step)


def went_off(waiting: Waiting, *alarms: Alarm, late: timedelta = timedelta()) -> None:
    for alarm in alarms:
        message = RecordAlarm(
            case_id=waiting.state.case_id,
            task_id=waiting.state.tasks[0].task_id,
            alarm=alarm,
            due_at=DUE,
            at=alarm.at + late,
        )
        with waiting.world.database.write() as session:
            record_alarm(session, message)


def told(waiting: Waiting) -> list[tuple[str, str]]:
    """Template and login of everybody who was told, in order."""
    with waiting.world.database.read() as session:
        rows = session.exec(select(Notification).order_by(col(Notification.id))).all()
        logins = {account.id: account.login for account in session.exec(select(Account))}
        return [(row.template, logins[row.account_id]) for row in rows if row.account_id]


def alarms(waiting: Waiting) -> list[TaskAlarm]:
    with waiting.world.database.read() as session:
        return list(session.exec(select(TaskAlarm)).all())


def task(waiting: Waiting) -> Task:
    with waiting.world.database.read() as session:
        return session.exec(select(Task)).one()


def test_a_redelivered_alarm_is_recorded_and_told_once(waiting: Waiting) -> None:
    went_off(waiting, REMINDER, REMINDER)
    (row,) = alarms(waiting)
    assert (row.key, row.kind, row.told) == ("before:1d", AlarmKind.REMINDER, [str(waiting.world.accounts["lead"])])
    assert told(waiting) == [("reminder", "lead")]
    with waiting.world.database.read() as session:
        entries = AuditStore(session).of("case", str(waiting.state.case_id))
    assert [(entry.actor, entry.action) for entry in entries] == [(SYSTEM_SLA, "reminder")]


def test_breach_and_the_holders_rung_at_the_deadline_are_one_message(waiting: Waiting) -> None:
    went_off(waiting, BREACH, rung(1, "holder", 0))
    assert task(waiting).breached_at == DUE
    assert {row.key for row in alarms(waiting)} == {"breach", "rung:1"}
    assert told(waiting) == [("breach", "lead")]


def test_the_ladder_climbs_to_the_superior_and_to_head_office(waiting: Waiting) -> None:
    went_off(waiting, rung(2, "superior"), rung(3, "hq", 3))
    assert told(waiting) == [("escalation", "hq-vip"), ("escalation", "hq-vip")]
    assert [row.rung for row in alarms(waiting)] == [2, 3]


def test_the_nearest_superior_above_is_told_not_one_beside(waiting: Waiting) -> None:
    with waiting.world.database.write() as session:
        row = session.exec(select(Task)).one()
        row.role, row.institution_code = Role.UNIT_LEAD, "BJ01"
        session.add(row)
    went_off(waiting, rung(2, "superior"))
    assert told(waiting) == [("escalation", "lead")]


def test_a_silent_breach_marks_the_task_and_tells_nobody(waiting: Waiting) -> None:
    went_off(waiting, BREACH.model_copy(update={"silent": True}))
    assert task(waiting).breached_at == DUE
    assert told(waiting) == []
    went_off(waiting, Alarm(key="breach:told", kind=AlarmKind.REMINDER, at=DUE + timedelta(hours=10)))
    assert told(waiting) == [("breach", "lead")]


def test_a_reminder_ahead_that_comes_after_the_deadline_is_kept_and_not_told(waiting: Waiting) -> None:
    went_off(waiting, REMINDER, late=timedelta(days=3))
    assert len(alarms(waiting)) == 1
    assert told(waiting) == []


def test_nothing_goes_off_for_a_closed_task(waiting: Waiting) -> None:
    with waiting.world.database.write() as session:
        row = session.exec(select(Task)).one()
        row.state = TaskState.DONE
        session.add(row)
    went_off(waiting, BREACH, rung(2, "superior"))
    assert (alarms(waiting), told(waiting), task(waiting).breached_at) == ([], [], None)


def test_an_assigned_task_reminds_its_holder_and_who_stands_in(waiting: Waiting) -> None:
    people = waiting.world.accounts
    away = StandIn(
        principal_id=people["sh-lead"],
        stand_in_id=people["svc"],
        starts_at=AT,
        ends_at=DUE,
        created_by=people["sh-lead"],
        created_at=AT,
    )
    with waiting.world.database.write() as session:
        row = session.exec(select(Task)).one()
        row.assignee_id = people["sh-lead"]
        session.add_all([row, away])
    went_off(waiting, REMINDER)
    assert sorted(told(waiting)) == [("reminder", "sh-lead"), ("reminder", "svc")]


def test_a_barred_holder_of_the_post_is_not_reminded(waiting: Waiting) -> None:
    with waiting.world.database.write() as session:
        session.add(Post(account_id=waiting.world.accounts["mgr"], role=Role.BR_LEAD, institution_code="BJ"))
    went_off(waiting, REMINDER)
    assert told(waiting) == [("reminder", "lead")]


def test_the_policy_is_that_of_the_rulebook() -> None:
    policy = policy_of(load_builtin())
    assert [(rung.rung, rung.after_working_days, rung.to) for rung in policy.ladder] == [
        (1, 0, "holder"),
        (2, 1, "superior"),
        (3, 3, "hq"),
    ]
    assert (policy.auto_verdict, policy.repeat_at_most, len(policy.before)) == (None, 5, 2)
    assert (policy.quiet_from_hour, policy.quiet_until_hour) == (20, 8)
