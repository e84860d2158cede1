"""问题与措施: what the preparer writes beside each VIP, as long as the summary is being prepared."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import NOBODY_TO_ACT
from models.services import audit
from models.services.approval.tasks import who_may_act
from models.services.by import By
from models.services.case_state import approval_of
from models.services.stand_ins import who_hears
from models.stores.cases import CaseStore
from models.stores.quarter import QuarterStore
from models.tables.cases import Case
from models.tables.quarter import QuarterSummary
from models.types import Stage

LONGEST_TEXT = 2000


def period_of(summary: QuarterSummary) -> str:
    """How the quarter is named wherever no language is known: `2026-Q3`."""
    return f"{summary.year}-Q{summary.quarter}"


def save_problems(
    session: Session, summary: QuarterSummary, texts: Mapping[str, str], *, version: int, by: By, at: datetime
) -> None:
    """Keep the texts by customer number; customers that are not named keep theirs.

    Raises PERIOD_LOCKED once it is published, WRONG_STAGE once it is signed, NOT_YOUR_TASK for who may not prepare it,
    STALE_VERSION beside somebody else's saving, INVALID_INPUT for a customer that is not in it or a text too long.
    """
    case = CaseStore(session).locked(summary.case_id)
    found = QuarterStore(session).locked(summary.id)
    if case is None or found is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    if found.published_at is not None:
        raise DomainError(ErrorCode.PERIOD_LOCKED, period=period_of(found))
    _check_preparer(session, case, by, at)
    if found.version != version:
        raise DomainError(ErrorCode.STALE_VERSION)
    _write(session, found, texts)
    found.version += 1
    QuarterStore(session).add(found)
    audit.append(
        session,
        actor=by.actor,
        action="quarter.written",
        object_kind="case",
        object_id=str(case.id),
        door=by.door,
        after={"version": found.version, "customers": sorted(texts)},
        request_id=by.request_id,
        at=at,
    )


def may_prepare(session: Session, case: Case, account_id: str, at: datetime) -> bool:
    """Whether the person may write now: the open task is the post's, its own, or of whom it stands in for."""
    if case.stage is not Stage.COLLECTING:
        return False
    state = approval_of(case)
    tasks = (task for task in state.tasks if task.step != NOBODY_TO_ACT)
    return any(
        str(person) == account_id
        for task in tasks
        for person in who_hears(session, case, who_may_act(session, state, task), at)
    )


def _check_preparer(session: Session, case: Case, by: By, at: datetime) -> None:
    if case.stage is not Stage.COLLECTING:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=case.stage.value)
    if not may_prepare(session, case, by.actor, at):
        role = next((task.role.value for task in approval_of(case).tasks if task.step != NOBODY_TO_ACT), "")
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=role)


def _write(session: Session, summary: QuarterSummary, texts: Mapping[str, str]) -> None:
    lines = {line.customer_no: line for line in QuarterStore(session).lines(summary.id)}
    wrong = [
        {"field": f"problems.{number}", "reason": "string_too_long" if number in lines else "unknown_customer"}
        for number, text in sorted(texts.items())
        if number not in lines or len(text) > LONGEST_TEXT
    ]
    if wrong:
        raise DomainError(ErrorCode.INVALID_INPUT, n=len(wrong), errors=wrong)
    for number, text in texts.items():
        lines[number].problems = text.strip()
    QuarterStore(session).add(*lines.values())
