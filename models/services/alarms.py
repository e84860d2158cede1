"""An alarm of a task in the records: once by task and key, told to the people whose turn it is to act or to look."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.messages.alarms import Alarm, AlarmPolicy, RecordAlarm, ReminderBefore, Rung
from models.messages.approval import NOBODY_TO_ACT, ApprovalState
from models.rulebook import Rulebook
from models.rulebook.schema.desk import Reminders
from models.rules.alarms import BREACH_TOLD
from models.rules.approval import DECLARED, barred_people
from models.services import audit
from models.services.notifications import emit, notify
from models.services.rulebooks import rulebook_of
from models.services.stand_ins import who_hears
from models.stores.alarms import AlarmStore
from models.stores.cases import CaseStore
from models.stores.people import PeopleStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Task
from models.tables.desk import TaskAlarm
from models.types import OPEN_TASK_STATES, SERVICE_KINDS, SYSTEM_SLA, AlarmKind, CaseKind, Door


def policy_of(rulebook: Rulebook) -> AlarmPolicy:
    """What the clocks of a case set off, from its rulebook version; rungs are numbered from 1 as they stand there."""
    desk = rulebook.desk
    reminders = desk.reminders
    return AlarmPolicy(
        before=tuple(
            ReminderBefore(working_days=item.working_days, working_minutes=item.working_minutes)
            for item in reminders.before
        ),
        at_deadline=reminders.at_deadline,
        repeat_every_working_days=reminders.repeat_every_working_days,
        repeat_at_most=reminders.repeat_at_most,
        ladder=tuple(
            Rung(rung=number, after_working_days=rung.after_working_days, to=rung.to)
            for number, rung in enumerate(reminders.ladder, start=1)
        ),
        latest_rung_only=True,
        hq_role=reminders.hq_role,
        auto_verdict=reminders.auto_verdict,
        auto_after_working_days=reminders.auto_after_working_days,
        quiet_from_hour=desk.quiet_from_hour,
        quiet_until_hour=desk.quiet_until_hour,
    )


def service_policy_of(rulebook: Rulebook) -> AlarmPolicy:
    """The same for a service case: warnings in per cent of the limit besides, and nothing decided automatically."""
    warnings = tuple(rulebook.working_time.warning_percents)
    return policy_of(rulebook).model_copy(update={"percents": warnings, "auto_verdict": None})


def policy_for(kind: CaseKind, rulebook: Rulebook) -> AlarmPolicy:
    """The policy of a kind of case."""
    return service_policy_of(rulebook) if kind in SERVICE_KINDS else policy_of(rulebook)


def record_alarm(session: Session, message: RecordAlarm) -> None:
    """Record an alarm of an open task and tell who is to be told; nothing for one that stands, or a closed task."""
    case = CaseStore(session).locked(message.case_id)  # a redelivery may run beside the first attempt
    row, alarms = TaskStore(session).get(message.task_id), AlarmStore(session)
    if case is None or row is None or row.state not in OPEN_TASK_STATES:
        return
    if alarms.get(row.id, message.alarm.key) is not None:
        return
    if message.alarm.kind is AlarmKind.BREACH and row.breached_at is None:
        row.breached_at = message.due_at
        TaskStore(session).add(row)
    told = people_to_tell(session, case, row, message)
    alarms.add(_row(message, told))
    _audit(session, message)
    _tell(session, case, row, message, told)


def people_to_tell(session: Session, case: Case, row: Task, message: RecordAlarm) -> tuple[UUID, ...]:
    """Whom an alarm is for, in a fixed order; a reminder ahead that only comes after the deadline is for nobody."""
    alarm = message.alarm
    stale = alarm.kind is AlarmKind.REMINDER and alarm.at < message.due_at <= message.at
    if alarm.silent or stale or alarm.kind is AlarmKind.AUTO_DECISION:
        return ()
    if alarm.rung is None or alarm.rung.to == "holder":
        found = holders(session, case, row, message.at)
    else:
        reminders = rulebook_of(session, case.rulebook_version_id).rulebook.desk.reminders
        found = _above(session, row, reminders, only_head_office=alarm.rung.to == "hq")
    return tuple(sorted(found))


def holders(session: Session, case: Case, row: Task, at: datetime) -> frozenset[UUID]:
    """Who may act on an open task at an instant: its assignee (and who delegated it), else the post without barred
    people; and whoever stands in for one of them."""
    people = PeopleStore(session)
    if row.assignee_id is not None:
        named = [row.assignee_id, *([row.delegated_by] if row.delegated_by else [])]
        accounts = [people.account(account_id) for account_id in named]
        found = frozenset(account.id for account in accounts if account is not None and account.disabled_at is None)
    else:
        found = people.holder_ids(row.role, row.institution_code) - _barred(case, row)
    return who_hears(session, case, found, at)


def _barred(case: Case, row: Task) -> frozenset[UUID]:
    """Four eyes ask nothing of whoever mends an empty level, or resubmits; nor of whoever serves a customer."""
    if row.step in {NOBODY_TO_ACT, DECLARED} or case.kind in SERVICE_KINDS:
        return frozenset()
    return barred_people(ApprovalState.model_validate(case.state))


def _above(session: Session, row: Task, reminders: Reminders, *, only_head_office: bool) -> frozenset[UUID]:
    """The superior post at the task's institution, else at the nearest above; head office when nobody is found."""
    people = PeopleStore(session)
    ancestry = people.ancestry(row.institution_code)
    superior = next((entry.superior for entry in reminders.superiors if entry.role is row.role), None)
    if superior is not None and not only_head_office:
        for institution in ancestry:
            if found := people.holder_ids(superior, institution.code):
                return found
    return people.holder_ids(reminders.hq_role, ancestry[-1].code) if ancestry else frozenset()


def _row(message: RecordAlarm, told: tuple[UUID, ...]) -> TaskAlarm:
    alarm = message.alarm
    return TaskAlarm(
        task_id=message.task_id,
        key=alarm.key,
        case_id=message.case_id,
        kind=alarm.kind,
        rung=alarm.rung.rung if alarm.rung else None,
        due_at=message.due_at,
        at=message.at,
        told=[str(account_id) for account_id in told],
    )


def _audit(session: Session, message: RecordAlarm) -> None:
    audit.append(
        session,
        actor=SYSTEM_SLA,
        action=message.alarm.kind.value,
        object_kind="case",
        object_id=str(message.case_id),
        door=Door.SYSTEM,
        after={
            "task_id": str(message.task_id),
            "key": message.alarm.key,
            "due_at": message.due_at.isoformat(),
        },
        at=message.at,
    )


def _tell(session: Session, case: Case, row: Task, message: RecordAlarm, told: tuple[UUID, ...]) -> None:
    template, key = _wording(message.alarm)
    context = {
        "customer_no": case.number,
        "customer_name": row.customer_name,
        "step": row.step,
        "role": row.role.value,
        "due_at": message.due_at.isoformat(),
    }
    if told:  # an automatic decision tells nobody by itself: what it decides does
        notify(
            session,
            to=told,
            template=template,
            key=f"{key}:{row.id}",
            at=message.at,
            case_id=case.id,
            task_id=row.id,
            context=context,
        )
    if message.alarm.kind is AlarmKind.BREACH:
        emit(
            session,
            "task_changed",
            message.at,
            case_id=case.id,
            task_id=row.id,
            account_id=row.assignee_id,
            role=row.role,
            institution_code=row.institution_code,
        )


def _wording(alarm: Alarm) -> tuple[str, str]:
    """Template and dedupe key. Breach and a holder's rung at the deadline are one event for who holds the task."""
    at_deadline = alarm.rung is not None and alarm.rung.to == "holder" and alarm.rung.after_working_days == 0
    if alarm.kind is AlarmKind.BREACH or alarm.key == BREACH_TOLD or at_deadline:
        return "breach", "overdue"
    return alarm.kind.value, f"alarm:{alarm.key}"
