"""Rows of the inbox about serving a customer: nothing is decided from the list, it leads to the page of the case."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from api.pages.build_clock import task_pill
from api.pages.build_task_tags import task_tags
from api.pages.care_rows import item_title
from api.pages.case_pages import page_of
from api.pages.customers_view import tier_tag
from api.pages.desk import Desk
from api.pages.format import instant, stamp
from api.pages.i18n import _
from api.pages.view.acts import ActForm
from api.pages.view.clock import pill_of
from api.pages.view.common import Tag, TagTone, TimePill
from api.pages.view.inbox import TaskRow
from api.pages.words import case_word, step_word, word
from api.service_clock import clock_of
from models.messages.service import ServiceState
from models.rulebook import Rulebook
from models.rules.calendar import local_date
from models.rules.clock import PillLevel
from models.rules.service import clock_of_task
from models.service_types import ComplaintGrade
from models.services.case_state import is_service, served
from models.services.rulebooks import rulebook_in_force
from models.stores.services import ServiceItem, ServiceStore
from models.tables.cases import Case, Task
from models.types import OPEN_TASK_STATES


@dataclass(frozen=True)
class Named:
    """Which item each service case of a page is, read at once, and the rulebook that names it."""

    rulebook: Rulebook
    items: Mapping[UUID, ServiceItem]

    @classmethod
    def of(cls, desk: Desk, cases: Iterable[Case]) -> Self:
        """Nothing is asked of the records where nobody is served."""
        ids = {case.id for case in cases if is_service(case)}
        rulebook = rulebook_in_force(desk.session, local_date(desk.now)).rulebook
        return cls(rulebook, ServiceStore(desk.session).items(ids) if ids else {})

    def kind(self, case: Case, state: ServiceState) -> str:
        """绿色通道 · 理赔, 投诉, 节日问候 · 春节."""
        found = self.items.get(case.id)
        if state.service is not None:
            return f"{case_word(case.kind, None, case.tier)} · {word(state.service)}"
        if state.sheet is not None:
            return word(state.sheet)
        if found is None or not found.item:
            return case_word(case.kind, None, case.tier)
        return item_title(self.rulebook, found.code, found.item, found.title)

    def context(self, desk: Desk, case: Case) -> str:
        """CL-2026-0117 · 11月23日 07:59 登记 · C0000002: a request by its reference, a complaint by its record."""
        found = self.items.get(case.id, ServiceItem())
        number = found.reference_no or found.record_no
        return " · ".join(filter(None, (number, _taken_in(desk, case), case.number)))


def service_task_row(
    desk: Desk, task: Task, case: Case, named: Named, *, stood_for: str, act: ActForm | None
) -> TaskRow:
    """The row of a task: `stood_for` is whom the reader has it from."""
    state = served(case)
    return TaskRow(
        task_id=str(task.id),
        href=page_of(case),
        pill=_task_pill(desk, task, state),
        kind=named.kind(case, state),
        subject=task.customer_name,
        tags=(tier_tag(case.tier), *_tags(desk, task, state, stood_for)),
        context=named.context(desk, case),
        step=step_word(task.step),
        act=act,
    )


def service_case_row(desk: Desk, case: Case, named: Named, names: Mapping[UUID, str]) -> TaskRow:
    """The row of a case."""
    state = served(case)
    return TaskRow(
        task_id=str(case.id),
        href=page_of(case),
        pill=_case_pill(desk, case, state),
        kind=named.kind(case, state),
        subject=names[case.id],
        tags=(tier_tag(case.tier), *_serious(state)),
        context=named.context(desk, case),
        step=word(case.stage),
    )


def _task_pill(desk: Desk, task: Task, state: ServiceState) -> TimePill:
    """By the clock that the task serves: it began with the request, whoever has it now."""
    waiting = next((item for item in state.tasks if item.task_id == task.id), None)
    if waiting is None:
        return task_pill(desk, task)
    return pill_of(desk.calendar, clock_of(desk.calendar, clock_of_task(state, waiting)), desk.now)


def _case_pill(desk: Desk, case: Case, state: ServiceState) -> TimePill:
    """The clock that runs, or when the case ended."""
    if state.tasks:
        return pill_of(desk.calendar, clock_of(desk.calendar, clock_of_task(state, state.tasks[0])), desk.now)
    ended = instant(case.closed_at, desk.now) if case.closed_at else ""
    return TimePill(level=PillLevel.NO_LIMIT, text=word(case.stage), due=ended)


def _tags(desk: Desk, task: Task, state: ServiceState, stood_for: str) -> tuple[Tag, ...]:
    open_tags = task_tags(desk, task, stood_for) if task.state in OPEN_TASK_STATES else ()
    return (*_serious(state), *open_tags)


def _serious(state: ServiceState) -> tuple[Tag, ...]:
    if state.grade is not ComplaintGrade.SERIOUS:
        return ()
    return (Tag(text=_("重大投诉"), tone=TagTone.WARN, icon="bolt"),)


def _taken_in(desk: Desk, case: Case) -> str:
    return _("%(when)s 登记", when=stamp(case.opened_at, desk.now))
