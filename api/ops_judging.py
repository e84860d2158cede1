"""Whether a run may be started again 重置 or cut off 终止: judged on one look at it and the record of its case."""

from datetime import datetime

from pydantic import BaseModel

from api.gateway.reads import Look, RunStatus
from models.errors import DomainError, ErrorCode
from models.messages.rollout import RolloutState
from models.messages.service import ServiceState
from models.rules.ending import check_terminable
from models.rules.service import may_reopen
from models.services.case_state import state_of
from models.tables.cases import Case
from models.types import CaseKind, Outcome


def refuse_reset(case: Case, look: Look[BaseModel], failing_tries: int) -> None:
    """A run that is gone, broken off or fails may be started again from its record.

    Raises CASE_CLOSED, RUN_IN_ORDER, and RUN_AHEAD where the run knows what the record does not.
    """
    if case.outcome is not None:
        raise DomainError(ErrorCode.CASE_CLOSED, outcome=case.outcome.value)
    _refuse_unless_broken(case, look, failing_tries)


def refuse_terminate(case: Case, look: Look[BaseModel], failing_tries: int, now: datetime) -> None:
    """The same of a case that is to end with its run; of a closed one see `_refuse_ended`. Raises WRONG_STAGE too."""
    if case.outcome is not None:
        _refuse_ended(case, look, failing_tries, now)
        return
    check_terminable(case.kind, state_of(case))
    _refuse_unless_broken(case, look, failing_tries)


def refuse_lost(case: Case, look: Look[BaseModel]) -> None:
    """Raises RUN_LOST: an open case without a run has nobody who would carry an act out."""
    if case.outcome is None and look.status is not RunStatus.RUNNING:
        raise DomainError(ErrorCode.RUN_LOST)


def fails(look: Look[BaseModel], failing_tries: int) -> bool:
    """Whether it was tried as often as the rulebook calls failing."""
    return look.trouble is not None and look.trouble.tries >= failing_tries


def _refuse_unless_broken(case: Case, look: Look[BaseModel], failing_tries: int) -> None:
    version = look.seen.version if look.seen else None
    if look.status is RunStatus.COMPLETED or (version is not None and version > _sequence(case)):
        raise DomainError(ErrorCode.RUN_AHEAD)
    if look.status is RunStatus.RUNNING and not fails(look, failing_tries):
        raise DomainError(ErrorCode.RUN_IN_ORDER)


def _refuse_ended(case: Case, look: Look[BaseModel], failing_tries: int, now: datetime) -> None:
    """A closed case whose run goes on: only one that was cut off, fails, or stands behind its record has no end.

    What follows an approval, its membership, is still to be done by the run. Raises CASE_CLOSED, RUN_IN_ORDER.
    """
    outcome = case.outcome
    if look.status is not RunStatus.RUNNING or look.seen is None or outcome is None:
        raise DomainError(ErrorCode.CASE_CLOSED, outcome=outcome.value if outcome else "")
    if case.kind is CaseKind.QUALIFICATION and outcome is Outcome.APPROVED:
        raise DomainError(ErrorCode.RUN_IN_ORDER)
    behind = look.seen.version is not None and look.seen.version < _sequence(case)
    state = state_of(case)
    waits = isinstance(state, ServiceState) and may_reopen(state, now)
    if not (outcome is Outcome.TERMINATED or fails(look, failing_tries) or (behind and not waits)):
        raise DomainError(ErrorCode.RUN_IN_ORDER)


def _sequence(case: Case) -> int:
    """What the run of this case would have told the engine when it stood where the record stands."""
    state = state_of(case)
    return state.step_no if isinstance(state, RolloutState) else state.version
