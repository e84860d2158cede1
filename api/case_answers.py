"""Rows of cases and tasks as JSON answers."""

from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from api.pages.plan_reasons import reason_text
from api.schemas.cases import (
    CaseAnswer,
    CaseRowAnswer,
    ClockAnswer,
    CopyAnswer,
    MembershipAnswer,
    PathAnswer,
    TaskAnswer,
    TimelineAnswer,
)
from models.rules.stand_ins import StoodFor
from models.services.case_state import is_service, waiting_task
from models.services.case_view import case_view, timeline_of
from models.stores.cases import CaseStore
from models.stores.people import PeopleStore
from models.stores.tasks import Copied
from models.tables.cases import Case, Task
from models.types import CaseKind


def task_answer(task: Task, stood_for: StoodFor | None = None) -> TaskAnswer:
    """A task row; `stood_for` is whom the reader would act for on it."""
    answer = TaskAnswer(
        **task.model_dump(include=set(TaskAnswer.model_fields) - {"task_id", "assignee"}),
        task_id=task.id,
        assignee=task.assignee_id,
    )
    if stood_for is not None:
        answer.on_behalf_of, answer.on_behalf_of_name = stood_for.principal_id, stood_for.principal_name
    return answer


def copy_answer(copied: Copied) -> CopyAnswer:
    """A case sent to read."""
    copy = copied.copy
    return CopyAnswer(**_case_fields(copied.case), copied_by=copy.by_name, copied_at=copy.at, read_at=copy.read_at)


def case_row_answer(case: Case) -> CaseRowAnswer:
    """A case row."""
    return CaseRowAnswer(**_case_fields(case))


def case_answer(session: Session, case: Case, *, with_score: bool) -> CaseAnswer:
    """A whole case; the score is left out for readers who may not see it."""
    path = () if is_service(case) else case_view(session, case).path
    scores = CaseStore(session).scores(case.id) if with_score else []
    return CaseAnswer(
        **_case_fields(case),
        reason=None if _is_closed_book(case) else case.reason,
        late_reason=case.late_reason,
        clock=_clock(case),
        path=[PathAnswer.model_validate(item) for item in path],
        timeline=_timeline(session, case),
        score=scores[-1].explanation if scores else None,
        membership=_membership(session, case),
    )


def next_task_id(case: Case) -> UUID | None:
    """The task that somebody has to decide now."""
    task = waiting_task(case)
    return task.task_id if task else None


def _timeline(session: Session, case: Case) -> list[TimelineAnswer]:
    answers = [TimelineAnswer.model_validate(item) for item in timeline_of(session, case)]
    closed = _is_closed_book(case)
    for answer in answers:
        answer.comment = "" if closed else reason_text(answer.comment)
    return answers


def _is_closed_book(case: Case) -> bool:
    """What people say around a complaint is personal data: shown at the complaint, to who may open it."""
    return case.kind is CaseKind.COMPLAINT


def _case_fields(case: Case) -> dict[str, object]:
    fields = case.model_dump(include=set(CaseRowAnswer.model_fields) - {"case_id", "seat"})
    return {**fields, "case_id": case.id, "seat": case.seat_kind}


def _clock(case: Case) -> ClockAnswer | None:
    task = waiting_task(case)
    if task is None:
        return None
    return ClockAnswer(
        task_id=task.task_id,
        opened_at=task.opened_at,
        due_at=task.deadline.due_at,
        provisional=task.deadline.provisional,
        overdue=task.deadline.due_at < datetime.now(UTC),
    )


def _membership(session: Session, case: Case) -> MembershipAnswer | None:
    row = CaseStore(session).membership_of(case.id)
    if row is None:
        return None
    manager = PeopleStore(session).account(row.manager_id)
    fields = row.model_dump(include={"tier", "certificate_no", "valid_from", "valid_to", "notified_at"})
    return MembershipAnswer(**fields, seat=row.seat_kind, manager=manager.name if manager else "")
