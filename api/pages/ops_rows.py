"""What is stuck, in words: what happened, since when, and where it is mended."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from api.gateway.reads import RunStatus
from api.pages.case_pages import page_of
from api.pages.desk import Desk
from api.pages.format import instant, span, stamp
from api.pages.i18n import _
from api.pages.lists import href
from api.pages.ops_words import nameless, status_word, stuck_tag
from api.pages.view.common import Link
from api.pages.view.ops import ExpectedRow, StuckRow
from api.pages.words import step_word, word
from models.messages.calendar import CalendarSnapshot
from models.ops_types import DriftKind, StuckReason
from models.rules.clock import working_span
from models.services.forecasting import Expected, Outlook
from models.services.watching import Stuck
from models.stores.institutions import institution_names
from models.tables.cases import Task
from models.tables.reconcile import Drift


@dataclass(frozen=True)
class Words:
    """What the sentences are made with."""

    names: dict[str, str]
    calendar: CalendarSnapshot
    now: datetime

    def row(self, item: Stuck) -> StuckRow:
        """One row."""
        case = item.case
        text = nameless(item.seen.kind, item.workflow_id) if item.seen else item.workflow_id
        if case is not None:
            about = item.task.customer_name if item.task else case.number
            text = f"{word(case.kind)} · {about}"
        return StuckRow(
            reason=stuck_tag(item.reason),
            case=Link(text=text, href=page_of(case) if case else ""),
            hint=item.workflow_id,
            what=self._task(item.reason, item.task) if item.task else self._seen(item.seen),
            age=self._age(item),
            mend=_mend(item),
            case_id=str(case.id) if case else "",
        )

    def _task(self, reason: StuckReason, task: Task) -> str:
        place = self.names.get(task.institution_code, task.institution_code)
        who = f"{place} {word(task.role)}"
        if reason is StuckReason.NOBODY:
            return _("有一级没有人可以办理，须改派或补岗")
        if reason is StuckReason.PAUSED and task.paused_since:
            when = stamp(task.paused_since, self.now)
            return _("%(step)s自 %(when)s 起暂停，%(who)s", step=step_word(task.step), when=when, who=who)
        due = instant(task.due_at, self.now)
        if reason is StuckReason.PROVISIONAL:
            return _("%(step)s期限 %(due)s 按暂定日历计算", step=step_word(task.step), due=due)
        return _("%(step)s应于 %(due)s 办结，%(who)s", step=step_word(task.step), due=due, who=who)

    def _seen(self, row: Drift | None) -> str:
        if row is None:
            return ""
        if row.kind is DriftKind.RECORD_MISSING:
            return _("引擎中在运行，没有流程记录")
        if row.kind is DriftKind.RUN_MISSING:
            return _("记录在办，引擎中：%(status)s", status=status_word(RunStatus(row.sides["status"][1])))
        tries, next_at = row.sides["tries"][1], row.sides["next_at"][1]
        if not row.sides["activity"][1]:
            return _("流程推进失败 %(n)s 次", n=tries)
        if next_at is None:
            return _("执行失败 %(n)s 次，正在重试", n=tries)
        when = instant(datetime.fromisoformat(next_at), self.now)
        return _("执行失败 %(n)s 次，下次重试 %(when)s", n=tries, when=when)

    def _age(self, item: Stuck) -> str:
        task, since = item.task, item.due_at
        if task is not None and item.reason is StuckReason.NOBODY:
            since = task.opened_at
        elif task is not None and item.reason is StuckReason.PAUSED:
            since = task.paused_since or task.due_at
        elif item.reason is StuckReason.PROVISIONAL:
            return ""
        return span(working_span(self.calendar, since, self.now)) if since < self.now else ""


def words_for(session: Session, items: list[Stuck], calendar: CalendarSnapshot, now: datetime) -> Words:
    """The words for these rows: names of their institutions in one query."""
    codes = {item.task.institution_code for item in items if item.task}
    return Words(institution_names(session, codes), calendar, now)


def expected_rows(desk: Desk, found: Outlook) -> tuple[ExpectedRow, ...]:
    """The first tasks that will be late, and where they are given to somebody else."""
    names = institution_names(desk.session, {item.task.institution_code for item in found.first})
    return tuple(_expected(item, names, desk.now) for item in found.first)


def _expected(item: Expected, names: dict[str, str], now: datetime) -> ExpectedRow:
    task, nobody = item.task, _("没有人可以办理")
    return ExpectedRow(
        case=Link(text=f"{word(item.case.kind)} · {task.customer_name}", href=page_of(item.case)),
        step=step_word(task.step),
        place=f"{names.get(task.institution_code, task.institution_code)} {word(task.role)}",
        due=instant(task.due_at, now),
        expected=instant(item.done_at, now) if item.done_at else nobody,
        mend=Link(text=_("去处理"), href=f"/ops/cases/{item.case.id}"),
    )


def _mend(item: Stuck) -> Link:
    if item.seen is not None and item.case is None and item.seen.kind is not DriftKind.RECORD_MISSING:
        return Link(text=_("修复"), href="/ops/drift")
    if item.case is None:
        return Link(text=_("去处理"), href=href("/ops/runs", {"workflow_id": item.workflow_id}))
    return Link(text=_("去处理"), href=f"/ops/cases/{item.case.id}")
