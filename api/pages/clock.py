"""为何那时到期: the reckoning of a task's deadline, day by day."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.deps import Action, Caller, DatabaseDep, require
from api.pages.build_clock import clock_of, limit_text
from api.pages.desk import desk_of
from api.pages.i18n import _
from api.pages.render import render
from api.pages.view.clock import build_clock_page
from api.pages.words import declaration_word
from api.qualification_acts import visible_task
from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState
from models.stores.cases import CaseStore

router = APIRouter(prefix="/tasks")


@router.get("/{task_id}/clock")
def show_clock(
    request: Request, task_id: UUID, database: DatabaseDep, caller: Annotated[Caller, require(Action.READ_TASKS)]
) -> Response:
    """The page that answers "why is it due then"."""
    with database.read() as session:
        task = visible_task(session, caller, task_id)
        case = CaseStore(session).get(task.case_id)
        if case is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        desk = desk_of(request, session, caller)
        kind = declaration_word(case.tier_applied, case.seat_kind)
        model = build_clock_page(
            desk.shell(),
            desk.calendar,
            clock_of(task),
            desk.now,
            subject=_("%(kind)s · %(customer)s", kind=kind, customer=task.customer_name),
            limit=limit_text(desk, task, ApprovalState.model_validate(case.state)),
            back_href=f"/tasks/{task.id}",
            json_href=f"/api/v1/tasks/{task.id}/clock",
        )
    return render(request, "pages/clock.html", model)
