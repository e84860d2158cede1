"""The page of a case: approvals have one of their own kind, who is served is shown where it is served."""

from sqlmodel import Session

from api.pages.customers_view import customer_href
from api.pages.i18n import _
from api.pages.view.common import Link
from models.errors import DomainError, ErrorCode
from models.services.case_state import served
from models.stores.cases import CaseStore
from models.tables.cases import Case, Task
from models.types import CaseKind

_BASES = {
    CaseKind.GREEN_CHANNEL: "/green-channel",
    CaseKind.COMPLAINT: "/complaints",
    CaseKind.ROLLOUT: "/rollout",
}


def page_of(case: Case) -> str:
    """Where the case is read and worked on."""
    if case.kind is CaseKind.CARE_TOUCHPOINT:
        return f"/care/touchpoints/{served(case).touchpoint_id}"
    return f"{_BASES.get(case.kind, '/cases')}/{case.id}"


def subject_href(case: Case, *, may_read_customers: bool) -> str | None:
    """Where the reader finds what the case is about; None where there is no such page for it."""
    return customer_href(case.customer_no) if case.customer_no and may_read_customers else None


def form_links(case: Case, *, may_read_scores: bool) -> tuple[Link, ...]:
    """附件一 of a declaration, on paper; the score stands on it."""
    if case.kind is not CaseKind.QUALIFICATION or not may_read_scores:
        return ()
    return (Link(text=_("打印附件一"), href=f"/forms/1/{case.id}", icon="print"),)


def page_of_task(session: Session, task: Task) -> str:
    """The page of a task's case. Raises NOT_FOUND."""
    case = CaseStore(session).get(task.case_id)
    if case is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return page_of(case)
