"""为何那时到期: the reckoning of a task's deadline, day by day, with its pauses and alarms."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import Action, Caller, DatabaseDep, require
from api.pages.build_clock import limit_text
from api.pages.clock_view import alarm_rows, calendar_note, ledger_rows, pause_text
from api.pages.desk import Desk, desk_of
from api.pages.green_channel_words import limits_text
from api.pages.i18n import _
from api.pages.render import render
from api.pages.view.clock import ClockPage, build_clock_page
from api.pages.words import declaration_word, word
from api.qualification_acts import visible_task
from models.messages.rollout import RolloutState
from models.messages.service import ServiceState
from models.rules.service import clock_of_task
from models.services.case_state import CaseState
from models.services.task_clock import task_clock
from models.stores.cases import CaseStore
from models.tables.cases import Case, Task
from models.types import CaseKind

router = APIRouter(prefix="/tasks")


@router.get("/{task_id}/clock")
def show_clock(
    request: Request, task_id: UUID, database: DatabaseDep, caller: Annotated[Caller, require(Action.READ_TASKS)]
) -> Response:
    """The page that answers "why is it due then"."""
    with database.read() as session:
        model = _page(request, session, caller, visible_task(session, caller, task_id))
    return render(request, "pages/clock.html", model)


def _page(request: Request, session: Session, caller: Caller, task: Task) -> ClockPage:
    desk, now = desk_of(request, session, caller), datetime.now(UTC)
    found = task_clock(session, task, now)
    page = build_clock_page(
        desk.shell(),
        found.calendar,
        found.clock,
        now,
        subject=_("%(kind)s · %(customer)s", kind=_kind(session, task), customer=task.customer_name),
        limit=_limit(desk, task, found.state),
        back_href=f"/tasks/{task.id}",
        json_href=f"/api/v1/tasks/{task.id}/clock",
    )
    lines, left_out = ledger_rows(found, now)
    return replace(
        page,
        pause_text=pause_text(found, now),
        calendar_note=calendar_note(found, task),
        ledger=lines,
        ledger_note=left_out,
        alarms=alarm_rows(session, found, now),
    )


def _limit(desk: Desk, task: Task, state: CaseState) -> str:
    """What gave the deadline; of a service task that is closed the form of its case says it."""
    if isinstance(state, RolloutState):
        return _("启动计划的日期")
    if not isinstance(state, ServiceState):
        return limit_text(desk, task, state)
    waiting = next((item for item in state.tasks if item.task_id == task.id), None)
    return limits_text(clock_of_task(state, waiting)) if waiting else ""


def _kind(session: Session, task: Task) -> str:
    case = CaseStore(session).get(task.case_id)
    return _declared(case) if case and case.kind is CaseKind.QUALIFICATION else word(CaseKind(task.kind))


def _declared(case: Case) -> str:
    return declaration_word(case.tier_applied, case.seat_kind)
