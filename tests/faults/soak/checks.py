"""The checker: what people were told against decisions, tasks and audit. Each line it gives is a broken promise."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from models.rules.alarms import BREACH
from models.tables.cases import Decision
from models.types import SERVICE_KINDS, Door
from tests.faults.soak.records import Records
from tests.faults.soak.told import AWAY, Act, Log, Outcome

SERVER_ERROR = 500


def check(log: Log, records: Records, now: datetime) -> list[str]:
    """Every violation, in plain words."""
    return [
        *_answers(log),
        *_acts(log, records),
        *_steps(records),
        *_audit(records),
        *_breaches(records, now),
        *_touchpoints(records),
        *(f"{row.route}: its request was never answered" for row in records.unanswered()),
    ]


def _answers(log: Log) -> Iterator[str]:
    """No 5xx but 503; one key has one answer; one task has one winner."""
    for path, call in log.calls():
        if call.status is not None and call.status >= SERVER_ERROR and call.status != AWAY:
            yield f"{path}: answered {call.status} {call.code}"
    for act in log.acts:
        if {Outcome.OK, Outcome.FAIL} <= {call.outcome for call in act.calls}:
            yield f"{_named(act)}: told yes and no: {[(call.status, call.code) for call in act.calls]}"
    won = Counter(act.task_id for act in log.acts if act.task_id and act.outcome is Outcome.OK)
    yield from (f"task {task_id}: {number} were told they decided it" for task_id, number in won.items() if number > 1)


def _acts(log: Log, records: Records) -> Iterator[str]:
    """Acknowledged means decided, refused means not decided, and nothing is decided twice or by nobody."""
    found: dict[str, list[Decision]] = {}
    for row in records.decisions:
        if row.door is not Door.SYSTEM:
            found.setdefault(row.update_id, []).append(row)
    for act in log.acts:
        rows = found.pop(act.update_id, [])
        if len(rows) > 1:
            yield f"{_named(act)}: decided {len(rows)} times"
        if rows and act.outcome is Outcome.FAIL:
            yield f"{_named(act)}: refused and decided all the same"
        if act.outcome is Outcome.OK:
            yield from _acknowledged(act, rows, records)
    yield from (f"{update_id}: a decision that nobody sent" for update_id in found)


def _acknowledged(act: Act, rows: list[Decision], records: Records) -> Iterator[str]:
    if not rows:
        # The same declaration under another key is answered with the case that stands.
        if not (act.begins and act.case_id in records.cases):
            yield f"{_named(act)}: acknowledged and lost"
        return
    row = rows[0]
    meant = (act.case_id or row.case_id, act.task_id or row.task_id, act.account_id)
    if (row.case_id, row.task_id, row.actor_id) != meant:
        yield f"{_named(act)}: recorded as something else"
    if row.verdict is not None and "verdict" in act.body and row.verdict != act.body["verdict"]:
        yield f"{_named(act)}: {act.body['verdict']} recorded as {row.verdict}"


def _steps(records: Records) -> Iterator[str]:
    """One record per step without a gap, the last one being what the case says."""
    decided = records.of_case()
    for case in records.cases.values():
        rows = decided.get(case.id, [])
        steps = [row.step_no for row in rows]
        first = 0 if case.kind in SERVICE_KINDS else 1
        if steps != list(range(first, first + len(steps))) or not steps:
            yield f"{case.workflow_id}: steps {steps}"
        elif (case.version, case.stage) != (rows[-1].effect["version"], rows[-1].effect["stage"]):
            yield f"{case.workflow_id}: stands at {case.version} {case.stage}, decided {steps[-1]}"
    for task_id, number in Counter(row.task_id for row in records.decisions if row.task_id).items():
        if number > 1:
            yield f"task {task_id}: decided {number} times"


def _audit(records: Records) -> Iterator[str]:
    """The chain holds, and tells of every decision once and of none besides."""
    if records.broken_at is not None:
        yield f"audit: broken at {records.broken_at}"
    told = Counter(
        (entry.object_id, entry.actor, entry.at)
        for entry in records.entries
        if entry.object_kind == "case" and entry.door is not Door.SYSTEM
    )
    made = Counter(
        (str(row.case_id), str(row.actor_id), row.at) for row in records.decisions if row.door is not Door.SYSTEM
    )
    yield from (
        f"audit: {key} told {told[key]} times, decided {made[key]}" for key in told | made if told[key] != made[key]
    )


def _breaches(records: Records, now: datetime) -> Iterator[str]:
    """Every task that is overdue is escalated, once, in the audit trail too; no task is before its time."""
    breached = Counter(row.task_id for row in records.alarms if row.key == BREACH)
    audited = Counter(
        UUID(entry.after["task_id"])
        for entry in records.entries
        if entry.door is Door.SYSTEM and entry.after and entry.after.get("key") == BREACH
    )
    for task in records.overdue(now):
        yield f"task {task.id}: overdue since {task.due_at} and not escalated"
    for task_id in breached | audited:
        if (breached[task_id], audited[task_id]) != (1, 1):
            yield f"task {task_id}: escalated {breached[task_id]} times, audited {audited[task_id]}"
    for alarm in records.alarms:
        if alarm.key == BREACH and (alarm.at < alarm.due_at or records.tasks[alarm.task_id].breached_at is None):
            yield f"task {alarm.task_id}: escalated at {alarm.at}, due {alarm.due_at}"


def _touchpoints(records: Records) -> Iterator[str]:
    """Every visit that was due when the run began is exactly one task."""
    for row in records.visits():
        number = len(records.first_tasks(row))
        if number != 1:
            yield f"touchpoint {row.key}: due {row.due_on}, {number} tasks"


def _named(act: Act) -> str:
    return f"{act.login} {act.path} {act.update_id}"
