"""Which forms a reader may have printed, and each of them filled for it: 附件一 to 附件八."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from api.act_base import visible_case
from api.deps import Action, Caller
from api.forms.kinds import Printing, printed_form
from api.forms.sheet import PrintedForm
from api.rollout_answers import visible_launch
from api.spend_reading import reader_of
from models.errors import DomainError, ErrorCode
from models.stores.care import TouchpointStore
from models.stores.customers import customer_in_scope
from models.stores.spend import SpendStore
from models.stores.survey import SurveyStore
from models.tables.care import Touchpoint


def _of_case(session: Session, caller: Caller, case_id: UUID) -> None:
    visible_case(session, caller, case_id)


def _of_declaration(session: Session, caller: Caller, case_id: UUID) -> None:
    """The score stands on it: for those who may read scores."""
    if not caller.may(Action.READ_SCORES):
        raise DomainError(ErrorCode.NOT_FOUND)
    visible_case(session, caller, case_id)


def _of_launch(session: Session, caller: Caller, case_id: UUID) -> None:
    visible_launch(session, caller, case_id, datetime.now(UTC))


def _of_touchpoint(session: Session, caller: Caller, touchpoint_id: UUID) -> None:
    row = TouchpointStore(session).get(touchpoint_id)
    if row is None or not _may_read(session, caller, row):
        raise DomainError(ErrorCode.NOT_FOUND)


def _of_sheet(session: Session, caller: Caller, sheet_id: UUID) -> None:
    if SurveyStore(session).sheet(sheet_id, caller.scope(Action.READ_SURVEYS)) is None:
        raise DomainError(ErrorCode.NOT_FOUND)


def _of_estimate(session: Session, caller: Caller, plan_id: UUID) -> None:
    if SpendStore(session).by_id(plan_id, reader_of(caller)) is None:
        raise DomainError(ErrorCode.NOT_FOUND)


def _may_read(session: Session, caller: Caller, row: Touchpoint) -> bool:
    scope = caller.scope(Action.READ_CARE)
    return row.assignee_id == caller.account_id or customer_in_scope(session, row.customer_no, scope) is not None


_GUARDS: Mapping[int, Callable[[Session, Caller, UUID], None]] = {
    1: _of_declaration,
    2: _of_case,
    3: _of_case,
    4: _of_touchpoint,
    5: _of_case,
    6: _of_sheet,
    7: _of_estimate,
    8: _of_launch,
}
"""Who may have which form: each raises NOT_FOUND."""


def printed(session: Session, caller: Caller, number: int, form_id: UUID, *, full: bool = False) -> PrintedForm:
    """The form as its reader may have it; `full` with personal data in clear.

    Raises NOT_FOUND for a form that is not printed here, and what lies outside the reader's reach.
    """
    if number not in _GUARDS:
        raise DomainError(ErrorCode.NOT_FOUND)
    _GUARDS[number](session, caller, form_id)
    return printed_form(session, number, form_id, Printing(by=caller.name, now=datetime.now(UTC), full=full))
