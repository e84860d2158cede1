"""Rows of the inbox about a launch 启动计划: which piece of work, and for which institution."""

from api.forms.sheet import named
from api.pages.build_clock import task_pill
from api.pages.build_task_tags import task_tags
from api.pages.case_pages import page_of
from api.pages.desk import Desk
from api.pages.format import instant, short_day
from api.pages.i18n import _
from api.pages.view.acts import ActForm
from api.pages.view.common import TimePill
from api.pages.view.inbox import TaskRow
from api.pages.words import step_word, word
from models.rules.calendar import local_date
from models.rules.clock import PillLevel
from models.services.case_state import launch_of
from models.services.rulebooks import rulebook_of
from models.tables.cases import Case, Task
from models.types import OPEN_TASK_STATES


def launch_task_row(desk: Desk, task: Task, case: Case, *, stood_for: str, act: ActForm | None) -> TaskRow:
    """The row of a task: `stood_for` is whom the reader has it from."""
    return TaskRow(
        task_id=str(task.id),
        href=f"{page_of(case)}#task-{task.id}",
        pill=task_pill(desk, task),
        kind=word(case.kind),
        subject=task_name(desk, task, case),
        tags=task_tags(desk, task, stood_for) if task.state in OPEN_TASK_STATES else (),
        context=" · ".join((word(task.role), task.institution_code)),
        step=step_word(task.step),
        act=act,
    )


def launch_case_row(desk: Desk, case: Case, name: str) -> TaskRow:
    """The row of a launch."""
    state = launch_of(case)
    ended = instant(case.closed_at, desk.now) if case.closed_at else ""
    started = short_day(state.start_on, local_date(desk.now))
    return TaskRow(
        task_id=str(case.id),
        href=page_of(case),
        pill=TimePill(level=PillLevel.NO_LIMIT, text=word(case.outcome or case.stage), due=ended),
        kind=word(case.kind),
        subject=name,
        tags=(),
        context=_("%(day)s 起", day=started),
        step=word(case.stage),
    )


def task_name(desk: Desk, task: Task, case: Case) -> str:
    """The piece of work a task is about, in the language of the request."""
    tasks = rulebook_of(desk.session, case.rulebook_version_id).rulebook.rollout.tasks
    found = next((entry for entry in tasks if str(entry.number) == task.signer_id), None)
    return named(found) if found else task.customer_name
