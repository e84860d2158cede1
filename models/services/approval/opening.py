"""The first record of a case of any kind: its row, its first act and the tasks of its first step."""

from datetime import datetime

from sqlmodel import Session

from models.messages.approval import Act, ApprovalState, Opened, PastAct
from models.messages.calendar import CalendarSnapshot
from models.rules.approval import steps_taken
from models.services import audit
from models.services.actors import account_of, actor_of, name_of
from models.services.alarms import policy_of
from models.services.approval.signers import with_open_tasks
from models.services.approval.tasks import open_tasks, with_operations
from models.services.approval.telling import tell_opened
from models.services.calendars import case_calendar
from models.services.rulebooks import rulebook_of
from models.stores.cases import CaseStore
from models.tables.cases import Case, Decision
from models.types import Stage


def opened_again(session: Session, standing: Case, at: datetime) -> Opened:
    """The case that this workflow recorded already: a redelivery, or an engine that forgot."""
    return Opened(
        state=ApprovalState.model_validate(standing.state),
        calendar=case_calendar(session, standing, at),
        alarms=policy_of(rulebook_of(session, standing.rulebook_version_id).rulebook),
    )


def declared(start: Act, at: datetime) -> PastAct:
    """The first act of a case: somebody asks for something."""
    return PastAct(
        step_no=1,
        act="declare",
        stage=Stage.DECLARED,
        round=1,
        actor_id=start.actor_id,
        actor_name=start.actor_name,
        door=start.door,
        at=at,
    )


def at_first_step(state: ApprovalState) -> ApprovalState:
    """A declared case at the first step that its institution has."""
    first = steps_taken(state)[0].stage
    return state.model_copy(update={"stage": first, "branch_approval_opened": first is state.withdraw_until})


def with_first_tasks(session: Session, state: ApprovalState, at: datetime, calendar: CalendarSnapshot) -> ApprovalState:
    """The state with signers and tasks of its first step, and one for operations where nobody can act."""
    state = with_open_tasks(session, state, at, lambda: calendar)
    return with_operations(session, state, at, lambda: calendar)


def write_opened(session: Session, case: Case, start: Act, state: ApprovalState) -> None:
    """Case, first decision, tasks, audit and what people are told; `case` has no state yet."""
    case.stage, case.version, case.state = state.stage, state.version, state.model_dump(mode="json")
    store, at = CaseStore(session), case.opened_at
    store.add(case)
    store.add(_decision(case, start, state, at))
    open_tasks(session, case, state.tasks, state.round)
    tell_opened(session, case, state)
    audit.append(
        session,
        actor=actor_of(start),
        action="declare",
        object_kind="case",
        object_id=str(case.id),
        door=start.door,
        after={"stage": state.stage.value, "tier": case.tier.value, "value": str(case.value)},
        request_id=start.request_id,
        at=at,
    )


def _decision(case: Case, start: Act, state: ApprovalState, at: datetime) -> Decision:
    return Decision(
        case_id=case.id,
        step_no=1,
        update_id=start.update_id,
        act="declare",
        stage=Stage.DECLARED,
        round=1,
        actor_id=account_of(start),
        actor_name=name_of(start),
        door=start.door,
        comment=case.reason,
        content_hash=start.content_hash,
        effect=state.model_dump(mode="json"),
        at=at,
    )
