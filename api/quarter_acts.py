"""Acts on quarterly summaries before they are sent or written: authorised and loaded, for JSON and pages alike."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlmodel import Session

from api.act_base import act_fields
from api.acts import Prepare, Standing
from api.deps import Action, Caller
from models.errors import DomainError, ErrorCode
from models.identifiers import period_close_id
from models.messages.envelope import PeriodCloseStart
from models.messages.quarter import StartPeriodClose
from models.rules.quarter import Quarter
from models.services.by import By
from models.services.idempotency import Key
from models.services.quarter import adjusting, closing, writing
from models.stores.quarter import QuarterStore
from models.stores.scope import Scope
from models.tables.columns import new_id
from models.tables.quarter import QuarterSummary


def freeze(caller: Caller, key: Key, quarter: Quarter, institution_code: str) -> Prepare:
    """冻结 of a branch's quarter; the one that stands answers.

    Raises NOT_FOUND outside the caller's branches, INVALID_INPUT for a quarter that has not ended.
    """

    def prepare(session: Session) -> PeriodCloseStart | Standing:
        scope = caller.scope(Action.FREEZE_QUARTERS)
        found = [row for row in QuarterStore(session).branches(quarter, scope) if row.branch.code == institution_code]
        if not found:
            raise DomainError(ErrorCode.NOT_FOUND)
        if found[0].case is not None:
            return Standing(found[0].case.id)
        start = StartPeriodClose(
            **act_fields(caller, key, ""),
            case_id=new_id(),
            workflow_id=period_close_id(quarter.year, quarter.number, institution_code),
            year=quarter.year,
            quarter=quarter.number,
            institution_code=institution_code,
        )
        closing.check(session, start, datetime.now(UTC))
        return PeriodCloseStart(act=start)

    return prepare


def save_problems(
    session: Session,
    caller: Caller,
    quarter: Quarter,
    institution_code: str,
    *,
    texts: Mapping[str, str],
    version: int,
) -> None:
    """Keep 问题与措施. Raises NOT_FOUND outside the caller's branches, and what `writing.save_problems` refuses."""
    summary = summary_of(session, quarter, institution_code, caller.scope(Action.PREPARE_QUARTERS))
    writing.save_problems(session, summary, texts, version=version, by=_by(caller), at=datetime.now(UTC))


def explain(
    session: Session, caller: Caller, quarter: Quarter, institution_code: str, *, number: int, reason: str
) -> None:
    """Say why a published figure changed. Raises NOT_FOUND, and what `adjusting.explain` refuses."""
    summary = summary_of(session, quarter, institution_code, caller.scope(Action.PREPARE_QUARTERS))
    rows = {row.number: row for row in QuarterStore(session).adjustments(summary.id)}
    if number not in rows:
        raise DomainError(ErrorCode.NOT_FOUND)
    adjusting.explain(session, rows[number], reason, by=_by(caller), name=caller.name, at=datetime.now(UTC))


def summary_of(session: Session, quarter: Quarter, institution_code: str, scope: Scope) -> QuarterSummary:
    """The summary of a branch of the scope. Raises NOT_FOUND."""
    rows = (row for row in QuarterStore(session).branches(quarter, scope) if row.branch.code == institution_code)
    found = next(rows, None)
    if found is None or found.summary is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return found.summary


def _by(caller: Caller) -> By:
    return By(str(caller.account_id), caller.door, caller.request_id)
