"""Open tasks as operations meets them, without a workflow behind them."""

from datetime import timedelta
from typing import Any

from sqlmodel import Session, select

from models.tables.cases import Case, Task
from models.types import CaseKind, Role, TaskState
from tests.support import world
from tests.support.moment import now
from tests.support.service_rows import service_case


def open_task(session: Session, **fields: Any) -> Task:
    """A task of a request at BJ01 in the green channel; `fields` are columns."""
    case = service_case(session, CaseKind.GREEN_CHANNEL, world.GOLD, "BJ01", Role.BR_CTR)
    session.flush()
    (task,) = session.exec(select(Task).where(Task.case_id == case.id)).all() or (_row(case),)
    for name, value in {"state": TaskState.OPEN, "closed_at": None, "paused_since": None, **fields}.items():
        setattr(task, name, value)
    case.outcome, case.closed_at = None, None
    session.add_all([task, case])
    return task


def _row(case: Case) -> Task:
    return Task(
        case_id=case.id,
        kind=case.kind,
        step="handle",
        title="x",
        state=TaskState.OPEN,
        version=1,
        round=1,
        customer_no=case.number,
        customer_name="京华",
        tier=case.tier,
        institution_code="BJ01",
        role=Role.BR_CTR,
        opened_at=now() - timedelta(days=70),
        due_at=now(),
        calendar_version="x",
    )
