"""A run in plain words: what it waits for, what fails, and every event of its history."""

from collections.abc import Mapping
from datetime import datetime

from api.gateway.history import Happened, History
from api.gateway.reads import Trouble
from api.ops_case import Watched
from api.pages.desk import Desk
from api.pages.format import instant, local
from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.view.common import Strip, StripTone
from api.pages.view.ops import EventRow
from api.pages.words import step_word, word
from models.stores.institutions import institution_names
from models.stores.people import PeopleStore
from models.tables.cases import Task

_EVENTS: Mapping[str, str] = {
    "WORKFLOW_EXECUTION_STARTED": _m("流程启动"),
    "WORKFLOW_EXECUTION_COMPLETED": _m("流程完成"),
    "WORKFLOW_EXECUTION_FAILED": _m("流程失败"),
    "WORKFLOW_EXECUTION_TERMINATED": _m("流程被终止"),
    "WORKFLOW_EXECUTION_CANCELED": _m("流程已取消"),
    "WORKFLOW_EXECUTION_TIMED_OUT": _m("流程超时"),
    "WORKFLOW_EXECUTION_CONTINUED_AS_NEW": _m("换新一轮运行"),
    "WORKFLOW_EXECUTION_SIGNALED": _m("收到信号"),
    "WORKFLOW_EXECUTION_UPDATE_ADMITTED": _m("收到办理"),
    "WORKFLOW_EXECUTION_UPDATE_ACCEPTED": _m("接受办理"),
    "WORKFLOW_EXECUTION_UPDATE_COMPLETED": _m("办理完成"),
    "ACTIVITY_TASK_SCHEDULED": _m("安排执行"),
    "ACTIVITY_TASK_STARTED": _m("开始执行"),
    "ACTIVITY_TASK_COMPLETED": _m("执行完成"),
    "ACTIVITY_TASK_FAILED": _m("执行失败"),
    "ACTIVITY_TASK_TIMED_OUT": _m("执行超时"),
    "MARKER_RECORDED": _m("记录写入"),
    "TIMER_STARTED": _m("设定定时"),
    "TIMER_FIRED": _m("定时到点"),
    "TIMER_CANCELED": _m("取消定时"),
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES": _m("更新检索信息"),
}


def waits_in_words(desk: Desk, found: Watched) -> tuple[str, ...]:
    """正在等…: with whom each open task lies, when it is due, and the next timer."""
    names = institution_names(desk.session, {task.institution_code for task in found.tasks})
    people = PeopleStore(desk.session)

    def who(task: Task) -> str:
        account = people.account(task.assignee_id) if task.assignee_id else None
        place = names.get(task.institution_code, task.institution_code)
        return account.name if account else f"{place} {word(task.role)}"

    def wait(task: Task) -> str:
        step, due = step_word(task.step), instant(task.due_at, desk.now)
        return _("正在等 %(who)s 办理%(step)s，%(due)s 到期", who=who(task), step=step, due=due)

    waits = [wait(task) for task in found.tasks]
    timer = found.history.next_timer_at
    if timer is not None:
        waits.append(_("下一个定时：%(when)s", when=instant(timer, desk.now)))
    return tuple(waits) or (_("没有在等待的任务。"),)


def trouble_strip(trouble: Trouble, now: datetime) -> Strip:
    """What fails, how often, and when it is tried again."""
    if not trouble.activity:
        text = _("流程推进失败 %(n)s 次；重试无效，请检查执行进程的版本。", n=trouble.tries)
    elif trouble.next_at is None:
        text = _("执行失败 %(n)s 次，正在重试", n=trouble.tries)
    else:
        text = _("执行失败 %(n)s 次，下次重试 %(when)s", n=trouble.tries, when=instant(trouble.next_at, now))
    quote = " · ".join(part for part in (trouble.activity, trouble.failure) if part)
    return Strip(text=text, tone=StripTone.WARN, icon="alert", quote=quote)


def retry_preview(trouble: Trouble | None) -> str:
    """What a retry will do."""
    tries = trouble.tries if trouble else 0
    return _("立即再执行一次，失败次数从 %(n)s 重新计起；流程的状态不变，记入审计。", n=tries)


def event_rows(history: History) -> tuple[EventRow, ...]:
    """Every event, newest first."""
    return tuple(
        EventRow(
            number=str(event.number),
            text=_text(event),
            code=event.name,
            when=f"{local(event.at):%Y-%m-%d %H:%M:%S}",
        )
        for event in history.events
    )


def _text(event: Happened) -> str:
    known = _EVENTS.get(event.kind)
    text = _(known) if known else event.kind.replace("_", " ").lower()
    return _("%(who)s：%(text)s", who=event.who, text=text) if event.who else text
